/**
 * WebSockets on `/relay`: who may connect, and the flow between a socket and the relay. Everything a
 * stranger could use up is bounded: frame size, connections, frames waiting for an answer, bytes
 * waiting for the network, and the time one may stay without having proved anything.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Bytes } from '../src/lib/bytes';
import { LIMITS } from '../src/protocol/limits';
import { AddressBook, type ConnectionLimits } from './addressBook';
import { CLOSE, type Peer } from './peer';
import type { Relay } from './relay';
import { SLOW_LIMITS } from './subscriptions';

export interface SocketOptions {
  readonly relay: Relay;
  readonly isBehindProxy: boolean;
  readonly limits: ConnectionLimits;
  /** A bug while a frame was handled: its name, for the operator's log. */
  readonly onError: (error: unknown) => void;
  readonly strangerMs?: number;
  readonly pingMs?: number;
}

export interface Sockets {
  /** Waits for clients to say goodbye, then hangs up. */
  close(graceMs: number): Promise<void>;
}

/** Frames of one socket that may wait for their answer. */
const MAX_IN_FLIGHT = 32;

export function attachSockets(server: Server, options: SocketOptions): Sockets {
  const { relay, isBehindProxy } = options;
  const addresses = new AddressBook(options.limits);
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.frameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', destroyThis);
    const host = hostOf(request, isBehindProxy);
    const address = addressOf(request, isBehindProxy);
    const path = request.url?.split('?', 1)[0];
    if (path !== '/relay') return hangUp(socket, '404 Not Found');
    if (host === undefined) return hangUp(socket, '400 Bad Request');
    if (!isOwnOrigin(request.headers.origin, host)) return hangUp(socket, '403 Forbidden');
    if (!addresses.enter(address)) return hangUp(socket, '503 Service Unavailable');
    leaveOnClose(socket, addresses, address);
    wss.handleUpgrade(request, socket, head, (ws) => {
      serve(ws, socket, host);
    });
  });

  /** Heard from since the last ping. */
  const isAlive = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const ws of wss.clients) {
      if (!isAlive.delete(ws)) ws.terminate();
      else ws.ping();
    }
  }, options.pingMs ?? 45_000);
  pings.unref();

  function serve(ws: WebSocket, socket: Duplex, host: string): void {
    let inFlight = 0;
    let restingUntil: NodeJS.Timeout | undefined;
    const peer: Peer = {
      get bufferedBytes() {
        return ws.bufferedAmount;
      },
      send(frame: Bytes) {
        if (ws.readyState !== ws.OPEN) return;
        if (ws.bufferedAmount > SLOW_LIMITS.stuckBytes) ws.close(CLOSE.tryAgainLater, 'slow');
        else ws.send(frame);
      },
      close(code, reason) {
        ws.close(code, reason);
        // who does not answer the goodbye is not waited for long (ws itself waits 30 s)
        setTimeout(() => {
          ws.terminate();
        }, 2_000).unref();
      },
      rest(ms) {
        restingUntil ??= setTimeout(() => {
          restingUntil = undefined;
          flow();
        }, ms);
        flow();
      },
    };
    const flow = (): void => {
      const mayRead = inFlight < MAX_IN_FLIGHT && restingUntil === undefined && !relay.isSlow(peer);
      if (mayRead && ws.isPaused) ws.resume();
      else if (!mayRead && !ws.isPaused && ws.readyState === ws.OPEN) ws.pause();
    };

    isAlive.add(ws);
    const session = relay.connect(peer, host);
    const stranger = setTimeout(() => {
      if (relay.isIdleStranger(session)) peer.close(CLOSE.policy, 'auth');
    }, options.strangerMs ?? 30_000);

    ws.on('pong', () => isAlive.add(ws));
    ws.on('message', (data, isBinary) => {
      isAlive.add(ws);
      const frame = isBinary && data instanceof Uint8Array ? data : new Uint8Array(0);
      inFlight += 1;
      flow();
      relay
        .receive(session, frame)
        .catch(options.onError)
        .finally(() => {
          inFlight -= 1;
          flow();
        });
    });
    socket.on('drain', () => {
      flow();
      relay.drained(peer).catch(options.onError);
    });
    ws.on('error', () => undefined); // the close event follows
    ws.on('close', () => {
      clearTimeout(stranger);
      clearTimeout(restingUntil);
      relay.disconnect(session);
    });
  }

  return {
    async close(graceMs) {
      clearInterval(pings);
      const all = [...wss.clients];
      const gone = Promise.all(
        all.map(
          (ws) =>
            new Promise<void>((resolve) =>
              ws.once('close', () => {
                resolve();
              }),
            ),
        ),
      );
      for (const ws of all) ws.close(CLOSE.goingAway, 'restart');
      const hangUpLate = setTimeout(() => {
        for (const ws of wss.clients) ws.terminate();
      }, graceMs);
      if (all.length > 0) await gone;
      clearTimeout(hangUpLate);
      wss.close();
    },
  };
}

/** Apart from the handler above: a listener made there would keep the whole request alive. */
function leaveOnClose(socket: Duplex, addresses: AddressBook, address: string): void {
  socket.once('close', () => {
    addresses.leave(address);
  });
}

function destroyThis(this: Duplex): void {
  this.destroy();
}

function hangUp(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** As the client addressed this relay: what it signs, and what its page's origin must be. */
export function hostOf(request: IncomingMessage, isBehindProxy: boolean): string | undefined {
  const forwarded = isBehindProxy ? firstOf(request.headers['x-forwarded-host']) : undefined;
  const named = (forwarded ?? request.headers.host)?.trim().toLowerCase();
  // some proxies name the port that a browser leaves out
  const host = isBehindProxy ? named?.replace(/:(443|80)$/, '') : named;
  return host === undefined || host === '' || host.length > 255 ? undefined : host;
}

/** A proxy appends the address it saw, so the last one is the one to believe. */
export function addressOf(request: IncomingMessage, isBehindProxy: boolean): string {
  const forwarded = isBehindProxy ? request.headers['x-forwarded-for'] : undefined;
  const list = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  return list?.split(',').at(-1)?.trim() ?? request.socket.remoteAddress ?? '';
}

/** Browsers send the origin of the page; other clients send none. */
function isOwnOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  const parsed = URL.canParse(origin) ? new URL(origin) : undefined;
  return parsed?.host === host;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header?.split(',', 1)[0];
}
