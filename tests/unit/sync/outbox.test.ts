/** What a runner owes to its disk and to the relay, one promise after the other. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../src/lib/bytes';
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

describe('a relay that has something else where we have read on', () => {
  async function readOn(): Promise<RunnerBench> {
    for (let i = 0; i < 3; i++) await party.say(1, group, `Zeile ${i}`);
    const progress = { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000 };
    const read = await party.ingest(0, party.stateOf(group, { progress }), party.stored);
    return RunnerBench.of(party, read.state);
  }

  it('names a commit there: our place is lost (SPEC S2, B1)', async () => {
    const here = await readOn();
    here.answers = (request) => (request[0] === OP.append ? yes([[], ['stale', 2]]) : undefined);
    say(here, 'eins');
    await here.poke();
    await here.rest();
    expect(here.runner.state.progress.trouble).toBe('needs-reentry');
    expect(here.of(OP.append)).toHaveLength(1);
  });

  it('has our entries there: that is seen, and they leave again, later each time (SPEC E7, S4)', async () => {
    const here = await readOn();
    here.answers = (request) => (request[0] === OP.append ? yes([[[2, 1]], null]) : undefined);
    say(here, 'eins');
    await here.poke();
    expect(here.runner.state.progress.trouble).toBe('forked');
    const counts = [here.of(OP.append).length];
    for (const ms of [500, 1_000, 1_999, 1]) {
      await here.pass(ms);
      counts.push(here.of(OP.append).length);
    }
    expect(counts).toEqual([1, 2, 3, 3, 4]);
  });
});

describe('a relay that asks to be left alone for years (SPEC S3)', () => {
  it('is asked again after five minutes', async () => {
    const here = await bench();
    here.answers = (request) =>
      request[0] === OP.append ? no('rate', 'retry', Number.MAX_SAFE_INTEGER) : undefined;
    say(here, 'eins');
    await here.poke();
    await here.pass(5 * 60_000 - 1);
    expect(here.of(OP.append)).toHaveLength(1);
    await here.pass(1);
    expect(here.of(OP.append)).toHaveLength(2);
  });
});

describe('a town in which others seem to have gone on (SPEC B1)', () => {
  it('is told by a receipt that the epoch is alive, and otherwise by none', async () => {
    for (const suspect of [undefined, { commit: 1, seq: 2 }]) {
      const progress = { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000, cursor: 2, suspect };
      const state = party.stateOf(group, { progress });
      const here = await RunnerBench.of(party, { ...state, core: { ...state.core, kind: 'town' } });
      await here.poke();
      await here.pass(150);
      expect(here.of(OP.put)).toHaveLength(suspect === undefined ? 0 : 1);
    }
  });
});

describe('receipts of others (SPEC A3)', () => {
  /** With five envelopes read, by member 0. */
  async function reading(): Promise<{ here: RunnerBench; told: Tell; links: readonly Bytes[] }> {
    const links: Bytes[] = [];
    for (let i = 0; i < 5; i++) {
      await party.say(1, group, `Zeile ${i}`);
      links.push(party.chain);
    }
    const progress = { ...FRESH_PROGRESS, isCreated: true, leafRenewedAt: 1_000 };
    const read = await party.ingest(0, party.stateOf(group, { progress }), party.stored);
    const here = await RunnerBench.of(party, read.state);
    const { device, test } = party.member(1);
    const told: Tell = async (number, delivered, read, chain) => {
      const receipt = { device, delivered, read, chain };
      here.runner.slot(number, await sealReceipt(party.log, group, test.self.signatureSecret, receipt));
      await here.rest();
      await settle();
    };
    return { here, told, links };
  }
  type Tell = (number: number, delivered: number, read: number, chain: Bytes) => Promise<void>;
  const receiptsOf = (here: RunnerBench) => here.runner.state.progress.receipts[party.member(1).device];

  it('only grow, each number by itself (SPEC A3)', async () => {
    const { here, told, links } = await reading();
    await told(1, 4, 2, links[3]!);
    await told(2, 3, 3, links[2]!);
    await told(3, 1, 1, links[0]!);
    expect(receiptsOf(here)).toEqual([4, 3]);
    expect(here.runner.state.progress.putCursor).toBe(3);
    await told(4, 5, 5, links[4]!);
    expect((await here.fromDisk<Progress>('progress'))?.receipts[party.member(1).device]).toEqual([5, 5]);
  });

  it('of another history deliver nothing, and are seen as one (SPEC A2, E7)', async () => {
    const { here, told, links } = await reading();
    await told(1, 5, 5, links[3]!);
    expect(receiptsOf(here)).toBeUndefined();
    expect(here.runner.state.progress).toMatchObject({
      trouble: 'forked',
      fork: { seq: 5, against: [party.member(1).device] },
    });
    await told(2, 4, 4, links[3]!);
    expect(receiptsOf(here)).toEqual([4, 4]);
  });

  it('that name a place further on wait until it is reached (SPEC A2)', async () => {
    const { here, told, links } = await reading();
    const next = await party.say(1, group, 'danach');
    await told(3, 6, 6, party.chain);
    expect(receiptsOf(here)).toBeUndefined();
    expect(here.runner.state.progress.putCursor).toBe(2);
    await told(4, 5, 1, links[4]!);
    expect(receiptsOf(here)).toEqual([5, 1]);
    here.runner.news([next]);
    await here.rest();
    await settle();
    expect(receiptsOf(here)).toEqual([6, 6]);
    expect(here.runner.state.progress.putCursor).toBe(4);
  });
});
