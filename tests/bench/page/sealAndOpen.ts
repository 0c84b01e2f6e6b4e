/**
 * A message sealed and opened again: ours (sign, pad, seal; open, verify, parse; and once more with the vault), and
 * the same text as an MLS PrivateMessage by ts-mls. Rounds take turns.
 */
import { platformRandom } from '../../../src/crypto/random';
import {
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeMlsMessage,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
  defaultCapabilities,
  defaultLifetime,
  type CiphersuiteImpl,
  type ClientState,
} from 'ts-mls';
import { createSuite, SUITE } from '../../../src/crypto/mls/suite';
import { generateSignatureKeyPair } from '../../../src/crypto/signature';
import { encodeEntry } from '../../../src/domain/entry';
import type { PersonId } from '../../../src/domain/ids';
import { rowKey } from '../../../src/records/keys';
import type { TimelineRecord } from '../../../src/records/logRecords';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { parseEnvelope } from '../../../src/protocol/envelope';
import { openEntries, sealEntries, signEntry, type OpenedEntry } from '../../../src/sync/entrySeal';
import { addToTimeline } from '../../../src/records/timelineRows';
import { openDexieVault } from '../../../src/vault/dexieVault';
import { textEntry, textNumber, twoDevices, valueOf, type TwoDevices } from './twoDevices';

export interface SealFigures {
  /** Messages a second, round by round. */
  readonly ours: readonly number[];
  readonly stored: readonly number[];
  /** ts-mls as it comes, and over the primitives that we use ourselves. */
  readonly mls: readonly number[];
  readonly mlsOverOurs: readonly number[];
  readonly ourBytes: number;
  readonly mlsBytes: number;
}

/** As a flight signs and as ingest opens: side by side. MLS cannot, because each message turns the ratchet. */
const BATCH = 64;

export async function measureSeal(rounds: number, messages: number): Promise<SealFigures> {
  const two = await twoDevices();
  const mls = await MlsPair.over(await getCiphersuiteImpl(getCiphersuiteFromName(SUITE)));
  const mlsOverOurs = await MlsPair.over(await createSuite(platformRandom));
  const records = valueOf(await SealedRecords.over(valueOf(await openDexieVault({ name: 'bench-seal' }))));
  const timeline = new StoredTimeline(records, two);
  const figures = {
    ours: [] as number[],
    stored: [] as number[],
    mls: [] as number[],
    mlsOverOurs: [] as number[],
  };
  await ours(two, BATCH);
  await mls.run(BATCH);
  await mlsOverOurs.run(BATCH);
  for (let round = 0; round < rounds; round++) {
    figures.ours.push(await perSecond(messages, () => ours(two, messages)));
    figures.mls.push(await perSecond(messages / 4, () => mls.run(messages / 4)));
    figures.stored.push(await perSecond(messages, () => timeline.run(messages)));
    figures.mlsOverOurs.push(await perSecond(messages / 4, () => mlsOverOurs.run(messages / 4)));
  }
  await records.vault.erase();
  return { ...figures, ourBytes: (await sealOne(two, 1)).length, mlsBytes: mls.bytes };
}

export async function perSecond(count: number, run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return (count * 1_000) / (performance.now() - from);
}

async function sealOne({ log, sender, author }: TwoDevices, n: number): Promise<Uint8Array> {
  const wire = await signEntry(log, sender.tag, author, textEntry(n, textNumber(n)));
  return valueOf(await sealEntries(log, sender, [wire]));
}

async function openOne({ log, receiver }: TwoDevices, bytes: Uint8Array): Promise<OpenedEntry> {
  const [entry] = valueOf(await openEntries(log, receiver, valueOf(parseEnvelope(bytes))));
  if (entry === undefined) throw new Error('nothing was opened');
  return entry;
}

async function ours(two: TwoDevices, messages: number): Promise<void> {
  for (let first = 1; first <= messages; first += BATCH) await sealAndOpen(two, first, BATCH);
}

async function sealAndOpen(two: TwoDevices, first: number, count: number): Promise<readonly OpenedEntry[]> {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const sealed = await Promise.all(numbers.map((n) => sealOne(two, n)));
  const opened = await Promise.all(sealed.map((bytes) => openOne(two, bytes)));
  for (const [index, { content }] of opened.entries())
    if (content.body.kind !== 'text' || content.body.text !== textNumber(first + index))
      throw new Error('another text');
  return opened;
}

class StoredTimeline {
  readonly #records: SealedRecords;
  readonly #two: TwoDevices;
  #tail: readonly number[] = [];
  #order = 0;
  #stored = 0;

  constructor(records: SealedRecords, two: TwoDevices) {
    this.#records = records;
    this.#two = two;
  }

  async run(messages: number): Promise<void> {
    for (let at = 0; at < messages; at += BATCH) {
      const opened = await sealAndOpen(this.#two, at + 1, BATCH);
      const items = opened.map((entry) => this.#record(entry));
      const { writes, tail } = await addToTimeline(this.#records, 1, this.#tail, items);
      this.#tail = tail;
      if (!(await this.#records.vault.commit({ writes })).ok) throw new Error('not stored');
    }
    this.#stored += messages;
    const last = await this.#records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(1, this.#order),
      to: rowKey(1, this.#order),
    });
    if (last[0]?.value.at(-1)?.order !== this.#stored * 256) throw new Error('the last row is not stored');
  }

  #record({ wire }: OpenedEntry): TimelineRecord {
    this.#order += 256;
    return {
      order: this.#order,
      relayAt: Date.now(),
      author: 'a'.repeat(32) as PersonId,
      proof: { epochTag: this.#two.receiver.tag, entry: encodeEntry(wire) },
      effects: [],
      gap: undefined,
      isHistory: false,
    };
  }
}

class MlsPair {
  readonly #suite: CiphersuiteImpl;
  #sender: ClientState;
  #receiver: ClientState;
  bytes = 0;

  private constructor(suite: CiphersuiteImpl, sender: ClientState, receiver: ClientState) {
    this.#suite = suite;
    this.#sender = sender;
    this.#receiver = receiver;
  }

  static async over(suite: CiphersuiteImpl): Promise<MlsPair> {
    const member = async () => {
      const { secret, publicKey } = generateSignatureKeyPair(platformRandom);
      return generateKeyPackageWithKey(
        { credentialType: 'basic', identity: platformRandom.bytes(16) },
        defaultCapabilities(),
        defaultLifetime,
        [],
        { signKey: secret.expose(), publicKey },
        suite,
      );
    };
    const [anna, ben] = [await member(), await member()];
    const founded = await createGroup(
      platformRandom.bytes(32),
      anna.publicPackage,
      anna.privatePackage,
      [],
      suite,
    );
    const { newState, welcome } = await createCommit(
      { state: founded, cipherSuite: suite },
      {
        extraProposals: [{ proposalType: 'add', add: { keyPackage: ben.publicPackage } }],
        ratchetTreeExtension: true,
      },
    );
    if (welcome === undefined) throw new Error('an add has a welcome');
    const joined = await joinGroup(welcome, ben.publicPackage, ben.privatePackage, emptyPskIndex, suite);
    return new MlsPair(suite, newState, joined);
  }

  async run(messages: number): Promise<void> {
    for (let n = 1; n <= messages; n++) {
      const text = new TextEncoder().encode(textNumber(n));
      const sent = await createApplicationMessage(this.#sender, text, this.#suite);
      this.#sender = sent.newState;
      const bytes = encodeMlsMessage({
        version: 'mls10',
        wireformat: 'mls_private_message',
        privateMessage: sent.privateMessage,
      });
      this.bytes = bytes.length;
      const message = decodeMlsMessage(bytes, 0)?.[0];
      if (message?.wireformat !== 'mls_private_message') throw new Error('another message');
      const got = await processPrivateMessage(
        this.#receiver,
        message.privateMessage,
        emptyPskIndex,
        this.#suite,
      );
      if (got.kind !== 'applicationMessage') throw new Error('another kind');
      this.#receiver = got.newState;
      if (new TextDecoder().decode(got.message) !== textNumber(n)) throw new Error('another text');
    }
  }
}
