/** The real world behind the ports, for browsers and for Node alike: clock and network. */
import type { Clock, Network } from '../lib/services';

export const platformClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- this is the one real clock
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

export const webSocketNetwork: Network = {
  connect(address, events) {
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      events.onOpen();
    };
    socket.onmessage = ({ data }) => {
      // Text frames are not of this protocol: whoever speaks there is no relay.
      if (data instanceof ArrayBuffer) events.onFrame(new Uint8Array(data));
      else socket.close();
    };
    socket.onclose = () => {
      events.onClose();
    };
    return {
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(new Uint8Array(frame));
      },
      close: () => {
        socket.close();
      },
    };
  },
};
