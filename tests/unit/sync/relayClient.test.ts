import { beforeEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import type { Network, SocketEvents } from '../../../src/lib/services';
import {
  appendResult,
  doneResult,
  encodeFrame,
  OP,
  parseRequest,
  REPLY,
  type ReplyFrame,
  type RequestFrame,
} from '../../../src/protocol/frames';
import { RelayClient, type RelayState } from '../../../src/sync/relayClient';
import { settle, StandingClock } from './standingClock';

/** The relay's end of one connection. */
class Line {
  readonly events: SocketEvents;
  readonly received: RequestFrame[] = [];
  isClosed = false;

  constructor(events: SocketEvents) {
    this.events = events;
  }

  async say(frame: ReplyFrame): Promise<void> {
    await this.sayBytes(encodeFrame(frame));
  }
  async sayBytes(bytes: Uint8Array): Promise<void> {
    this.events.onFrame(bytes);
    await settle();
  }
  async hello(): Promise<void> {
    await this.say([REPLY.hello, 1, NONCE, INCARNATION, 77]);
  }
  /** Hello, and yes to the auth that follows. */
  async admit(): Promise<void> {
    await this.hello();
    await this.say([REPLY.ok, this.last[1], true]);
  }
  async drop(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.events.onClose();
    }
    await settle();
  }
  get last(): RequestFrame {
    const frame = this.received.at(-1);
    if (frame === undefined) throw new Error('nothing was asked');
    return frame;
  }
}

const NONCE = new Uint8Array(32).fill(4);
const INCARNATION = new Uint8Array(16).fill(5);
const LOG = new Uint8Array(32).fill(6);

let clock: StandingClock;
let lines: Line[];
let states: RelayState[];
let heard: unknown[][];
let client: RelayClient;

beforeEach(() => {
  clock = new StandingClock();
  lines = [];
  states = [];
  heard = [];
  const network: Network = {
    connect: (_address, events) => {
      const line = new Line(events);
      lines.push(line);
      return {
        send: (bytes) => {
          const frame = parseRequest(bytes);
          if (!frame.ok) throw new Error('the client sends frames');
          line.received.push(frame.value);
        },
        // As a real socket: closed now, told later.
        close: () => setImmediate(() => void line.drop()),
      };
    },
  };
  const credentials = {
    relayKey: new Uint8Array(32).fill(1),
    sign: (nonce: Bytes) => Promise.resolve(new Uint8Array(64).fill(nonce[0] ?? 0)),
  };
  client = new RelayClient({ network, clock }, 'wss://relay.test', credentials, {
    onState: (state) => states.push(state),
    onOnline: (...what) => heard.push(['online', ...what]),
    onVersion: (...what) => heard.push(['version', ...what]),
    onNews: (...what) => heard.push(['news', ...what]),
    onSlot: (...what) => heard.push(['slot', ...what]),
    onCast: (...what) => heard.push(['cast', ...what]),
    onClosed: (...what) => heard.push(['closed', ...what]),
  });
});

function line(): Line {
  const last = lines.at(-1);
  if (last === undefined) throw new Error('no connection');
  return last;
}

async function online(): Promise<void> {
  client.start();
  await line().admit();
}

const close = () => client.request([OP.close, LOG, LOG], doneResult);
const offline = { ok: false, error: { type: 'offline', then: 'retry' } };

describe('coming online (SPEC F1, F2)', () => {
  it('says that a relay speaks a later version, whatever else its hello carries, and signs nothing', async () => {
    client.start();
    await line().sayBytes(encodeCbor([REPLY.hello, 2, 'something else', { of: 'later' }, 1, 2]));
    expect(heard).toEqual([['version', 2]]);
    expect(line().received).toEqual([]);
    expect(line().isClosed).toBe(true);
    expect(client.isOnline).toBe(false);
    await clock.pass(500);
    await line().admit();
    expect(client.isOnline).toBe(true);
  });

  it('answers the hello with the signed nonce, and is online with the relay’s yes', async () => {
    client.start();
    await line().hello();
    expect(line().last).toEqual([OP.auth, 1, new Uint8Array(32).fill(1), new Uint8Array(64).fill(4)]);
    expect(client.isOnline).toBe(false);
    await line().say([REPLY.ok, 1, true]);
    expect(client.isOnline).toBe(true);
    expect(heard).toEqual([['online', INCARNATION, 77]]);
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'online']);
  });

  it('ends the connection when the relay says no, and tries again later', async () => {
    client.start();
    await line().hello();
    await line().say([REPLY.refused, 1, 'bad-auth', 0]);
    await settle();
    expect(line().isClosed).toBe(true);
    expect(client.isOnline).toBe(false);
    expect(heard).toEqual([]);
    await clock.pass(500);
    expect(lines).toHaveLength(2);
  });

  it('does not answer on a connection that has gone', async () => {
    client.start();
    const first = line();
    first.events.onFrame(encodeFrame([REPLY.hello, 1, NONCE, INCARNATION, 77]));
    first.events.onClose();
    await settle();
    expect(first.received).toEqual([]);
    expect(client.isOnline).toBe(false);
  });

  it('gives up a deaf address after 20 s', async () => {
    client.start();
    await clock.pass(19_999);
    expect(line().isClosed).toBe(false);
    await clock.pass(1);
    expect(lines[0]?.isClosed).toBe(true);
    expect(states.at(-1)?.state).toBe('offline');
  });
});

describe('requests (SPEC R1)', () => {
  it('get the reply of their number, whatever the order', async () => {
    await online();
    const [one, two, three] = [close(), close(), client.request([OP.append, LOG, LOG, 0, []], appendResult)];
    await settle();
    const [a, b, c] = line()
      .received.slice(1)
      .map((frame) => frame[1]) as [number, number, number];
    expect(new Set([a, b, c]).size).toBe(3);
    await line().say([REPLY.ok, c, [[[5, 6]], null]]);
    await line().say([REPLY.refused, b, 'rate', 250]);
    await line().say([REPLY.ok, a, true]);
    expect(await one).toEqual({ ok: true, value: true });
    expect(await two).toEqual({ ok: false, error: { type: 'rate', then: 'retry', number: 250 } });
    expect(await three).toEqual({ ok: true, value: [[[5, 6]], null] });
  });

  it('are settled once: a second or a foreign reply changes nothing', async () => {
    await online();
    const answer = close();
    await settle();
    const number = line().last[1];
    await line().say([REPLY.ok, 99_999, true]);
    await line().say([REPLY.ok, number, true]);
    await line().say([REPLY.refused, number, 'closed', 0]);
    expect(await answer).toEqual({ ok: true, value: true });
    expect(client.isOnline).toBe(true);
  });

  it('whose result is of another form are malformed, and the connection stays', async () => {
    await online();
    const answer = client.request([OP.append, LOG, LOG, 0, []], appendResult);
    await settle();
    await line().say([REPLY.ok, line().last[1], true]);
    expect(await answer).toMatchObject({ ok: false, error: { type: 'malformed', then: 'retry' } });
    expect(client.isOnline).toBe(true);
  });

  it('are all offline when the connection goes', async () => {
    await online();
    const answers = [close(), close()];
    await line().drop();
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject(offline);
  });

  it('are offline at once while there is no connection, or none that is authenticated', async () => {
    expect(await close()).toMatchObject(offline);
    client.start();
    await line().hello();
    expect(await close()).toMatchObject(offline);
    expect(line().received).toHaveLength(1);
  });

  it('without an answer for 20 s end the connection', async () => {
    await online();
    const answer = close();
    await clock.pass(20_000);
    await settle();
    expect(await answer).toMatchObject(offline);
    expect(lines[0]?.isClosed).toBe(true);
  });

  it('are not answered by what an earlier connection says late', async () => {
    await online();
    const old = line();
    const lost = close();
    await settle();
    const number = old.last[1];
    await old.drop();
    expect(await lost).toMatchObject(offline);
    await clock.pass(500);
    await line().admit();
    let isAnswered = false;
    const answer = close().then((result) => {
      isAnswered = true;
      return result;
    });
    await settle();
    expect(line().last[1]).not.toBe(number);
    await old.say([REPLY.ok, line().last[1], true]);
    await old.say([REPLY.news, LOG, [], 0]);
    expect(isAnswered).toBe(false);
    expect(heard.filter(([what]) => what === 'news')).toEqual([]);
    await line().say([REPLY.ok, number, true]);
    expect(isAnswered).toBe(false);
    await line().say([REPLY.ok, line().last[1], true]);
    expect(await answer).toEqual({ ok: true, value: true });
  });

  it('leave no timer behind', async () => {
    await online();
    const before = clock.waiting;
    const answer = close();
    await settle();
    await line().say([REPLY.ok, line().last[1], true]);
    await answer;
    expect(clock.waiting).toBe(before);
    client.stop();
    await settle();
    expect(clock.waiting).toBe(0);
  });
});

describe('pushes (SPEC F4)', () => {
  it('are told by the name of their log', async () => {
    await online();
    heard.length = 0;
    const bytes = new Uint8Array(3);
    const slot = new Uint8Array(16);
    await line().say([REPLY.news, LOG, [[1, 2, new Uint8Array(8), bytes]], 0]);
    await line().say([REPLY.slot, LOG, 4, slot, bytes]);
    await line().say([REPLY.cast, LOG, bytes]);
    await line().say([REPLY.closed, LOG]);
    const name = '06'.repeat(32);
    expect(heard).toEqual([
      ['news', name, [[1, 2, new Uint8Array(8), bytes]], 0],
      ['slot', name, 4, slot, bytes],
      ['cast', name, bytes],
      ['closed', name],
    ]);
  });
});

describe('a frame that does not parse (SPEC R3)', () => {
  it.each([
    ['rubbish', Uint8Array.of(0xff, 1, 2)],
    ['nothing', new Uint8Array(0)],
    ['an unknown code', encodeFrame([199, 1] as unknown as ReplyFrame)],
    ['a request', encodeFrame([OP.token, 1])],
    ['another hello', encodeFrame([REPLY.hello, 1, NONCE, INCARNATION, 78])],
  ])('ends the connection: %s', async (_, bytes) => {
    await online();
    const answer = close();
    await line().sayBytes(bytes);
    await settle();
    expect(lines[0]?.isClosed).toBe(true);
    expect(await answer).toMatchObject(offline);
    await clock.pass(500);
    expect(lines).toHaveLength(2);
  });
});

describe('the hello (SPEC F1)', () => {
  it.each([
    ['news', encodeFrame([REPLY.news, LOG, [], 0])],
    ['a reply', encodeFrame([REPLY.ok, 1, true])],
  ])('is the first frame: %s before it ends the connection', async (_, bytes) => {
    client.start();
    await line().sayBytes(bytes);
    await settle();
    expect(heard).toEqual([]);
    expect(lines[0]?.isClosed).toBe(true);
  });
});

describe('waiting between tries (SPEC R2)', () => {
  async function failOnce(): Promise<number> {
    await line().drop();
    const state = states.at(-1);
    if (state?.state !== 'offline') throw new Error('offline');
    return state.nextTryAt - clock.now();
  }

  it('grows from half a second to half a minute', async () => {
    client.start();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const wait = await failOnce();
      waits.push(wait);
      await clock.pass(wait - 1);
      expect(lines).toHaveLength(i + 1);
      await clock.pass(1);
      expect(lines).toHaveLength(i + 2);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins anew once one was online', async () => {
    client.start();
    for (let i = 0; i < 3; i++) await clock.pass(await failOnce());
    await line().admit();
    expect(await failOnce()).toBe(500);
  });

  it('is skipped by connectNow, and begins anew', async () => {
    client.start();
    for (let i = 0; i < 4; i++) await clock.pass(await failOnce());
    await failOnce();
    const before = lines.length;
    client.connectNow();
    expect(lines).toHaveLength(before + 1);
    expect(await failOnce()).toBe(500);
    // No second attempt comes from the wait that was skipped.
    await clock.pass(499);
    expect(lines).toHaveLength(before + 1);
  });

  it('tells since when one is offline', async () => {
    await online();
    await clock.pass(700);
    await failOnce();
    const since = clock.now();
    await clock.pass(500);
    expect(states.at(-1)).toEqual({ state: 'connecting', since });
    await failOnce();
    expect(states.at(-1)).toMatchObject({ state: 'offline', since });
  });

  it('ends with stop, and connectNow does not wake what was stopped', async () => {
    client.start();
    await failOnce();
    client.stop();
    client.connectNow();
    await clock.pass(100_000);
    expect(lines).toHaveLength(1);
  });
});

describe('stopped and started again', () => {
  it('stays online though the old connection closes late', async () => {
    await online();
    client.stop();
    client.start();
    await lines[1]?.admit();
    await settle();
    await settle();
    expect(lines[0]?.isClosed).toBe(true);
    expect(client.isOnline).toBe(true);
    expect(states.at(-1)).toEqual({ state: 'online' });
    await clock.pass(1_000);
    expect(lines).toHaveLength(2);
  });

  it('has one connection, however often it is started', () => {
    client.start();
    client.start();
    expect(lines).toHaveLength(1);
  });
});

describe('a quiet connection (SPEC R2)', () => {
  it('a clock that was set, or a night asleep, begins another connection', async () => {
    await online();
    await clock.pass(20_000);
    clock.skew = 3_600_000;
    await clock.pass(5_000);
    expect(line().isClosed).toBe(true);
  });

  it('is asked every 25 s, and ends when it does not answer', async () => {
    await online();
    await clock.pass(25_000);
    expect(line().last).toEqual([OP.unwatch, expect.any(Number), []]);
    await line().say([REPLY.ok, line().last[1], true]);
    await clock.pass(25_000);
    expect(line().received).toHaveLength(3);
    await clock.pass(20_000);
    await settle();
    expect(lines[0]?.isClosed).toBe(true);
  });

  it('is asked at once by connectNow', async () => {
    await online();
    client.connectNow();
    expect(line().last[0]).toBe(OP.unwatch);
    expect(lines).toHaveLength(1);
  });
});

describe('reconnect', () => {
  it('begins another connection at once, though the old one closes slowly', async () => {
    await online();
    client.reconnect();
    await settle();
    await settle();
    expect(lines).toHaveLength(2);
    expect(lines[0]?.isClosed).toBe(true);
    await line().admit();
    expect(client.isOnline).toBe(true);
  });

  it('skips the wait when there is none', async () => {
    client.start();
    await line().drop();
    client.reconnect();
    expect(lines).toHaveLength(2);
  });
});

describe('telling', () => {
  it('waits for nothing, and says nothing while offline', async () => {
    client.tell([OP.unwatch, [LOG]]);
    await online();
    client.tell([OP.unwatch, [LOG]]);
    expect(line().received.filter(([code]) => code === OP.unwatch)).toHaveLength(1);
  });
});
