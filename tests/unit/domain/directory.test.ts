import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceFacts, EntryBody } from '../../../src/domain/body';
import {
  allDevicesAt,
  devicesOfAt,
  EMPTY_DIRECTORY,
  foldDirectory,
  hasLostMail,
  isAdminAt,
  isLaterDirectory,
  pairKey,
  personOfDevice,
  type Directory,
} from '../../../src/domain/directory';
import type { DeviceId, InvitationId, LogId, PersonId } from '../../../src/domain/ids';

const person = (digit: string) => digit.repeat(32) as PersonId;
const deviceId = (digit: string) => `d${digit.repeat(31)}` as DeviceId;
const invitation = (digit: string) => `e${digit.repeat(31)}` as InvitationId;
const log = (digit: string) => digit.repeat(64) as LogId;
const b32 = (fill: number) => new Uint8Array(32).fill(fill);

function facts(digit: string): DeviceFacts {
  const n = parseInt(digit, 16);
  return {
    id: deviceId(digit),
    signatureKey: b32(n),
    relayKey: b32(n + 100),
    keyPackage: Uint8Array.of(n),
    mailbox: log(digit),
  };
}

/** The town's log as it grows: one operation for each seq. */
class Log {
  directory: Directory = EMPTY_DIRECTORY;
  seq = 0;

  /** True when it had an effect. */
  by(digit: string, body: EntryBody): boolean {
    this.seq += 1;
    const before = this.directory;
    this.directory = foldDirectory(before, {
      seq: this.seq,
      at: 1_000 * this.seq,
      device: deviceId(digit),
      entryHash: b32(this.seq),
      body,
    });
    return this.directory !== before;
  }

  invite(digit: string, uses = 1_000, name = digit): boolean {
    return this.by(digit, {
      kind: 'town-invited',
      invitation: invitation(name),
      secret: b32(1),
      expiresAt: 5,
      uses,
    });
  }

  admit(by: string, digit: string, from = 'a', changes: Partial<DeviceFacts> = {}): boolean {
    return this.by(by, {
      kind: 'town-admitted',
      invitation: invitation(from),
      person: person(digit),
      name: `Person ${digit}`,
      device: { ...facts(digit), ...changes },
    });
  }

  appoint(by: string, digit: string, isAdmin = true): boolean {
    return this.by(by, { kind: 'town-admin', person: person(digit), isAdmin });
  }
  block(by: string, digit: string): boolean {
    return this.by(by, { kind: 'town-blocked', device: deviceId(digit) });
  }
  remove(by: string, digit: string): boolean {
    return this.by(by, { kind: 'town-person-removed', person: person(digit) });
  }
  rename(by: string, digit: string, name: string): boolean {
    return this.by(by, { kind: 'town-renamed', person: person(digit), name });
  }
  claim(by: string, one: string, other: string, where: string): boolean {
    return this.by(by, { kind: 'town-claimed', pair: [person(one), person(other)], log: log(where) });
  }
}

const founding = (digit: string): EntryBody => ({
  kind: 'town-founded',
  name: 'Musterstadt',
  rootKey: b32(77),
  person: person(digit),
  personName: `Person ${digit}`,
  device: facts(digit),
});

/** a is admin; b, c and whoever else is asked for are in. */
function town(...others: string[]): Log {
  const log = new Log();
  log.by('a', founding('a'));
  log.invite('a');
  for (const other of others) log.admit('a', other);
  return log;
}

describe('founding (SPEC D3)', () => {
  it('makes the signer’s person admin from that seq, and names the town by the entry', () => {
    const log = new Log();
    expect(log.by('a', founding('a'))).toBe(true);
    expect(log.directory).toMatchObject({
      townName: 'Musterstadt',
      rootKey: b32(77),
      founding: b32(1),
      persons: { [person('a')]: { name: 'Person a', from: 1, to: undefined } },
      devices: { [deviceId('a')]: { person: person('a'), addedAt: 1_000, from: 1, to: undefined } },
    });
    expect(isAdminAt(log.directory, person('a'), 0)).toBe(false);
    expect(isAdminAt(log.directory, person('a'), 1)).toBe(true);
  });

  it('counts only if the device in it is the signer, and only once', () => {
    const log = new Log();
    expect(log.by('b', founding('a'))).toBe(false);
    expect(log.by('b', founding('b'))).toBe(true);
    expect(log.by('a', founding('a'))).toBe(false);
    expect(log.by('b', founding('b'))).toBe(false);
    expect(log.directory.founding).toEqual(b32(2));
  });

  it('comes before everything else', () => {
    const log = new Log();
    expect(log.invite('a')).toBe(false);
    expect(log.admit('a', 'b')).toBe(false);
    expect(log.claim('a', 'a', 'b', '1')).toBe(false);
    expect(log.directory).toBe(EMPTY_DIRECTORY);
  });
});

describe('invitations (SPEC D4)', () => {
  it('are given and withdrawn by admins only', () => {
    const log = town('b');
    expect(log.invite('b')).toBe(false);
    expect(log.by('b', { kind: 'town-invitation-withdrawn', invitation: invitation('a') })).toBe(false);
    expect(log.by('a', { kind: 'town-invitation-withdrawn', invitation: invitation('9') })).toBe(false);
    expect(log.by('a', { kind: 'town-invitation-withdrawn', invitation: invitation('a') })).toBe(true);
    expect(log.admit('a', 'c')).toBe(false);
  });

  it('keep who gave them, and cannot be given anew under the same name', () => {
    const log = town();
    expect(log.directory.invitations[invitation('a')]).toMatchObject({
      by: person('a'),
      createdAt: 2_000,
      uses: 1_000,
      guests: [],
    });
    log.by('a', { kind: 'town-invitation-withdrawn', invitation: invitation('a') });
    expect(log.invite('a')).toBe(false);
    expect(log.directory.invitations[invitation('a')]).toMatchObject({ isWithdrawn: true });
  });

  it('are good for as many as they say', () => {
    const log = town();
    log.invite('a', 2, '2');
    expect(log.admit('a', '1', '2')).toBe(true);
    expect(log.admit('a', '2', '2')).toBe(true);
    expect(log.admit('a', '3', '2')).toBe(false);
    expect(log.directory.invitations[invitation('2')]?.guests).toEqual(['Person 1', 'Person 2']);
  });

  it('that nobody knows admit nobody', () => {
    expect(town().admit('a', 'b', '7')).toBe(false);
  });
});

describe('admission (SPEC D4)', () => {
  it('needs an admin', () => {
    const log = town('b');
    expect(log.admit('b', 'c')).toBe(false);
    expect(log.admit('c', 'c')).toBe(false);
    log.appoint('a', 'b');
    expect(log.admit('b', 'c')).toBe(true);
    expect(log.directory.devices[deviceId('c')]).toMatchObject({ person: person('c'), from: log.seq });
  });

  it('takes no person, device or key that was ever there', () => {
    const log = town('b');
    expect(log.admit('a', 'b')).toBe(false);
    for (const taken of [
      { id: deviceId('b') },
      { signatureKey: facts('b').signatureKey },
      { relayKey: facts('b').relayKey },
      { mailbox: facts('b').mailbox },
    ])
      expect(log.admit('a', 'c', 'a', taken), Object.keys(taken)[0]).toBe(false);
    expect(log.directory.invitations[invitation('a')]?.guests).toEqual(['Person b']);
    // The past counts, too.
    log.remove('a', 'b');
    expect(log.admit('a', 'b')).toBe(false);
    expect(log.admit('a', 'c', 'a', { signatureKey: facts('b').signatureKey })).toBe(false);
    expect(log.admit('a', 'c')).toBe(true);
  });
});

describe('names and packages (SPEC D5)', () => {
  it('oneself or an admin renames', () => {
    const log = town('b', 'c');
    expect(log.rename('b', 'b', 'Bert')).toBe(true);
    expect(log.rename('b', 'c', 'Cem')).toBe(false);
    expect(log.rename('a', 'c', 'Cem')).toBe(true);
    expect(log.rename('a', 'f', 'Niemand')).toBe(false);
    expect(log.directory.persons[person('c')]?.name).toBe('Cem');
  });

  it('a package is the signing device’s own, and changes nothing else', () => {
    const log = town('b');
    expect(log.by('b', { kind: 'town-package', keyPackage: Uint8Array.of(9, 9) })).toBe(true);
    expect(log.directory.devices[deviceId('b')]?.facts).toEqual({
      ...facts('b'),
      keyPackage: Uint8Array.of(9, 9),
    });
    expect(log.directory.devices[deviceId('a')]?.facts).toEqual(facts('a'));
    expect(log.by('f', { kind: 'town-package', keyPackage: Uint8Array.of(9) })).toBe(false);
  });
});

describe('lost mail (SPEC J7)', () => {
  const HOURS = 3_600;

  it('is told by a device of itself, once an hour, and known by its positions', () => {
    const log = town('b');
    const say = (digit: string) => log.by(digit, { kind: 'town-mail-lost' });
    expect(say('b')).toBe(true);
    const first = log.seq;
    expect(say('b')).toBe(false);
    log.seq += HOURS;
    expect(say('b')).toBe(true);
    expect(log.directory.devices[deviceId('b')]?.mailLost?.seqs).toEqual([first, log.seq]);
    expect(log.directory.devices[deviceId('a')]?.mailLost).toBeUndefined();
    expect(say('9')).toBe(false);
    log.block('a', 'b');
    log.seq += HOURS;
    expect(say('b')).toBe(false);
  });

  it('a relay’s clock that was years ahead holds nobody up', () => {
    const log = town('b');
    const say = () => log.by('b', { kind: 'town-mail-lost' });
    log.seq += 9_000 * HOURS;
    expect(say()).toBe(true);
    log.seq -= 9_000 * HOURS;
    expect(say()).toBe(true);
  });

  it('counts from behind one position up to another, whatever came later', () => {
    const log = town('b');
    log.by('b', { kind: 'town-mail-lost' });
    const at = log.seq;
    log.seq += HOURS;
    log.by('b', { kind: 'town-mail-lost' });
    const device = log.directory.devices[deviceId('b')];
    expect(hasLostMail(device, at - 1, at)).toBe(true);
    expect(hasLostMail(device, at, at)).toBe(false);
    expect(hasLostMail(device, at - 1, at - 1)).toBe(false);
    expect(hasLostMail(device, at, log.seq)).toBe(true);
    expect(hasLostMail(undefined, 0, log.seq)).toBe(false);
  });
});

describe('blocking, removing, appointing (SPEC D6)', () => {
  it('a device is blocked by an admin or by its own person, once', () => {
    const log = town('b', 'c');
    expect(log.block('b', 'c')).toBe(false);
    expect(log.block('b', 'b')).toBe(true);
    expect(log.block('a', 'b')).toBe(false);
    expect(log.block('a', 'c')).toBe(true);
    expect(log.block('a', '9')).toBe(false);
  });

  it('a person is removed by an admin or by itself, with all devices', () => {
    const log = town('b', 'c');
    expect(log.remove('b', 'c')).toBe(false);
    expect(log.remove('c', 'c')).toBe(true);
    const at = log.seq;
    expect(log.directory.persons[person('c')]?.to).toBe(at);
    expect(log.directory.devices[deviceId('c')]?.to).toBe(at);
    expect(log.remove('a', 'c')).toBe(false);
    expect(log.remove('a', 'b')).toBe(true);
    expect(log.remove('a', '9')).toBe(false);
  });

  it('admins appoint and dismiss admins, and nobody else does', () => {
    const log = town('b', 'c');
    expect(log.appoint('b', 'b')).toBe(false);
    expect(log.appoint('a', 'b')).toBe(true);
    expect(log.appoint('a', 'b')).toBe(false);
    expect(log.appoint('a', 'c', false)).toBe(false);
    expect(log.appoint('b', 'a', false)).toBe(true);
    expect(log.appoint('a', 'c')).toBe(false);
    log.remove('b', 'c');
    expect(log.appoint('b', 'c')).toBe(false);
  });

  it('the last admin cannot be dismissed, removed or blocked, not even by itself', () => {
    const log = town('b');
    expect(log.appoint('a', 'a', false)).toBe(false);
    expect(log.remove('a', 'a')).toBe(false);
    expect(log.block('a', 'a')).toBe(false);
    log.appoint('a', 'b');
    expect(log.block('a', 'a')).toBe(true);
    // a is admin still, but without a device: b is the last who can act.
    expect(log.appoint('b', 'b', false)).toBe(false);
    expect(log.remove('b', 'b')).toBe(false);
    expect(log.block('b', 'b')).toBe(false);
    // Whoever has no device can go.
    expect(log.appoint('b', 'a', false)).toBe(true);
  });

  it('whoever is not admin goes however few admins there are', () => {
    const log = town('b');
    expect(log.block('b', 'b')).toBe(true);
    expect(log.remove('a', 'b')).toBe(true);
  });
});

describe('authors (SPEC D2)', () => {
  it('that are unknown, blocked or removed have no effect, whatever they ask', () => {
    const log = town('b', 'c');
    log.appoint('a', 'b');
    log.appoint('a', 'c');
    log.block('a', 'b');
    log.remove('a', 'c');
    for (const author of ['b', 'c', '9']) {
      expect(log.invite(author, 1, '5'), author).toBe(false);
      expect(log.admit(author, '5'), author).toBe(false);
      expect(log.rename(author, author, 'Neu'), author).toBe(false);
      expect(log.appoint(author, 'a', false), author).toBe(false);
      expect(log.block(author, 'a'), author).toBe(false);
      expect(log.remove(author, author), author).toBe(false);
      expect(log.claim(author, author, 'a', '1'), author).toBe(false);
      expect(log.by(author, { kind: 'town-package', keyPackage: Uint8Array.of(1) }), author).toBe(false);
    }
  });

  it('say other things without effect on the directory', () => {
    const log = town();
    const bodies: readonly EntryBody[] = [
      { kind: 'text', text: 'x' },
      { kind: 'void' },
      { kind: 'unknown' },
      { kind: 'title', title: 'x' },
      { kind: 'roster', add: [person('a')], remove: [] },
      { kind: 'founded', persons: [] },
    ];
    for (const body of bodies) expect(log.by('a', body)).toBe(false);
  });
});

describe('the look (SPEC D9)', () => {
  it('a look needs an admin (D9), and each replaces the one before', () => {
    const log = town('b');
    expect(log.directory.look).toBeUndefined();
    expect(log.by('b', { kind: 'town-look', accent: '#8a1220' })).toBe(false);
    expect(log.by('a', { kind: 'town-look', accent: '#0a5c2f' })).toBe(true);
    expect(log.directory.look).toEqual({ accent: '#0a5c2f' });
    expect(log.by('a', { kind: 'town-look', arms: b32(7) })).toBe(true);
    expect(log.directory.look).toEqual({ arms: b32(7) });
    expect(log.by('a', { kind: 'town-look' })).toBe(true);
    expect(log.directory.look).toEqual({});
  });
});

describe('a directory that is handed to who comes back (SPEC B6)', () => {
  const claimed = (continued: Directory['continued'], now: string): Directory => ({
    ...EMPTY_DIRECTORY,
    claims: { [pairKey(person('a'), person('b'))]: log(now) },
    ...(continued !== undefined && { continued }),
  });
  const onward = (from: string, to: string) => ({
    [log(from)]: { log: log(to), by: person('a'), generation: 1 },
  });
  const known = claimed(undefined, '1');

  it('may lead a pair’s claim on to the log that continues it (SPEC Q7)', () => {
    expect(isLaterDirectory(known, claimed(undefined, '1'))).toBe(true);
    expect(isLaterDirectory(known, claimed(onward('1', '2'), '2'))).toBe(true);
    expect(isLaterDirectory(known, claimed({ ...onward('1', '2'), ...onward('2', '3') }, '3'))).toBe(true);
  });

  it('may not give the pair another log', () => {
    expect(isLaterDirectory(known, claimed(undefined, '2'))).toBe(false);
    expect(isLaterDirectory(known, claimed(onward('4', '2'), '2'))).toBe(false);
    expect(isLaterDirectory(known, claimed({ ...onward('1', '2'), ...onward('2', '1') }, '3'))).toBe(false);
    expect(isLaterDirectory(known, EMPTY_DIRECTORY)).toBe(false);
  });
});

describe('claims (SPEC D7)', () => {
  it('the first of a pair wins for ever, whoever of the two made it, in whichever order', () => {
    const log = town('b', 'c');
    expect(log.claim('b', 'b', 'a', '1')).toBe(true);
    expect(log.claim('a', 'a', 'b', '2')).toBe(false);
    expect(log.claim('a', 'b', 'a', '3')).toBe(false);
    expect(log.directory.claims).toEqual({ [pairKey(person('a'), person('b'))]: '1'.repeat(64) });
    expect(pairKey(person('b'), person('a'))).toBe(pairKey(person('a'), person('b')));
  });

  it('of others are none, admins’ included', () => {
    const log = town('b', 'c');
    expect(log.claim('a', 'b', 'c', '1')).toBe(false);
    expect(log.claim('c', 'a', 'b', '1')).toBe(false);
    expect(log.directory.claims).toEqual({});
  });
});

describe('positions (SPEC D1, D8)', () => {
  it('what held at a past seq holds there for ever: from inclusive, to exclusive', () => {
    const log = town('b');
    const joined = log.seq;
    log.appoint('a', 'b');
    const appointed = log.seq;
    log.appoint('a', 'b', false);
    const dismissed = log.seq;
    log.appoint('a', 'b');
    const again = log.seq;
    log.remove('a', 'b');
    const removed = log.seq;
    const { directory } = log;
    const holds = (seq: number) => devicesOfAt(directory, person('b'), seq).length === 1;
    expect([joined - 1, joined, removed - 1, removed, removed + 9].map(holds)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    const admin = (seq: number) => isAdminAt(directory, person('b'), seq);
    expect(
      [joined, appointed, dismissed, again, removed - 1, removed].map(admin),
      'joined, appointed, dismissed, appointed again, last moment, removed',
    ).toEqual([false, true, false, true, true, false]);
    expect(allDevicesAt(directory, removed).map(({ facts }) => facts.id)).toEqual([deviceId('a')]);
    expect(allDevicesAt(directory, removed - 1)).toHaveLength(2);
  });

  it('a device keeps its person after everything', () => {
    const log = town('b');
    log.remove('a', 'b');
    expect(personOfDevice(log.directory, deviceId('b'))).toBe(person('b'));
    expect(personOfDevice(log.directory, deviceId('9'))).toBeUndefined();
  });

  it('a person who is unknown has neither devices nor rights', () => {
    const { directory } = town();
    expect(devicesOfAt(directory, person('9'), 5)).toEqual([]);
    expect(isAdminAt(directory, person('9'), 5)).toBe(false);
  });
});

describe('any history', () => {
  const digit = fc.constantFrom('a', 'b', 'c', 'd', '1');
  const step = fc.oneof(
    fc.record({
      act: fc.constantFrom('appoint', 'dismiss', 'block', 'remove', 'admit', 'claim'),
      by: digit,
      on: digit,
    }),
  );

  it('keeps an admin with a device, deletes nothing, and answers the same about the past (D1, D6, D8)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = town('b', 'c');
        const pasts: string[] = [];
        const factsAt = (seq: number): string =>
          JSON.stringify([
            allDevicesAt(log.directory, seq).map(({ facts }) => facts.id),
            ['a', 'b', 'c', 'd', '1'].map((one) => isAdminAt(log.directory, person(one), seq)),
          ]);
        for (const { act, by, on } of steps) {
          const before = log.directory;
          if (act === 'appoint' || act === 'dismiss') log.appoint(by, on, act === 'appoint');
          if (act === 'block') log.block(by, on);
          if (act === 'remove') log.remove(by, on);
          if (act === 'admit') log.admit(by, on);
          if (act === 'claim') log.claim(by, by, on, on);
          const { directory, seq } = log;
          expect(Object.keys(directory.devices)).toEqual(expect.arrayContaining(Object.keys(before.devices)));
          expect(Object.keys(directory.persons)).toEqual(expect.arrayContaining(Object.keys(before.persons)));
          expect(directory.claims).toMatchObject(before.claims);
          const admins = Object.values(directory.persons).filter(
            (one) => isAdminAt(directory, one.id, seq) && devicesOfAt(directory, one.id, seq).length > 0,
          );
          expect(admins.length).toBeGreaterThan(0);
          for (const [index, past] of pasts.entries()) expect(factsAt(index + 5)).toBe(past);
          pasts.push(factsAt(seq));
          expect(pasts).toHaveLength(seq - 4);
        }
      }),
      { numRuns: 150 },
    );
  });
});
