/**
 * A binary WebSocket message as a server sends it (RFC 6455 §5.2): unmasked, in one frame, head and
 * payload in one piece, so that it is one write. A frame for a hundred watchers is the same object a
 * hundred times; its wire form is built once.
 */
import type { Bytes } from '../src/lib/bytes';

const FINAL_BINARY = 0x82;

let lastFrame: Bytes | undefined;
let lastWire: Buffer = Buffer.alloc(0);

export function wireFrameOf(frame: Bytes): Buffer {
  if (frame !== lastFrame) {
    lastFrame = frame;
    lastWire = build(frame);
  }
  return lastWire;
}

function build(payload: Bytes): Buffer {
  const { length } = payload;
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const wire = Buffer.allocUnsafe(headLength + length);
  wire[0] = FINAL_BINARY;
  if (headLength === 2) wire[1] = length;
  else if (headLength === 4) {
    wire[1] = 126;
    wire.writeUInt16BE(length, 2);
  } else {
    wire[1] = 127;
    wire.writeBigUInt64BE(BigInt(length), 2);
  }
  wire.set(payload, headLength);
  return wire;
}
