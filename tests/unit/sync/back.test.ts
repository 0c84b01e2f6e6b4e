/** SPEC B at the log: who may be removed and taken back, and who may not. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../src/lib/bytes';
import { BACK_EVERY_MS, foundingName, openReturn, returnKey } from '../../../src/domain/back';
import type { EntryBody } from '../../../src/domain/body';
import { EMPTY_DIRECTORY } from '../../../src/domain/directory';
import { openBackMail, writeBackMail } from '../../../src/sync/backMail';
import { signBackRequest, verifyBackRequest } from '../../../src/sync/backRequest';
import { dueCorrection } from '../../../src/sync/commitLoop';
import { groupOf, type Group, type LogState } from '../../../src/sync/logState';
import { LIFETIME, NOW, valueOf } from '../crypto/groupFixture';
import { Party, TOWN_SEQ } from './party';

let party: Party;
let groups: readonly Group[];
/** How member 0 sees it. Member 2 is the one who is lost. */
let state: LogState;
const LOST = 2;
const TOWN = { type: 'town', directory: EMPTY_DIRECTORY } as const;

beforeEach(async () => {
  party = await Party.of('back', 3);
  groups = await party.groups(3);
  state = party.stateOf(groups[0]);
});

/** The relay's time, which the party leaves at seconds, is what requests are judged by. */
function timed(stored: Party['stored'], at = NOW): Party['stored'] {
  for (const [index, envelope] of stored.entries()) {
    const [seq, , pseudonym, bytes] = envelope;
    stored[index] = [seq, at, pseudonym, bytes] as (typeof stored)[number];
  }
  return stored;
}

async function requestOf(
  index: number,
  changes: {
    readonly at?: number;
    readonly log?: string;
    readonly signer?: number;
    readonly device?: number;
    readonly seq?: number;
    readonly chain?: Bytes;
  } = {},
): Promise<{ readonly body: EntryBody; readonly keyPackage: Bytes; readonly request: Bytes }> {
  const { crypto } = party.fixture;
  const member = party.member(index);
  const signer = party.member(changes.signer ?? index);
  const { keyPackage } = await crypto.createKeyPackage(member.test.self, LIFETIME);
  const request = await signBackRequest(signer.test.self, {
    log: (changes.log ?? party.log) as Party['log'],
    device: party.member(changes.device ?? index).device,
    keyPackage,
    seq: changes.seq ?? 0,
    chain: changes.chain ?? new Uint8Array(32),
    since: 0,
    at: changes.at ?? NOW,
  });
  return { body: { kind: 'back', request }, keyPackage, request };
}

async function say(author: number, body: EntryBody): Promise<void> {
  party.append(await party.seal(author, groups[author]!, [body]));
}

const returnsOf = ({ fold }: LogState) => fold.returns ?? {};
const leaf = () => ({
  device: party.member(LOST).device,
  signatureKey: party.member(LOST).test.self.signatureKey,
});

describe('a request in the log (SPEC B3)', () => {
  it('makes the old leaf due to go, and the fresh package the one to come back with', async () => {
    const { body, keyPackage } = await requestOf(LOST);
    await say(0, body);
    const { state: after, items } = await party.ingest(1, party.stateOf(groups[1]), timed(party.stored));
    expect(openReturn(returnsOf(after), leaf())).toEqual({
      keyPackage,
      seq: 0,
      place: { seq: 0, chain: new Uint8Array(32) },
      isOut: false,
    });
    expect(items).toEqual([]);
    const due = dueCorrection(after, party.directory, TOWN_SEQ);
    expect(due.remove.map(({ device }) => device)).toEqual([party.member(LOST).device]);
    expect(due.add).toEqual([]);
  });

  const without: readonly [string, () => Promise<EntryBody>][] = [
    ['signed by somebody else', async () => (await requestOf(LOST, { signer: 0 })).body],
    ['with another’s package', async () => (await requestOf(0, { device: LOST, signer: LOST })).body],
    ['for another log', async () => (await requestOf(LOST, { log: 'f'.repeat(64) })).body],
    ['written too long ago', async () => (await requestOf(LOST, { at: NOW - 8 * 86_400_000 })).body],
    ['of rubbish', () => Promise.resolve({ kind: 'back', request: new Uint8Array(90) })],
  ];
  for (const [name, bodyOf] of without)
    it(`${name} has no effect`, async () => {
      await say(0, await bodyOf());
      const { state: after } = await party.ingest(1, party.stateOf(groups[1]), timed(party.stored));
      expect(returnsOf(after)).toEqual({});
      expect(dueCorrection(after, party.directory, TOWN_SEQ).remove).toEqual([]);
    });

  it('of a device that is in the group under another key has no effect', async () => {
    const stranger = await party.fixture.device();
    const self = { ...stranger.self, device: party.member(LOST).test.self.device };
    const { keyPackage } = await party.fixture.crypto.createKeyPackage(self, LIFETIME);
    const device = party.member(LOST).device;
    const chain = new Uint8Array(32);
    const forged = { log: party.log, device, keyPackage, seq: 0, chain, since: 0, at: NOW };
    await say(0, { kind: 'back', request: await signBackRequest(self, forged) });
    const { state: after } = await party.ingest(1, party.stateOf(groups[1]), timed(party.stored));
    expect(returnsOf(after)).toEqual({});
  });
});

describe('a guest’s request, which calls the town by its founding hash (SPEC B2)', () => {
  const founding = new Uint8Array(32).fill(6);
  const log = foundingName({ founding });
  const town = { type: 'town', directory: { ...EMPTY_DIRECTORY, founding } } as const;
  const openIn = async (fold: LogState['fold']) => {
    const { state: after } = await party.ingest(
      1,
      { ...party.stateOf(groups[1]), fold },
      timed(party.stored),
    );
    return openReturn(returnsOf(after), leaf());
  };

  it('counts in that town, while its device was not heard there, and nowhere else', async () => {
    const { body, keyPackage } = await requestOf(LOST, { log });
    await say(0, body);
    const silent = { [party.member(LOST).device]: 1 };
    expect(await openIn({ ...town, silent })).toMatchObject({ keyPackage, isOut: false });
    expect(await openIn(town)).toBeUndefined();
    expect(await openIn({ ...TOWN, silent })).toBeUndefined();
    expect(await openIn({ ...party.stateOf(groups[1]).fold, silent })).toBeUndefined();
  });
});

describe('a request of one who has read something else (SPEC B3, E7)', () => {
  for (const isSame of [true, false])
    it(
      isSame ? 'is no quarrel where the links are the same' : 'tells everybody who holds a link there',
      async () => {
        party.append(await party.seal(0, groups[0]!, [{ kind: 'text', text: 'eins' }]));
        const chain = isSame ? party.chain : new Uint8Array(32).fill(7);
        await say(0, (await requestOf(LOST, { seq: 1, chain })).body);
        const { state: after } = await party.ingest(1, party.stateOf(groups[1]), timed(party.stored));
        expect(after.progress.trouble).toBe(isSame ? 'none' : 'forked');
        expect(after.progress.fork?.against).toEqual(isSame ? undefined : [party.member(LOST).device]);
      },
    );
});

describe('the commits that answer it (SPEC B4, G7)', () => {
  it('remove the old leaf and add the fresh one, in two steps, and are lawful for all', async () => {
    const { body, keyPackage } = await requestOf(LOST);
    await say(1, body);
    const before = await party.ingest(0, state, timed(party.stored));
    const removal = await party.commit(1, groups[1]!, { remove: [LOST] });
    party.append(removal.envelope);
    const out = await party.ingest(0, before.state, timed(party.stored));
    expect(out.groupChanged).toBe(true);
    expect(out.state.group?.leaves).toHaveLength(2);
    expect(dueCorrection(out.state, party.directory, TOWN_SEQ).add).toHaveLength(1);
    const next = await groupOf(party.fixture.crypto, valueOf(party.fixture.crypto.decode(removal.state)));
    party.append((await party.commit(1, next, { add: [keyPackage] })).envelope);
    const back = await party.ingest(0, out.state, timed(party.stored));
    expect(back.state.group?.leaves).toHaveLength(3);
    expect(returnsOf(back.state)[returnKey(leaf())]).toEqual({ at: NOW, open: undefined });
    // The same request again opens nothing, nor does a later one within the hour.
    const after = await groupOf(party.fixture.crypto, back.state.group!.state);
    for (const at of [NOW, NOW + BACK_EVERY_MS - 1]) {
      const again = await requestOf(LOST, { at });
      party.append(await party.seal(1, { ...after }, [again.body]));
    }
    const replayed = await party.ingest(0, back.state, timed(party.stored));
    expect(openReturn(returnsOf(replayed.state), leaf())).toBeUndefined();
  });

  it('without a request remove nobody who belongs', async () => {
    party.append((await party.commit(1, groups[1]!, { remove: [LOST] })).envelope);
    const ingested = await party.ingest(0, state, timed(party.stored));
    expect(ingested.groupChanged).toBe(false);
  });

  it('do not take back who does not belong any more', async () => {
    const { body } = await requestOf(LOST);
    await say(1, body);
    const conversation = party.conversation([party.member(0).person, party.member(1).person]);
    const { state: after } = await party.ingest(
      0,
      { ...state, fold: { type: 'conversation', conversation } },
      timed(party.stored),
    );
    const due = dueCorrection(after, party.directory, TOWN_SEQ);
    expect(due.remove).toHaveLength(1);
    expect(due.add).toEqual([]);
  });
});

describe('a copy of a profile (SPEC B7)', () => {
  it('is known by a request in our name that we did not write; the town says who of the two ends', async () => {
    const { body } = await requestOf(LOST);
    await say(0, body);
    const lost = party.stateOf(groups[LOST]);
    const foreign = await party.ingest(LOST, lost, timed(party.stored));
    expect(foreign.state.progress).toMatchObject({
      isCopied: false,
      hasOther: true,
      trouble: 'needs-reentry',
    });
    const inTown = await party.ingest(LOST, { ...lost, fold: TOWN }, party.stored);
    expect(inTown.state.progress.isCopied).toBe(true);
    for (const fold of [lost.fold, TOWN]) {
      const own = await party.ingest(LOST, { ...lost, fold }, party.stored, { isOwnRequest: () => true });
      expect(own.state.progress).toMatchObject({ isCopied: false, trouble: 'none' });
    }
  });
});

describe('two copies that have asked (SPEC B7)', () => {
  it('go by the last request in the town that counts, whoever reads it', async () => {
    const at = [NOW - 2 * BACK_EVERY_MS, NOW - BACK_EVERY_MS + 60_000, NOW - BACK_EVERY_MS + 90_000];
    for (const time of at) await say(0, (await requestOf(LOST, { at: time })).body);
    const inTown = { ...party.stateOf(groups[LOST]), fold: TOWN };
    const ended = async (own: number) =>
      (
        await party.ingest(LOST, inTown, timed(party.stored), {
          isOwnRequest: (request) => request.at === at[own],
        })
      ).state.progress.isCopied;
    // The third came too soon behind the second.
    expect([await ended(0), await ended(1), await ended(2)]).toEqual([true, false, true]);
  });
});

describe('others who have gone on without us (SPEC B1)', () => {
  /** A commit in force for all but member 0, and what is said behind it. */
  async function goOn(): Promise<Group> {
    const commit = await party.commit(1, groups[1]!, {});
    party.append(commit.envelope);
    return groupOf(party.fixture.crypto, valueOf(party.fixture.crypto.decode(commit.state)));
  }
  const failing = () => ({
    ...party.fixture.crypto,
    process: () => Promise.resolve({ ok: false, error: { type: 'bad-commit', then: 'ignore' } } as const),
  });

  it('are suspected at the first envelope of another epoch behind a skipped commit', async () => {
    const next = await goOn();
    party.append(await party.seal(1, next, [{ kind: 'text', text: 'ohne euch' }]));
    const ingested = await party.ingest(0, state, party.stored, { groups: failing() });
    expect(ingested.state.progress.suspect).toEqual({ commit: 1, seq: 2 });
  });

  it('are not, as long as nobody writes elsewhere or somebody writes here', async () => {
    const next = await goOn();
    const skipped = await party.ingest(0, state, party.stored, { groups: failing() });
    expect(skipped.state.progress).toMatchObject({ suspect: undefined, skipped: 1 });
    party.append(await party.seal(1, next, [{ kind: 'text', text: 'dort' }]));
    party.append(await party.seal(2, groups[2]!, [{ kind: 'text', text: 'hier' }]));
    const after = await party.ingest(0, skipped.state, party.stored, { groups: failing() });
    expect(after.state.progress).toMatchObject({ suspect: undefined, skipped: undefined });
  });

  it('are not suspected for an envelope of another epoch alone', async () => {
    const other = await (await Party.of('elsewhere', 1)).groups(1);
    party.append(await party.seal(1, { ...other[0]! }, [{ kind: 'text', text: 'x' }]));
    expect((await party.ingest(0, state)).state.progress.suspect).toBeUndefined();
  });
});

describe('mail with a request (SPEC B2)', () => {
  it('opens for the device it is for, and says nothing to others or when damaged', async () => {
    const { crypto } = party.fixture;
    const { request } = await requestOf(LOST);
    const [anna, bert] = [party.member(0).test.keyPackage, party.member(1).test.keyPackage];
    const mail = await writeBackMail(crypto, anna.keyPackage, { request, rank: 2 });
    if (mail === undefined) throw new Error('a good package');
    expect(await openBackMail(crypto, [bert, anna], mail)).toEqual({ request, rank: 2 });
    expect(await openBackMail(crypto, [bert], mail)).toBeUndefined();
    for (const at of [11, 20, 60, mail.length - 1]) {
      const damaged = mail.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(await openBackMail(crypto, [anna], damaged), String(at)).toBeUndefined();
    }
    expect(await writeBackMail(crypto, new Uint8Array(9), { request, rank: 0 })).toBeUndefined();
  });

  it('carries a request that anybody can verify', async () => {
    const { crypto } = party.fixture;
    const { request } = await requestOf(LOST);
    const verified = await verifyBackRequest(crypto, undefined, request);
    expect(verified).toMatchObject({ device: party.member(LOST).device, log: party.log });
    for (const at of [5, 40, 70, request.length - 1]) {
      const damaged = request.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(await verifyBackRequest(crypto, undefined, damaged), String(at)).toBeUndefined();
    }
  });
});
