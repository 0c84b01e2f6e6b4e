/** From one device's wish to another's knowledge, both online, durable at the relay and in both vaults. */
import { buildPages } from '../page/buildPages';
import { openBench } from '../page/openBench';
import { TestRelay } from '../../helpers/relay';
import { insist, type Row } from '../row';
import { median, percentile, short, spread } from '../stats';

const ROUNDS = 5;
const MESSAGES = 40;
const EVERY_MS = 60;

export const deliverRow: Row = {
  name: 'deliver',
  title: 'From A to B, both online',
  async run({ defer }) {
    const relay = await TestRelay.start({ main: await buildPages() });
    defer(() => relay.end());
    const anna = await openBench(relay.address);
    defer(() => anna.browser.end());
    const ben = await openBench(relay.address);
    defer(() => ben.browser.end());
    const token = /einrichten\/([\w-]+)/.exec(relay.setupLink ?? '')?.[1] ?? '';
    const link = await anna.page.evaluate(async (setupToken) => {
      await window.bench.open();
      await window.bench.found(setupToken, 'Rechenstadt', 'Anna');
      return window.bench.invite();
    }, token);
    await ben.page.evaluate(async (invitation) => {
      await window.bench.open();
      await window.bench.join(invitation, 'Ben');
    }, link);
    const from = await anna.page.evaluate(async () => {
      const other = (await window.bench.persons()).find(({ isMe }) => !isMe);
      if (other === undefined) throw new Error('nobody else');
      return window.bench.openDirect(other.id);
    });
    const to = await ben.page.evaluate(async () => Object.values(await window.bench.conversations(1))[0]);
    insist(to !== undefined, 'the conversation is at both');

    const waits: number[][] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const received = ben.page.evaluate(([number, count]) => window.bench.receiveStamped(number, count), [
        to,
        MESSAGES,
      ] as const);
      // A page does one thing after the other: when this is answered, it listens.
      await ben.page.evaluate(() => undefined);
      await anna.page.evaluate(
        ([number, count, everyMs]) => window.bench.sendStamped(number, count, everyMs),
        [from, MESSAGES, EVERY_MS] as const,
      );
      const ms = await received;
      insist(ms.length === MESSAGES, 'every message arrives once');
      if (round > 0) waits.push([...ms]); // the first round warms up
    }
    insist([...anna.browser.errors, ...ben.browser.errors].length === 0, 'no errors in the browsers');
    const late = median(waits.map((ms) => percentile(ms, 0.95)));
    return [
      {
        what: 'A wishes to send → B has it in a row of its vault, p50',
        ours: spread(waits.map(median), 'ms'),
        quoted: 'Evolu, not durable first: 10.9 ms',
        target: '≤0.5× Evolu',
        note: `p95 ${short(late)} ms; ${ROUNDS} rounds of ${MESSAGES}; two browsers, each with the real engine in its worker; strict at A, on disk at the relay, stored and read back at B; includes the sealing, two fsyncs and one observer at each end`,
      },
    ];
  },
};
