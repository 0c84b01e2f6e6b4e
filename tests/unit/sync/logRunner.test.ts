import { beforeEach, describe, expect, it } from 'vitest';
import { returnKey } from '../../../src/domain/back';
import type { PersonId } from '../../../src/domain/ids';
import { OP } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { orderOf } from '../../../src/records/keys';
import { FRESH_PROGRESS, type Group } from '../../../src/sync/logState';
import { Party } from './party';
import { no, RunnerBench, yes } from './runnerBench';

let party: Party;
let group: Group;
beforeEach(async () => {
  party = await Party.of('a runner', 3);
  group = (await party.groups(3))[0]!;
});

function bench(progress: Partial<typeof FRESH_PROGRESS> = {}): Promise<RunnerBench> {
  return RunnerBench.of(
    party,
    party.stateOf(group, {
      progress: { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000, ...progress },
    }),
  );
}

function say({ waiting }: RunnerBench, text: string): void {
  waiting.push({ number: waiting.length + 1, intent: party.intent({ kind: 'text', text }) });
}

describe('an entry that no envelope can carry (SPEC O6)', () => {
  it('becomes a void one, is shown, and holds up nothing behind it', async () => {
    const here = await bench();
    const persons = Array.from({ length: 2_500 }, (_, i) => i.toString(16).padStart(32, '0') as PersonId);
    here.waiting.push({ number: 1, intent: party.intent({ kind: 'roster', add: persons, remove: [] }) });
    here.waiting.push({ number: 2, intent: party.intent({ kind: 'text', text: 'danach' }) });
    await here.poke();
    expect(here.runner.refusal).toBe('too-large');
    expect(here.done).toEqual([1, 2]);
    const { progress, fold } = here.runner.state;
    expect(progress.counters[party.member(0).device]).toBe(2);
    expect(fold).toEqual(party.stateOf(undefined).fold);
  });
});

describe('a clock that is set back', () => {
  it('does not make a wait of seconds last for years', async () => {
    const here = await bench();
    let isBusy = true;
    here.answers = (request) => (request[0] === OP.append && isBusy ? yes([[], ['busy', 1_000]]) : undefined);
    here.clock.skew = 3 * 365 * 86_400_000;
    say(here, 'eins');
    await here.poke();
    expect(here.of(OP.append)).toHaveLength(1);
    here.clock.skew = 0;
    isBusy = false;
    await here.pass(5_000);
    expect(here.done).toEqual([1]);
  });
});

describe('what the relay refuses for good (SPEC S3)', () => {
  for (const refusal of ['full', 'closed'] as const)
    it(`${refusal}: shown, asked again every half minute, and over when it is over`, async () => {
      const here = await bench();
      let isRefused = true;
      here.answers = (request) =>
        request[0] === OP.append && isRefused ? yes([[], [refusal, 0]]) : undefined;
      say(here, 'eins');
      await here.poke();
      expect(here.runner.refusal).toBe(refusal);
      expect(here.of(OP.append)).toHaveLength(1);
      await here.pass(29_000);
      expect(here.of(OP.append)).toHaveLength(1);
      isRefused = false;
      await here.pass(2_000);
      expect(here.of(OP.append)).toHaveLength(2);
      expect(here.done).toEqual([1]);
      expect(here.runner.refusal).toBeUndefined();
    });

  it('a log the relay does not let us watch any more is shown as such', async () => {
    const here = await bench();
    here.runner.unknownAtRelay();
    expect(here.runner.refusal).toBe('forbidden');
    here.runner.watched(0, []);
    expect(here.runner.refusal).toBeUndefined();
  });

  it('a frame it finds too large is not sent on and on', async () => {
    const here = await bench();
    here.answers = (request) => (request[0] === OP.append ? no('too-large', 'ignore') : undefined);
    say(here, 'eins');
    await here.poke();
    await here.pass(10_000);
    expect(here.of(OP.append)).toHaveLength(1);
    expect(here.runner.refusal).toBe('too-large');
  });
});

describe('a receipt (SPEC A4)', () => {
  it('that is refused holds up no message, and is tried again by itself', async () => {
    const here = await bench({ cursor: 5, lastOrder: orderOf(5, 0), readUpTo: orderOf(5, 0) });
    here.answers = (request) => (request[0] === OP.put ? no('busy', 'retry', 5_000) : undefined);
    await here.poke();
    await here.pass(150);
    expect(here.of(OP.put)).toHaveLength(1);
    say(here, 'eins');
    await here.poke();
    expect(here.of(OP.append)).toHaveLength(1);
    expect(here.of(OP.put)).toHaveLength(1);
    here.answers = () => undefined;
    await here.pass(5_000);
    expect(here.of(OP.put)).toHaveLength(2);
  });
});

describe('a read on a slow line (SPEC R4)', () => {
  it('asks for half after each one that did not come through, and grows back', async () => {
    const here = await bench();
    here.answers = (request) => (request[0] === OP.read ? no('offline', 'retry') : undefined);
    const wanted = () => here.of(OP.read).map((request) => (request[0] === OP.read ? request[4] : 0));
    for (let i = 0; i < 3; i++) {
      here.isOnline = true;
      here.runner.refresh();
      await here.rest();
    }
    const whole = LIMITS.readBytes;
    expect(wanted()).toEqual([whole, whole / 2, whole / 4]);
    here.answers = () => undefined;
    here.isOnline = true;
    for (let i = 0; i < 5; i++) {
      here.runner.refresh();
      await here.rest();
    }
    expect(wanted().slice(3)).toEqual([whole / 8, whole / 4, whole / 2, whole, whole]);
  });
});

describe('a newcomer that nobody can welcome any more (SPEC J6, G10)', () => {
  async function withOrphan(persons: readonly PersonId[]): Promise<RunnerBench> {
    const orphan = group.leaves.find(({ device }) => device === party.member(2).device)!;
    const open = { keyPackage: undefined, seq: 1, isOut: false };
    const here = await RunnerBench.of(
      party,
      party.stateOf(group, {
        progress: { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000 },
        fold: {
          type: 'conversation',
          conversation: party.conversation([...persons]),
          returns: { [returnKey(orphan)]: { at: 0, open } },
        },
      }),
    );
    say(here, 'eins');
    await here.poke();
    return here;
  }
  const all = () => [0, 1, 2].map((index) => party.member(index).person);

  it('is written to as a member while it may still show that it was let in', async () => {
    const here = await withOrphan(all());
    expect(here.of(OP.append)).toHaveLength(1);
    expect(here.done).toEqual([1]);
  });

  it('but nothing is sealed to it once it is to be put out', async () => {
    const here = await withOrphan(all().slice(0, 2));
    expect(here.of(OP.append)).toHaveLength(0);
    expect(here.done).toEqual([]);
  });
});

describe('a log that comes in several pages', () => {
  const HEAD = 4;
  const stored = (seq: number) => [seq, 1, new Uint8Array(8), new Uint8Array([1, 0, seq])] as const;

  /** One envelope a page. Answers what was asked for, and where the log stood then. */
  async function read(onAsk: (after: number, here: RunnerBench) => void = () => undefined) {
    const here = await bench();
    const asked: (readonly [after: number, cursor: number])[] = [];
    here.answers = (request) => {
      if (request[0] !== OP.read) return undefined;
      const after = request[3];
      asked.push([after, here.runner.state.progress.cursor]);
      onAsk(after, here);
      return yes([after < HEAD ? [stored(after + 1)] : [], HEAD, 1, 0]);
    };
    here.runner.refresh();
    await here.rest();
    return { here, asked };
  }

  it('has the next one on its way while one is taken in, and none asked for twice', async () => {
    const { here, asked } = await read();
    expect(here.runner.state.progress.cursor).toBe(HEAD);
    expect(asked.map(([after]) => after)).toEqual([0, 1, 2, 3]);
    expect(asked.slice(1).every(([after, cursor]) => cursor < after)).toBe(true);
  });

  it('after a connection that was lost in between asks anew, and takes nothing twice', async () => {
    let isLost = false;
    const { here, asked } = await read((after, bench) => {
      if (after !== 2 || isLost) return;
      isLost = true;
      bench.runner.disconnected();
      bench.runner.watched(HEAD, []);
    });
    await here.poke();
    expect(here.runner.state.progress.cursor).toBe(HEAD);
    expect(asked.map(([after]) => after).filter((after) => after === 2)).toHaveLength(2);
    expect(here.runner.isCatchingUp).toBe(false);
  });
});

describe('a fork that is seen in what others have seen (SPEC E7, S7)', () => {
  const forkOf = (against: readonly number[], agreeing: readonly number[]) => ({
    seq: 1,
    against: against.map((index) => party.member(index).device),
    agreeing: agreeing.map((index) => party.member(index).device),
  });

  it('of one against us and another stops nothing', async () => {
    const here = await bench({ trouble: 'forked', fork: forkOf([1], [2]) });
    say(here, 'eins');
    await here.poke();
    expect(here.of(OP.append)).toHaveLength(1);
  });

  it('of all others against us stops what we would say', async () => {
    const here = await bench({ trouble: 'forked', fork: forkOf([1, 2], []) });
    say(here, 'eins');
    await here.poke();
    await here.pass(60_000);
    expect(here.of(OP.append)).toHaveLength(0);
    expect(here.waiting[0]?.intent.counter).toBeUndefined();
  });
});
