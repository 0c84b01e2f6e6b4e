/** What a runner owes to its disk and to the relay, one promise after the other. */
import { beforeEach, describe, expect, it } from 'vitest';
import { OP } from '../../../src/protocol/frames';
import type { Flight, FollowUps, Progress } from '../../../src/records/logRecords';
import { sealReceipt } from '../../../src/sync/receipts';
import { FRESH_PROGRESS, type Group } from '../../../src/sync/logState';
import { Party } from './party';
import { no, RunnerBench, yes } from './runnerBench';
import { settle } from './standingClock';

let party: Party;
let group: Group;
beforeEach(async () => {
  party = await Party.of('an outbox', 3);
  group = (await party.groups(3))[0]!;
});

function bench(followUps: FollowUps = { mails: [] }): Promise<RunnerBench> {
  const progress = { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000 };
  return RunnerBench.of(party, party.stateOf(group, { progress, followUps }));
}

function say({ waiting }: RunnerBench, text: string): void {
  waiting.push({ number: waiting.length + 1, intent: party.intent({ kind: 'text', text }) });
}

const offline = () => no('offline', 'retry');

describe('a flight (SPEC O3)', () => {
  it('is on the disk with its counters before its first byte leaves', async () => {
    const here = await bench();
    const onDisk: unknown[] = [];
    let looked = Promise.resolve();
    here.answers = (request) => {
      if (request[0] !== OP.append) return undefined;
      looked = (async () => {
        const [flight, progress] = [
          await here.fromDisk<Flight>('flight'),
          await here.fromDisk<Progress>('progress'),
        ];
        onDisk.push([
          flight?.envelopes.map(({ bytes }) => bytes),
          progress?.nextCounter,
          here.store.unsynced,
        ]);
      })();
      return offline();
    };
    say(here, 'eins');
    await here.poke();
    await looked;
    const [append] = here.of(OP.append);
    // Strict: nothing of it could be lost by a crash now.
    expect(onDisk).toEqual([[append?.[4], 2, 0]]);
  });

  it('leaves again with the same bytes until the log shows it', async () => {
    const here = await bench();
    let tries = 0;
    here.answers = (request) =>
      request[0] === OP.append && ++tries < 4 ? no('busy', 'retry', 1_000) : undefined;
    say(here, 'eins');
    await here.poke();
    for (let i = 0; i < 5; i++) await here.pass(40_000);
    const sent = here.of(OP.append).map((request) => request[4]);
    expect(sent).toHaveLength(4);
    for (const bytes of sent) expect(bytes).toEqual(sent[0]);
    expect(here.done).toEqual([1]);
    expect(here.runner.state.flight).toBeUndefined();
  });

  it('that does not get onto the disk does not leave', async () => {
    const here = await bench();
    say(here, 'eins');
    here.isFull = true;
    await here.poke();
    expect(here.of(OP.append)).toEqual([]);
    expect(here.failures).toContain('storage-full');
    expect(here.runner.state.progress.nextCounter).toBe(1);
    here.isFull = false;
    await here.pass(40_000);
    expect(here.done).toEqual([1]);
  });
});

describe('a batch that cannot be written (SPEC I6)', () => {
  it('has not happened: cursor, counters, rows and wishes are as before, and it is taken again', async () => {
    const here = await bench();
    const foreign = await party.say(1, group, 'von nebenan');
    const before = here.runner.state;
    here.isFull = true;
    here.runner.news([foreign]);
    await here.rest();
    expect(here.runner.state).toBe(before);
    expect(await here.fromDisk<Progress>('progress')).toMatchObject({ cursor: 0, counters: {} });
    here.isFull = false;
    here.stored.push(foreign);
    await here.pass(40_000);
    expect(here.runner.state.progress.cursor).toBe(1);
    expect(await here.fromDisk<Progress>('progress')).toMatchObject({ cursor: 1 });
    expect(here.runner.state.progress.counters).toEqual({ [party.member(1).device]: 1 });
  });
});

describe('stale (SPEC S2)', () => {
  it('that names nothing new is answered with a pause, not with haste', async () => {
    const here = await bench();
    here.answers = (request) => (request[0] === OP.append ? yes([[], ['stale', 0]]) : undefined);
    say(here, 'eins');
    await here.poke();
    const atOnce = here.of(OP.append).length;
    expect(atOnce).toBeLessThanOrEqual(2);
    await here.pass(60_000);
    expect(here.of(OP.append).length - atOnce).toBeLessThan(20);
    here.answers = () => undefined;
    await here.pass(60_000);
    expect(here.done).toEqual([1]);
  });

  it('means: read, then go on', async () => {
    const here = await bench();
    let isStale = true;
    here.answers = (request) => {
      if (request[0] !== OP.append || !isStale) return undefined;
      isStale = false;
      return yes([[], ['stale', 1]]);
    };
    const reads = here.of(OP.read).length;
    say(here, 'eins');
    await here.poke();
    await here.pass(10_000);
    expect(here.of(OP.read).length).toBeGreaterThan(reads);
    expect(here.done).toEqual([1]);
  });
});

describe('an acknowledgement (SPEC S4)', () => {
  it('above the relay’s head was none: the envelope flies again', async () => {
    const here = await bench();
    let isLying = true;
    here.answers = (request) => {
      if (request[0] !== OP.append || !isLying) return undefined;
      isLying = false;
      return yes([[[1, 1]], null]);
    };
    say(here, 'eins');
    await here.poke();
    await here.pass(60_000);
    const sent = here.of(OP.append).map((request) => request[4]);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(here.done).toEqual([1]);
  });
});

describe('mail (SPEC S5)', () => {
  it('is sent until it is acknowledged, and then no more', async () => {
    const mailbox = party.member(1).record.facts.mailbox;
    const here = await bench({ mails: [{ mailbox, envelope: new Uint8Array(40).fill(1) }] });
    let tries = 0;
    here.answers = (request) =>
      request[0] === OP.append ? (++tries < 3 ? no('busy', 'retry', 100) : yes([[[1, 1]], null])) : undefined;
    await here.poke();
    for (let i = 0; i < 4; i++) await here.pass(60_000);
    expect(tries).toBe(3);
    expect(here.runner.state.followUps.mails).toEqual([]);
    expect(await here.fromDisk<FollowUps>('followUps')).toEqual({ mails: [] });
  });
});

describe('receipts of others (SPEC A3)', () => {
  it('only grow, each number by itself', async () => {
    const here = await bench();
    const { device, test } = party.member(1);
    const told = async (number: number, delivered: number, read: number): Promise<void> => {
      const receipt = { device, delivered, read };
      const value = await sealReceipt(party.log, group, test.self.signatureSecret, receipt);
      here.runner.slot(number, value);
      await here.rest();
      await settle();
    };
    await told(1, 5, 3);
    await told(2, 4, 4);
    await told(3, 1, 1);
    expect(here.runner.state.progress.receipts[device]).toEqual([5, 4]);
    expect(here.runner.state.progress.putCursor).toBe(3);
    await told(4, 9, 9);
    expect((await here.fromDisk<Progress>('progress'))?.receipts[device]).toEqual([9, 9]);
  });
});
