/** A conversation without engine, vault and relay: real groups, a log in a list, every member's view of it. */
import type { CommitRequest } from '../../../src/crypto/group';
import { sha256 } from '../../../src/crypto/hash';
import type { EntryBody } from '../../../src/domain/body';
import type { Conversation } from '../../../src/domain/conversation';
import { EMPTY_DIRECTORY, type Directory, type DirectoryDevice } from '../../../src/domain/directory';
import { encodeGroupContext } from '../../../src/domain/groupContext';
import {
  idFromBytes,
  idToBytes,
  type DeviceId,
  type EntryId,
  type LogId,
  type PersonId,
} from '../../../src/domain/ids';
import { encodePosition } from '../../../src/domain/position';
import type { Bytes } from '../../../src/lib/bytes';
import type { StoredEnvelope } from '../../../src/protocol/frames';
import type { EntryIntent, PendingCommit } from '../../../src/records/logRecords';
import { envelopeIdOf, nextLink, sealCommit, sealEntries, signEntry } from '../../../src/sync/entrySeal';
import { ingest, type DocumentChange, type IngestContext, type Ingested } from '../../../src/sync/ingest';
import { FRESH_PROGRESS, groupOf, ZERO_CHAIN, type Group, type LogState } from '../../../src/sync/logState';
import { createGroupFixture, valueOf, type GroupFixture, type TestDevice } from '../crypto/groupFixture';

export interface Member {
  readonly device: DeviceId;
  readonly person: PersonId;
  readonly test: TestDevice;
  readonly record: DirectoryDevice;
}

/** The town's link at seq n, as every honest member has it. */
export function townLink(seq: number): Bytes {
  return sha256(Uint8Array.of(seq));
}
export const TOWN_SEQ = 10;

export class Party {
  readonly fixture: GroupFixture;
  readonly log: LogId;
  readonly members: readonly Member[];
  /** Everybody, from the town's first seq on; tests replace it. */
  directory: Directory;
  readonly stored: StoredEnvelope[] = [];
  #chain: Bytes = ZERO_CHAIN;
  readonly #counters = new Map<DeviceId, number>();
  #entries = 0;

  private constructor(fixture: GroupFixture, members: readonly Member[]) {
    this.fixture = fixture;
    this.log = idFromBytes<LogId>(fixture.random.bytes(32));
    this.members = members;
    this.directory = directoryOf(members);
  }

  static async of(seed: string, count: number): Promise<Party> {
    const fixture = createGroupFixture(seed);
    const members: Member[] = [];
    for (let i = 0; i < count; i++) members.push(await memberOf(fixture));
    return new Party(fixture, members);
  }

  member(index: number): Member {
    const found = this.members[index];
    if (found === undefined) throw new Error(`member ${index}`);
    return found;
  }

  /** The group of the first `count` members, as each of them has it. */
  async groups(count: number): Promise<readonly Group[]> {
    const { crypto } = this.fixture;
    const founder = this.member(0).test;
    const context = encodeGroupContext({
      ruleset: 1,
      kind: 'group',
      log: this.log,
      readKey: new Uint8Array(32),
      writeKey: new Uint8Array(32),
      pair: undefined,
    });
    const founded = await crypto.found(founder.self, idToBytes(this.log), context);
    if (count === 1) return [await groupOf(crypto, founded)];
    const others = this.members.slice(1, count);
    const add = others.map(({ test }) => test.keyPackage.keyPackage);
    const made = valueOf(
      await crypto.commit(founded, founder.self, { add, authenticatedData: new Uint8Array(0) }),
    );
    const states = [made.pending];
    for (const { test } of others)
      states.push(valueOf(await crypto.join(test.self, made.welcome ?? new Uint8Array(), [test.keyPackage])));
    return Promise.all(states.map((state) => groupOf(crypto, state)));
  }

  /** How the member at `index` begins: nothing folded yet but who is in. */
  stateOf(group: Group | undefined, changes: Partial<LogState> = {}): LogState {
    return {
      number: 1_000,
      core: {
        kind: 'group',
        log: this.log,
        readKey: new Uint8Array(32),
        writeKey: new Uint8Array(32),
        closeKey: undefined,
        partner: undefined,
        createdAt: 0,
      },
      progress: { ...FRESH_PROGRESS, isCreated: true },
      group,
      fold: { type: 'conversation', conversation: this.conversation() },
      flight: undefined,
      pendingCommit: undefined,
      followUps: { mails: [] },
      ...changes,
    };
  }

  conversation(persons = this.members.map(({ person }) => person)): Conversation {
    const roster: Conversation['roster'] = Object.fromEntries(
      persons.map((person, index) => [person, index === 0 ? ('manager' as const) : ('member' as const)]),
    );
    return { kind: 'group', title: 'Bauhof', roster, former: [] };
  }

  contextOf(index: number, changes: Partial<IngestContext> = {}): IngestContext {
    const { device, person } = this.member(index);
    return {
      groups: this.fixture.crypto,
      self: { device, person },
      directory: this.directory,
      town: { seq: TOWN_SEQ, sureUpTo: TOWN_SEQ, since: 1, linkAt: townLink },
      townReadFor: undefined,
      now: 5_000,
      intents: new Map(),
      intentAt: () => undefined,
      isOwnRequest: () => false,
      prepareDocuments: () => Promise.resolve(),
      heldEntries: () => Promise.resolve(new Set()),
      acceptDocument: (_change: DocumentChange) => true,
      ...changes,
    };
  }

  ingest(
    index: number,
    state: LogState,
    stored = this.stored,
    changes: Partial<IngestContext> = {},
  ): Promise<Ingested> {
    return ingest(this.contextOf(index, changes), state, stored);
  }

  // ---- what is written into the log --------------------------------------------------------------

  /** Into the log, as the relay would number it. */
  append(bytes: Bytes): StoredEnvelope {
    const stored: StoredEnvelope = [
      this.stored.length + 1,
      1_000 * (this.stored.length + 1),
      new Uint8Array(8),
      bytes,
    ];
    this.#push(stored, envelopeIdOf(bytes), ((bytes[1] ?? 0) & 1) === 1);
    return stored;
  }

  /** As the relay answers for an envelope of which the bytes were erased. */
  appendRedacted(bytes: Bytes): StoredEnvelope {
    const id = envelopeIdOf(bytes);
    const stored: StoredEnvelope = [
      this.stored.length + 1,
      7,
      new Uint8Array(8),
      new Uint8Array(0),
      id,
      false,
    ];
    this.#push(stored, id, false);
    return stored;
  }

  #push(stored: StoredEnvelope, id: Bytes, isCommit: boolean): void {
    this.stored.push(stored);
    this.#chain = nextLink(this.#chain, stored[0], id, isCommit);
  }

  get seq(): number {
    return this.stored.length;
  }
  get chain(): Bytes {
    return this.#chain;
  }

  async seal(
    index: number,
    group: Group,
    bodies: readonly EntryBody[],
    changes: {
      readonly counter?: number;
      readonly seenSeq?: number;
      readonly seenChain?: Bytes;
      readonly id?: EntryId;
    } = {},
  ): Promise<Bytes> {
    const { device, test } = this.member(index);
    const author = { device, secret: test.self.signatureSecret };
    const wires = await Promise.all(
      bodies.map((body) => {
        const counter = changes.counter ?? (this.#counters.get(device) ?? 0) + 1;
        this.#counters.set(device, counter);
        return signEntry(this.log, group.tag, author, {
          id: changes.id ?? this.entryId(),
          counter,
          salt: new Uint8Array(16),
          content: {
            body,
            writtenAt: 1,
            seenSeq: changes.seenSeq ?? this.seq,
            seenChain: changes.seenChain ?? this.chain,
          },
        });
      }),
    );
    return valueOf(await sealEntries(this.log, group, wires));
  }

  async say(index: number, group: Group, ...texts: string[]): Promise<StoredEnvelope> {
    return this.append(
      await this.seal(
        index,
        group,
        texts.map((text) => ({ kind: 'text', text })),
      ),
    );
  }

  entryId(): EntryId {
    this.#entries += 1;
    return this.#entries.toString(16).padStart(32, '0') as EntryId;
  }

  /** A commit as `commitLoop` makes it, by hand: also those that it never would. */
  async commit(
    index: number,
    group: Group,
    request: Omit<CommitRequest, 'authenticatedData'>,
    position: { readonly seq: number; readonly chain?: Bytes; readonly generation?: number } = {
      seq: TOWN_SEQ,
    },
  ): Promise<PendingCommit> {
    const { crypto } = this.fixture;
    const { seq, chain = townLink(seq), generation = 0 } = position;
    const prepared = valueOf(
      await crypto.commit(group.state, this.member(index).test.self, {
        ...request,
        authenticatedData: encodePosition({ generation, seq, chain }),
      }),
    );
    const envelope = await sealCommit(this.log, group, prepared.commit);
    return {
      envelope,
      envelopeId: envelopeIdOf(envelope),
      state: crypto.encode(prepared.pending),
      afterCommit: 0,
      position: seq,
      welcome: prepared.welcome,
      welcomed: [],
    };
  }

  intent(body: EntryBody, changes: Partial<EntryIntent> = {}): EntryIntent {
    return {
      type: 'entry',
      log: 1_000,
      entry: this.entryId(),
      body,
      writtenAt: 1,
      counter: undefined,
      salt: this.fixture.random.bytes(16),
      seq: undefined,
      ...changes,
    };
  }
}

async function memberOf(fixture: GroupFixture): Promise<Member> {
  const test = await fixture.device();
  const device = idFromBytes<DeviceId>(test.self.device);
  const person = idFromBytes<PersonId>(fixture.random.bytes(16));
  return {
    device,
    person,
    test,
    record: {
      facts: {
        id: device,
        signatureKey: test.self.signatureKey,
        relayKey: fixture.random.bytes(32),
        keyPackage: test.keyPackage.keyPackage,
        mailbox: idFromBytes<LogId>(fixture.random.bytes(32)),
      },
      person,
      addedAt: 0,
      from: 1,
      to: undefined,
    },
  };
}

export function directoryOf(members: readonly Member[]): Directory {
  return {
    ...EMPTY_DIRECTORY,
    townName: 'Musterstadt',
    persons: Object.fromEntries(
      members.map(({ person }, index) => [
        person,
        {
          id: person,
          name: `Person ${index}`,
          admin: index === 0 ? [{ from: 1, to: undefined }] : [],
          from: 1,
          to: undefined,
        },
      ]),
    ),
    devices: Object.fromEntries(members.map(({ device, record }) => [device, record])),
  };
}
