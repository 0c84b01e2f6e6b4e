import { describe, expect, it } from 'vitest';
import {
  EMPTY_DIRECTORY,
  type Directory,
  type DirectoryDevice,
  type DirectoryPerson,
} from '../../../src/domain/directory';
import type { DeviceId, LogId, PersonId } from '../../../src/domain/ids';
import {
  correctionOf,
  isLawfulCommit,
  targetDevices,
  type JudgedCommit,
  type Leaf,
} from '../../../src/domain/target';

const person = (digit: string) => digit.repeat(32) as PersonId;
const id = (digit: string) => `d${digit.repeat(31)}` as DeviceId;
const key = (digit: string) => new Uint8Array(32).fill(parseInt(digit, 16));

function directoryOf(
  ...spans: readonly (readonly [digit: string, from: number, to?: number | undefined, personTo?: number])[]
): Directory {
  const persons: Record<PersonId, DirectoryPerson> = {};
  const devices: Record<DeviceId, DirectoryDevice> = {};
  for (const [digit, from, to, personTo] of spans) {
    persons[person(digit)] = { id: person(digit), name: digit, admin: [], from, to: personTo };
    devices[id(digit)] = {
      facts: {
        id: id(digit),
        signatureKey: key(digit),
        relayKey: key(digit),
        keyPackage: new Uint8Array(1),
        mailbox: digit.repeat(64) as LogId,
      },
      person: person(digit),
      addedAt: 0,
      from,
      to,
    };
  }
  return { ...EMPTY_DIRECTORY, persons, devices };
}

const leaf = (digit: string, index = parseInt(digit, 16)): Leaf => ({
  leaf: index,
  device: id(digit),
  signatureKey: key(digit),
});
const names = (target: ReadonlyMap<DeviceId, DirectoryDevice>) => [...target.keys()].sort();

describe('who belongs (SPEC G5)', () => {
  const directory = directoryOf(['1', 1], ['2', 3], ['3', 2, 5], ['4', 1, undefined, 4]);

  it('in the town: every device that holds at the position', () => {
    expect(names(targetDevices(directory, undefined, 1))).toEqual([id('1'), id('4')]);
    expect(names(targetDevices(directory, undefined, 3))).toEqual([id('1'), id('2'), id('3'), id('4')]);
    expect(names(targetDevices(directory, undefined, 4))).toEqual([id('1'), id('2'), id('3')]);
    expect(names(targetDevices(directory, undefined, 5))).toEqual([id('1'), id('2')]);
    expect(names(targetDevices(directory, undefined, 0))).toEqual([]);
  });

  it('in a conversation: those of them whose person is in the roster', () => {
    expect(names(targetDevices(directory, [person('1'), person('3'), person('9')], 4))).toEqual([
      id('1'),
      id('3'),
    ]);
    expect(names(targetDevices(directory, [person('1'), person('3')], 5))).toEqual([id('1')]);
    expect(names(targetDevices(directory, [], 4))).toEqual([]);
  });
});

const directory = directoryOf(['1', 1], ['2', 1], ['3', 1]);
const target = targetDevices(directory, [person('1'), person('2'), person('3')], 1);

describe('a correction', () => {
  it('is what is missing and what does not belong', () => {
    const due = correctionOf([leaf('1'), leaf('4')], target);
    expect(due.add.map(({ facts }) => facts.id)).toEqual([id('2'), id('3')]);
    expect(due.remove).toEqual([leaf('4')]);
  });

  it('is nothing when leaves and target agree', () => {
    expect(correctionOf([leaf('3'), leaf('1'), leaf('2')], target)).toEqual({ add: [], remove: [] });
  });

  it('removes whoever bears another’s id, before the right one is added', () => {
    const impostor: Leaf = { ...leaf('2'), signatureKey: key('9') };
    const due = correctionOf([leaf('1'), impostor, leaf('3')], target);
    expect(due.remove).toEqual([impostor]);
    expect(due.add).toEqual([]);
    expect(correctionOf([leaf('1'), leaf('3')], target).add.map(({ facts }) => facts.id)).toEqual([id('2')]);
  });
});

describe('a commit is in force only (SPEC G7)', () => {
  const leaves = [leaf('1'), leaf('2'), leaf('4')];
  const none: JudgedCommit = { committer: leaf('1'), added: [], removed: [], changesContext: false };
  const isLawful = (commit: Partial<JudgedCommit>) => isLawfulCommit({ ...none, ...commit }, leaves, target);

  it('if its committer belongs', () => {
    expect(isLawful({})).toBe(true);
    expect(isLawful({ committer: leaf('4') })).toBe(false);
    expect(isLawful({ committer: leaf('4'), removed: [leaf('4')] })).toBe(false);
    expect(isLawful({ committer: { device: id('1'), signatureKey: key('9') } })).toBe(false);
  });

  it('if everyone it adds belongs, with the directory’s key, and was not there', () => {
    expect(isLawful({ added: [leaf('3')] })).toBe(true);
    expect(isLawful({ added: [leaf('5')] })).toBe(false);
    expect(isLawful({ added: [leaf('3'), leaf('5')] })).toBe(false);
    expect(isLawful({ added: [{ device: id('3'), signatureKey: key('9') }] })).toBe(false);
    expect(isLawful({ added: [leaf('2')] })).toBe(false);
  });

  it('if everyone it removes does not belong', () => {
    expect(isLawful({ removed: [leaf('4')] })).toBe(true);
    expect(isLawful({ removed: [leaf('2')] })).toBe(false);
    expect(isLawful({ removed: [leaf('4'), leaf('2')] })).toBe(false);
    // One who bears another's id does not belong.
    expect(isLawful({ removed: [{ ...leaf('2'), signatureKey: key('9') }] })).toBe(true);
  });

  it('also if it removes one that has lost mail since it was added, and was not heard (SPEC J7)', () => {
    const record = target.get(id('2')) as DirectoryDevice;
    const told = new Map(target).set(id('2'), { ...record, mailLost: { at: 1, seqs: [4, 9] } });
    const removes = (silent: Record<DeviceId, number>, seq: number) =>
      isLawfulCommit({ ...none, removed: [leaf('2')] }, leaves, told, { silent }, seq) &&
      correctionOf([leaf('2')], told, { silent }, seq).remove.length === 1;
    expect(removes({ [id('2')]: 3 }, 3)).toBe(false);
    expect(removes({ [id('2')]: 3 }, 4)).toBe(true);
    expect(removes({ [id('2')]: 4 }, 8)).toBe(false);
    expect(removes({ [id('2')]: 4 }, 9)).toBe(true);
    expect(removes({ [id('2')]: 9 }, 20)).toBe(false);
    expect(removes({ [id('3')]: 3 }, 20)).toBe(false);
  });

  it('if the context stays as it is', () => {
    expect(isLawful({ changesContext: true })).toBe(false);
  });

  it('also when it does only a part of what is due', () => {
    const many = targetDevices(directoryOf(['1', 1], ['2', 1], ['3', 1], ['5', 1]), undefined, 1);
    expect(isLawfulCommit({ ...none, added: [leaf('5')] }, leaves, many)).toBe(true);
  });

  it('for nobody when nobody belongs', () => {
    expect(isLawfulCommit(none, leaves, new Map())).toBe(false);
  });
});
