/**
 * The largest frame taken from one connection. `ws` has one size for all connections of a server, and a
 * stranger's half-sent megabyte is a megabyte held; so this reaches behind its door, in the one version
 * that package.json names. `floods.test.ts` fails if the door moves.
 */
import type { WebSocket } from 'ws';

export function setMaxFrame(ws: WebSocket, bytes: number): void {
  const receiver: unknown = Reflect.get(ws, '_receiver');
  if (typeof receiver === 'object' && receiver !== null) Reflect.set(receiver, '_maxPayload', bytes);
}
