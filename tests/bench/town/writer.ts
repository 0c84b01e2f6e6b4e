/**
 * A member who writes very much. The town and its conversations are made by the real engine; then the engine rests and
 * its keys go on writing, many entries at a time, sealed and appended as it would have done it.
 */
import { sha256 } from '../../../src/crypto/hash';
import { platformRandom } from '../../../src/crypto/random';
import { labelledMessage } from '../../../src/crypto/signature';
import { encodeContent, type WireEntry } from '../../../src/domain/entry';
import { idToBytes, type DeviceId } from '../../../src/domain/ids';
import type { Bytes } from '../../../src/lib/bytes';
import { OP } from '../../../src/protocol/frames';
import type { Identity } from '../../../src/records/logRecords';
import { sealEntries } from '../../../src/sync/entrySeal';
import type { LogState } from '../../../src/sync/logState';
import { DeviceKey, RelayConnection } from '../relay/relayClient';
import { insist } from '../row';
import { NodeDevice } from './nodeDevice';

const PATIENCE_MS = 180_000;
const ENVELOPES_AT_ONCE = 200;
const FRAME_BYTES = 512 * 1_024;

interface Book {
  readonly state: LogState;
  nextCounter: number;
}

export class Writer {
  readonly #device: DeviceId;
  readonly #key: DeviceKey;
  readonly #relayKey: DeviceKey;
  readonly #booksByTitle: ReadonlyMap<string, Book>;

  private constructor(identity: Identity, books: ReadonlyMap<string, Book>) {
    this.#device = identity.device;
    this.#key = new DeviceKey(identity.signatureSecret);
    this.#relayKey = new DeviceKey(identity.relaySecret);
    this.#booksByTitle = books;
  }

  /** Joins by the link and makes groups of those titles with everybody who is there. */
  static async join(origin: string, link: string, titles: readonly string[]): Promise<Writer> {
    const device = await NodeDevice.start(origin);
    const { client, engine } = device;
    await client.intend({ type: 'join-town', link, ownName: 'Ben Schreiber' });
    await until('the writer is in the town', () => engine.setup.phase === 'ready');
    const others = Object.values(engine.directory().persons)
      .map(({ id }) => id)
      .filter((id) => id !== engine.identity?.person);
    for (const title of titles) {
      const made = await client.createGroup(title, others);
      insist(made.ok, 'a group is made');
    }
    const isDone = (): boolean => {
      const groups = engine.conversations();
      return (
        groups.length === titles.length && groups.every(({ state }) => isComplete(state, others.length + 1))
      );
    };
    await until('all groups have all members', isDone);
    device.stop();
    const { identity } = engine;
    insist(identity !== undefined, 'an identity');
    const books = new Map(
      engine.conversations().map(({ state }): [string, Book] => {
        insist(state.fold.type === 'conversation', 'a conversation');
        return [state.fold.conversation.title ?? '', { state, nextCounter: state.progress.nextCounter }];
      }),
    );
    insist(
      titles.every((title) => books.has(title)),
      'a conversation for each title',
    );
    return new Writer(identity, books);
  }

  /** Envelopes with `perEnvelope` of the texts each. */
  async seal(title: string, texts: readonly string[], perEnvelope: number): Promise<readonly Bytes[]> {
    const book = this.#booksByTitle.get(title);
    insist(book?.state.group !== undefined, `the writer is in ${title}`);
    const { core, group } = book.state;
    const envelopes: Bytes[] = [];
    for (let at = 0; at < texts.length; at += perEnvelope) {
      const wires = texts.slice(at, at + perEnvelope).map((text) => this.#sign(book, group.tag, text));
      const sealed = await sealEntries(core.log, group, wires);
      insist(sealed.ok, 'entries are sealed');
      envelopes.push(sealed.value);
    }
    return envelopes;
  }

  /** As `signEntry` does (SPEC E5), but by Node's own signing: hundreds of thousands are needed, and soon. */
  #sign(book: Book, epochTag: Bytes, text: string): WireEntry {
    const { core, progress } = book.state;
    const unsigned = {
      id: platformRandom.bytes(16),
      device: idToBytes(this.#device),
      counter: book.nextCounter++,
      salt: platformRandom.bytes(16),
      content: encodeContent({
        body: { kind: 'text', text },
        writtenAt: Date.now(),
        seenSeq: progress.cursor,
        seenChain: progress.chain,
      }),
    };
    const { id, device, counter, salt, content } = unsigned;
    const parts = [idToBytes(core.log), epochTag, id, device, counter, sha256(salt, content)];
    return { ...unsigned, signature: this.#key.sign(labelledMessage('entry', parts)) };
  }

  /** All of them are at the relay when this resolves. */
  async append(port: number, title: string, envelopes: readonly Bytes[]): Promise<void> {
    await this.appendAll(port, [{ title, envelopes }]);
  }

  async appendAll(
    port: number,
    work: readonly { readonly title: string; readonly envelopes: readonly Bytes[] }[],
  ): Promise<void> {
    const connection = new RelayConnection(port);
    await connection.authenticate(this.#relayKey);
    for (const { title, envelopes } of work) {
      const state = this.#booksByTitle.get(title)?.state;
      insist(state !== undefined, `the writer knows ${title}`);
      const { core, progress } = state;
      for (const some of portions(envelopes)) {
        const answer = (await connection.askPatiently(
          OP.append,
          idToBytes(core.log),
          core.writeKey,
          progress.lastCommit,
          some,
        )) as readonly [readonly unknown[], unknown];
        insist(answer[0].length === some.length && answer[1] === null, 'every envelope is taken');
      }
    }
    connection.close();
  }
}

function isComplete({ group, flight, pendingCommit, followUps }: LogState, members: number): boolean {
  const isQuiet = flight === undefined && pendingCommit === undefined && followUps.mails.length === 0;
  return isQuiet && group?.leaves.length === members;
}

function* portions(envelopes: readonly Bytes[]): Generator<readonly Bytes[]> {
  let open: Bytes[] = [];
  let size = 0;
  for (const envelope of envelopes) {
    if (open.length === ENVELOPES_AT_ONCE || size + envelope.length > FRAME_BYTES) {
      yield open;
      [open, size] = [[], 0];
    }
    open.push(envelope);
    size += envelope.length;
  }
  if (open.length > 0) yield open;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    insist(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
