/**
 * One flood against a relay, in a process of its own until it is killed:
 *
 *   flooder.ts <kind> <host> <port> [log] [key] [pass, as PKCS #8]      (all in hex)
 *
 * A flood is bounded by this machine, not by good manners: whatever is closed comes back at once.
 */
import { connect } from 'node:net';
import { OP } from '../../src/protocol/frames';
import { LIMITS } from '../../src/protocol/limits';
import { RelayKey, RelaySocket } from '../helpers/relaySocket';
import { envelopeOf } from './relayTown';
import type { FloodKind } from './floods';

const [kind = '', name = '', port = '', log = '', key = '', pass = ''] = process.argv.slice(2);
const host = `${name}:${port}`;
const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'));
const [logId, bearer] = [bytes(log), bytes(key)];
const STRANGERS = 1_500;
const OF_PASS = 24;

const FLOODS: Record<FloodKind, () => void> = {
  strangers: () => repeat(STRANGERS, () => new RelaySocket(host).closed),
  'half-open': () => repeat(STRANGERS, halfOpen),
  oversized: () => repeat(50, oversized),
  'slow-readers': () => repeat(OF_PASS, readWithoutTaking),
  member: () => repeat(OF_PASS, appendWithoutEnd),
};

/** So many at a time, each anew when it has ended. */
function repeat(count: number, run: () => Promise<unknown>): void {
  const again = (): void => void run().then(() => setTimeout(again, 5));
  for (let n = 0; n < count; n++) setTimeout(again, n);
}

function halfOpen(): Promise<unknown> {
  const socket = connect(Number(port), name);
  socket.on('error', () => undefined);
  // half of them begin to ask for something and never end
  if (Math.random() < 0.5) socket.write(`GET /relay HTTP/1.1\r\nHost: ${host}\r\nUpgrade: webs`);
  return new Promise((resolve) => socket.once('close', resolve));
}

async function oversized(): Promise<unknown> {
  const socket = new RelaySocket(host);
  await socket.nonce;
  socket.socket.send(new Uint8Array(LIMITS.frameBytes + 100_000), () => undefined);
  return socket.closed;
}

async function withPass(): Promise<RelaySocket> {
  const socket = new RelaySocket(host);
  await socket.authenticate(RelayKey.fromHex(pass));
  return socket;
}

async function readWithoutTaking(): Promise<unknown> {
  const socket = await withPass();
  for (let n = 0; n < 32; n++) void socket.ask(OP.read, logId, bearer, 0, LIMITS.readBytes);
  socket.socket.pause();
  setTimeout(() => socket.drop(), 20_000);
  return socket.closed;
}

async function appendWithoutEnd(): Promise<unknown> {
  const socket = await withPass();
  const small = (): Uint8Array[] => Array.from({ length: LIMITS.envelopesPerAppend }, () => envelopeOf(50));
  const large = (): Uint8Array[] => Array.from({ length: 15 }, () => envelopeOf(64 * 1024));
  const write = async (): Promise<void> => {
    for (;;) {
      const list = Math.random() < 0.5 ? small() : large();
      if ((await socket.ask(OP.append, logId, bearer, 0, list)).type === 'gone') return;
    }
  };
  void write();
  void write();
  return socket.closed;
}

FLOODS[kind as FloodKind]();
