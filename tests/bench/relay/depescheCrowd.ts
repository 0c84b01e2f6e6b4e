/** A crowd at our relay: devices with passes, watching one log; each sends in turn. */
import { OP, REPLY } from '../../../src/protocol/frames';
import { encodeEnvelope } from '../../../src/protocol/envelope';
import { equalBytes, type Bytes } from '../../../src/lib/bytes';
import { randomBytes } from '../../../server/hashes';
import { insist } from '../row';
import { MESSAGE_BYTES, type Crowd } from './load';
import { DeviceKey, RelayConnection } from './relayClient';
import { RelayTown, type BenchLog } from './relayTown';
import type { ServerProcess } from './serverProcess';

const AT_ONCE = 200;
/** Of an envelope, before what is sealed (SPEC E1). */
const HEADER_BYTES = 10;

export interface CrowdOptions {
  readonly devices: number;
  /** How many of them share a log; each message goes to all of these. */
  readonly together: number;
  /** How many of them send, in turn. */
  readonly senders: number;
}

export async function gatherAtDepesche(server: ServerProcess, options: CrowdOptions): Promise<Crowd> {
  const { devices, together, senders } = options;
  const town = await RelayTown.of(server);
  const keys = Array.from({ length: devices }, () => new DeviceKey());
  await town.admit(keys.map(({ publicKey }) => publicKey));
  const members: Member[] = [];
  for (let at = 0; at < devices; at += together) {
    const log = await town.createLog();
    const connections = await connect(server.port, keys.slice(at, at + together), log);
    members.push(...connections.map((connection) => ({ connection, log })));
  }
  return new DepescheCrowd(members, together, senders, town);
}

interface Member {
  readonly connection: RelayConnection;
  readonly log: BenchLog;
}

export async function connect(
  port: number,
  keys: readonly DeviceKey[],
  { log, key }: BenchLog,
): Promise<readonly RelayConnection[]> {
  const connections: RelayConnection[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE).map((device) => ({ device, to: new RelayConnection(port) }));
    await Promise.all(some.map(({ device, to }) => to.authenticate(device)));
    await Promise.all(some.map(({ to }) => to.ask(OP.watch, [[log, key, 0, 0]])));
    connections.push(...some.map(({ to }) => to));
  }
  return connections;
}

class DepescheCrowd implements Crowd {
  onDelivery: (message: number) => void = () => undefined;
  readonly watchers: number;
  readonly #members: readonly Member[];
  readonly #senders: number;
  readonly #town: RelayTown;
  readonly #sent: Bytes[] = [];

  constructor(members: readonly Member[], watchers: number, senders: number, town: RelayTown) {
    this.#members = members;
    this.watchers = watchers;
    this.#senders = senders;
    this.#town = town;
    for (const { connection } of members)
      connection.onFrame = (frame) => {
        if (frame[0] !== REPLY.news) return;
        for (const [, , , bytes] of frame[2]) {
          const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER_BYTES);
          const sent = this.#sent[number];
          insist(sent !== undefined && equalBytes(bytes, sent), 'what is delivered is what was sent');
          this.onDelivery(number);
        }
      };
  }

  send(count: number): readonly Promise<void>[] {
    return Array.from({ length: count }, () => this.#sendOne());
  }

  async #sendOne(): Promise<void> {
    const number = this.#sent.length;
    const sealed = randomBytes(MESSAGE_BYTES);
    // Several senders may overtake each other: a message says which one it is.
    new DataView(sealed.buffer).setUint32(0, number);
    const bytes = encodeEnvelope({ isCommit: false, epochTag: new Uint8Array(8), sealed });
    this.#sent.push(bytes);
    const sender = this.#members[number % this.#senders];
    insist(sender !== undefined, 'a sender');
    const { log, key } = sender.log;
    await sender.connection.ask(OP.append, log, key, 0, [bytes]);
  }

  close(): void {
    for (const { connection } of this.#members) connection.close();
    this.#town.close();
  }
}
