import { beforeAll, describe, expect, it } from 'vitest';
import { idFromBytes, type DeviceId, type PersonId } from '../../../src/domain/ids';
import { parsePosition } from '../../../src/domain/position';
import type { Directory, DirectoryDevice } from '../../../src/domain/directory';
import { parseEnvelope } from '../../../src/protocol/envelope';
import {
  correctionWait,
  dueCorrection,
  isLeafOld,
  prepareCommit,
  RANK_WAIT_MS,
  unfitPackages,
} from '../../../src/sync/commitLoop';
import { envelopeIdOf, openCommit } from '../../../src/sync/entrySeal';
import { decodeGroup, type Group } from '../../../src/sync/logState';
import type { Correction } from '../../../src/domain/target';
import { accept, LIFETIME, NOW, valueOf } from '../crypto/groupFixture';
import { Party, TOWN_SEQ, townLink } from './party';

let party: Party;
let groups: readonly Group[];
beforeAll(async () => {
  party = await Party.of('commit loop', 4);
  groups = await party.groups(3);
});

const DAY = 86_400_000;
const persons = (...indices: number[]): PersonId[] => indices.map((index) => party.member(index).person);
const stateWith = (...indices: number[]) =>
  party.stateOf(groups[0], {
    fold: { type: 'conversation', conversation: party.conversation(persons(...indices)) },
  });
const devicesOf = (correction: Correction) => ({
  add: correction.add.map(({ facts }) => facts.id),
  remove: correction.remove.map(({ device }) => device),
});
const device = (index: number) => party.member(index).device;

describe('what is due (SPEC G5)', () => {
  it('is the difference between leaves and roster', () => {
    const due = (...indices: number[]) =>
      devicesOf(dueCorrection(stateWith(...indices), party.directory, TOWN_SEQ));
    expect(due(0, 1, 2)).toEqual({ add: [], remove: [] });
    expect(due(0, 1, 2, 3)).toEqual({ add: [device(3)], remove: [] });
    expect(due(0, 1)).toEqual({ add: [], remove: [device(2)] });
    expect(due(0, 1, 3)).toEqual({ add: [device(3)], remove: [device(2)] });
  });

  it('is judged at the position this device has folded in the town', () => {
    const { record, device: blocked } = party.member(2);
    const directory: Directory = {
      ...party.directory,
      devices: { ...party.directory.devices, [blocked]: { ...record, to: 8 } },
    };
    expect(dueCorrection(stateWith(0, 1, 2), directory, 7).remove).toEqual([]);
    expect(dueCorrection(stateWith(0, 1, 2), directory, 8).remove.map((leaf) => leaf.device)).toEqual([
      blocked,
    ]);
  });

  it('is nothing before the founding entry, and nothing without a group', () => {
    const unfounded = party.stateOf(groups[0], {
      fold: { type: 'conversation', conversation: { ...party.conversation(), roster: {} } },
    });
    expect(dueCorrection(unfounded, party.directory, TOWN_SEQ)).toEqual({ add: [], remove: [] });
    const town = party.stateOf(groups[0], {
      fold: { type: 'town', directory: { ...party.directory, persons: {} } },
    });
    expect(dueCorrection(town, { ...party.directory, persons: {} }, 0)).toEqual({ add: [], remove: [] });
    expect(dueCorrection(party.stateOf(undefined), party.directory, TOWN_SEQ)).toEqual({
      add: [],
      remove: [],
    });
  });

  it('in the town is every device at the seq the commit would get', () => {
    const state = party.stateOf(groups[0], { fold: { type: 'town', directory: party.directory } });
    expect(devicesOf(dueCorrection(state, party.directory, 0))).toEqual({ add: [device(3)], remove: [] });
  });
});

describe('who goes first (SPEC G11)', () => {
  it('whoever caused it at once; the others one after the other, each at another time', () => {
    const group = groups[0]!;
    expect(correctionWait(group, device(1), 9, true)).toBe(0);
    const waits = [0, 1, 2].map((index) => correctionWait(group, device(index), 9, false));
    expect([...waits].sort((a, b) => a - b)).toEqual([RANK_WAIT_MS, 2 * RANK_WAIT_MS, 3 * RANK_WAIT_MS]);
    // All members have the same order.
    for (const other of groups)
      expect([0, 1, 2].map((index) => correctionWait(other, device(index), 9, false))).toEqual(waits);
  });

  it('in another order each time', () => {
    const first = new Set(
      Array.from({ length: 40 }, (_, cursor) =>
        [0, 1, 2].findIndex(
          (index) => correctionWait(groups[0]!, device(index), cursor, false) === RANK_WAIT_MS,
        ),
      ),
    );
    expect(first).toEqual(new Set([0, 1, 2]));
  });
});

describe('when a leaf is old (SPEC G11)', () => {
  const sized = (size: number): Group => ({
    ...groups[0]!,
    leaves: Array.from({ length: size }, (_, leaf) => ({
      leaf,
      device: idFromBytes<DeviceId>(new Uint8Array(16).fill(leaf)),
      signatureKey: new Uint8Array(32),
    })),
  });

  it.each([
    [2, 1],
    [20, 1],
    [21, 7],
    [100, 7],
    [101, 30],
  ])('of %i leaves: after %i days', (size, days) => {
    expect(isLeafOld(sized(size), 0, days * DAY)).toBe(false);
    expect(isLeafOld(sized(size), 0, days * DAY + 1)).toBe(true);
  });

  it('never while alone', () => {
    expect(isLeafOld(sized(1), 0, 999 * DAY)).toBe(false);
  });

  it('when a wrong clock renewed it in the future: it would be kept until then', () => {
    expect(isLeafOld(sized(2), 5 * DAY, 0)).toBe(true);
    expect(isLeafOld(sized(2), DAY, 0)).toBe(false);
  });
});

describe('a correcting commit (SPEC G6, G8)', () => {
  const position = { generation: 0, seq: TOWN_SEQ, chain: townLink(TOWN_SEQ) };
  const leafOf = (index: number) => groups[0]!.leaves.find((leaf) => leaf.device === device(index))!;
  async function prepared(correction: Correction, isTown = false) {
    const { crypto } = party.fixture;
    const state = isTown
      ? party.stateOf(groups[0], { fold: { type: 'town', directory: party.directory } })
      : stateWith(0, 1, 2, 3);
    const self = party.member(0).test.self;
    const commit = valueOf(await prepareCommit(crypto, self, state, groups[0]!, correction, position));
    const bytes = valueOf(await openCommit(party.log, groups[1]!, valueOf(parseEnvelope(commit.envelope))));
    const { summary } = valueOf(await crypto.process(groups[1]!.state, bytes, accept));
    return { commit, summary };
  }

  it('removes first and alone, though additions are due', async () => {
    const { commit, summary } = await prepared({ add: [party.member(3).record], remove: [leafOf(2)] });
    expect(summary.removed.map(({ leaf }) => leaf)).toEqual([leafOf(2).leaf]);
    expect(summary.added).toEqual([]);
    expect(commit).toMatchObject({ welcomed: [], welcome: undefined });
  });

  it('then adds all in one batch, and says whom to mail', async () => {
    const { commit, summary } = await prepared({ add: [party.member(3).record], remove: [] });
    expect(summary.added.map((member) => idFromBytes(member.device))).toEqual([device(3)]);
    const { facts } = party.member(3).record;
    expect(commit.welcomed).toEqual([{ device: facts.id, mailbox: facts.mailbox }]);
    expect(commit.welcome).toBeDefined();
  });

  it('else is empty and renews the leaf', async () => {
    const { commit, summary } = await prepared({ add: [], remove: [] });
    expect(summary).toMatchObject({ added: [], removed: [], context: undefined });
    expect(commit.welcomed).toEqual([]);
    const next = valueOf(await decodeGroup(party.fixture.crypto, commit.state))!;
    expect(next.leaves).toEqual(groups[0]!.leaves);
    expect(next.tag).not.toEqual(groups[0]!.tag);
  });

  it('names the position in the town; in the town itself its own seq and nothing more', async () => {
    const { commit, summary } = await prepared({ add: [], remove: [] });
    expect(parsePosition(summary.authenticatedData)).toEqual(position);
    expect(commit.position).toBe(TOWN_SEQ);
    const town = await prepared({ add: [], remove: [] }, true);
    expect(town.summary.authenticatedData).toEqual(Uint8Array.of(0x80));
    expect(town.commit.position).toBe(1);
  });

  it('is known by the id of its envelope, and is a commit on the outside', async () => {
    const { commit } = await prepared({ add: [], remove: [] });
    expect(commit.envelopeId).toEqual(envelopeIdOf(commit.envelope));
    expect(parseEnvelope(commit.envelope)).toMatchObject({
      value: { isCommit: true, epochTag: groups[0]!.tag },
    });
  });

  it('with a package that cannot be added is none', async () => {
    const { record } = party.member(3);
    const bad: DirectoryDevice = { ...record, facts: { ...record.facts, keyPackage: new Uint8Array(90) } };
    const self = party.member(0).test.self;
    const commit = await prepareCommit(
      party.fixture.crypto,
      self,
      stateWith(0, 1, 2, 3),
      groups[0]!,
      { add: [bad], remove: [] },
      position,
    );
    expect(commit.ok).toBe(false);
  });
});

describe('packages that nobody can add (SPEC G9)', () => {
  const withPackage = (keyPackage: Uint8Array): DirectoryDevice => {
    const { record } = party.member(3);
    return { ...record, facts: { ...record.facts, keyPackage: new Uint8Array(keyPackage) } };
  };
  const unfit = (devices: readonly DirectoryDevice[], now = NOW) =>
    unfitPackages(party.fixture.crypto, { add: devices, remove: [] }, now);

  it('are those that are broken or another device’s', async () => {
    const good = party.member(3).record;
    const rubbish = withPackage(new Uint8Array(90));
    const anothers = withPackage(party.member(2).test.keyPackage.keyPackage);
    expect(await unfit([good])).toEqual([]);
    expect(await unfit([good, rubbish, anothers])).toEqual([
      rubbish.facts.keyPackage,
      anothers.facts.keyPackage,
    ]);
  });

  it('are those whose signature key is not the directory’s', async () => {
    const { record } = party.member(3);
    const bent: DirectoryDevice = { ...record, facts: { ...record.facts, signatureKey: new Uint8Array(32) } };
    expect(await unfit([bent])).toHaveLength(1);
  });

  it('are those out of their lifetime, to the millisecond', async () => {
    const { keyPackage, record } = { ...party.member(3).test, ...party.member(3) };
    const parsed = valueOf(await party.fixture.crypto.parseKeyPackage(keyPackage.keyPackage));
    expect(parsed.notBefore).toBeLessThanOrEqual(LIFETIME.notBefore);
    expect(await unfit([record], parsed.notBefore)).toEqual([]);
    expect(await unfit([record], parsed.notAfter)).toEqual([]);
    expect(await unfit([record], parsed.notBefore - 1)).toHaveLength(1);
    expect(await unfit([record], parsed.notAfter + 1)).toHaveLength(1);
  });

  it('are never those out of their lifetime in a town that goes on at another relay', async () => {
    const { record } = party.member(3);
    const correction = { add: [record], remove: [] };
    const far = LIFETIME.notAfter + 400 * 86_400_000;
    expect(await unfitPackages(party.fixture.crypto, correction, far, false)).toEqual([]);
    const broken = { add: [withPackage(new Uint8Array(90))], remove: [] };
    expect(await unfitPackages(party.fixture.crypto, broken, far, false)).toHaveLength(1);
  });

  it('do not matter while removals are due', async () => {
    const bad = withPackage(new Uint8Array(90));
    const remove = [groups[0]!.leaves[2]!];
    expect(await unfitPackages(party.fixture.crypto, { add: [bad], remove }, NOW)).toEqual([]);
  });
});
