/** The stock provider over the sealed socket, on a clock that stands until it is moved. */
import { afterEach, describe, expect, test, vi } from 'vitest';

// y-websocket takes hold of Date.now when it is loaded.
vi.hoisted(() => vi.useFakeTimers());

import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { readPresence, setPresence } from '../../../src/crdt/boardPresence';
import { documentClientId } from '../../../src/crdt/documentClientId';
import { DOCUMENT_LIMITS } from '../../../src/crdt/documentLimits';
import { readBoard, setText, setTitle } from '../../../src/crdt/noticeBoard';
import type { SaveState } from '../../../src/crdt/outgoingUpdates';
import { readUpdate } from '../../../src/crdt/readUpdate';
import { SealedSocket } from '../../../src/crdt/sealedSocket';
import type { PersonId } from '../../../src/domain/ids';
import { copyBytes } from '../../../src/lib/bytes';
import { DOCUMENT, FakeTown, type FakeDevice } from './fakeTown';
import { contextFor, HOSTILE_CASES } from './hostileUpdates';

const person = (digit: string): PersonId => digit.repeat(32) as PersonId;

interface Bound {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly provider: WebsocketProvider;
  readonly socket: SealedSocket;
  readonly states: SaveState[];
  outdated: number;
}

const open: Bound[] = [];
afterEach(async () => {
  for (const { provider, socket, doc } of open.splice(0)) {
    await socket.close();
    provider.destroy();
    doc.destroy();
  }
});

async function bind(device: FakeDevice): Promise<Bound> {
  const session = device.town.random.bytes(16);
  const client = documentClientId(device.id, DOCUMENT, session);
  const doc = new Y.Doc();
  doc.clientID = client;
  const awareness = new Awareness(doc);
  awareness.setLocalState(null);
  const states: SaveState[] = [];
  const socket = new SealedSocket({
    channel: device.channel(),
    session,
    client,
    onSaveState: (state) => states.push(state),
    onOutdated: () => bound.outdated++,
    onLoadFailed: () => undefined,
  });
  const provider = new WebsocketProvider('sealed:', 'document', doc, {
    awareness,
    WebSocketPolyfill: socket.WebSocket,
    disableBc: true,
  });
  const bound: Bound = { doc, awareness, provider, socket, states, outdated: 0 };
  open.push(bound);
  await settle();
  return bound;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('sealed socket', () => {
  test('answers with what was accepted and what waits, and passes on what comes later', async () => {
    const town = new FakeTown('sync');
    const [a, b] = [town.addDevice(), town.addDevice()];
    const first = await bind(a);
    expect(first.provider.synced).toBe(true);
    setTitle(first.doc, 'Plan');
    await first.socket.flush();
    a.sync();
    setText(first.doc, 'wartet');
    await first.socket.flush();
    expect(a.waiting).toHaveLength(1);

    const second = await bind(a);
    expect(readBoard(second.doc)).toMatchObject({ title: 'Plan', text: 'wartet' });
    const remote = await bind(b);
    b.sync();
    a.sync();
    b.sync();
    expect(readBoard(remote.doc)).toEqual(readBoard(first.doc));
    expect(a.refusals).toEqual([]);
  });

  test('a burst of typing becomes one update, at the pause', async () => {
    const device = new FakeTown('pause').addDevice();
    const { doc, socket, states } = await bind(device);
    for (const letter of 'Dienstplan') {
      doc.getText('text').insert(doc.getText('text').length, letter);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(device.sent).toHaveLength(0);
    expect(socket.saveState.isSaved).toBe(false);
    await vi.advanceTimersByTimeAsync(300);
    expect(device.sent).toHaveLength(1);
    expect(states.map(({ isSaved }) => isSaved)).toEqual([false, true]);
    // One struct, not one per letter.
    const claim = readUpdate(device.sent[0] ?? new Uint8Array());
    expect(claim.ok && claim.value.structs.map(({ text }) => text)).toEqual(['Dienstplan']);
  });

  test('typing without a pause is saved meanwhile, and nothing echoes', async () => {
    const device = new FakeTown('endless').addDevice();
    const { doc } = await bind(device);
    for (let i = 0; i < 100; i++) {
      doc.getText('text').insert(i, 'x');
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(device.sent.length).toBeGreaterThan(3);
    expect(device.sent.length).toBeLessThan(15);
    device.sync();
    const sent = device.sent.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(device.sent).toHaveLength(sent);
    expect(device.canonical.readBoard().text).toBe('x'.repeat(100));
  });

  test('a failed save is repeated byte for byte, later edits behind it', async () => {
    const device = new FakeTown('failing').addDevice();
    const { doc, socket } = await bind(device);
    device.failure = { type: 'storage-full', then: 'stop' };
    setText(doc, 'eins');
    await socket.flush();
    expect(socket.saveState).toMatchObject({ isSaved: false, failure: { type: 'storage-full' } });
    setText(doc, 'eins zwei');
    device.failure = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(socket.saveState).toEqual({ isSaved: true, failure: undefined });
    expect(device.sent).toHaveLength(2);
    expect(device.tried[0]).toEqual(device.sent[0]);
    device.sync();
    expect(device.refusals).toEqual([]);
    expect(device.canonical.readBoard().text).toBe('eins zwei');
  });

  test('too much for one update goes out in several', async () => {
    const device = new FakeTown('large').addDevice();
    const bound = await bind(device);
    const { doc, socket } = bound;
    for (let i = 0; i < 30; i++) doc.getText('text').insert(0, `${i}`.repeat(4_000));
    await socket.flush();
    expect(device.sent.length).toBeGreaterThan(2);
    for (const update of device.sent) expect(update.length).toBeLessThanOrEqual(DOCUMENT_LIMITS.updateBytes);
    device.sync();
    expect(device.refusals).toEqual([]);
    expect(device.canonical.stateAsUpdate()).toEqual(Y.encodeStateAsUpdate(doc));
    expect(bound.outdated).toBe(0);
  });

  test('one transaction beyond every bound outdates the document', async () => {
    const device = new FakeTown('beyond').addDevice();
    const bound = await bind(device);
    bound.doc.getText('text').insert(0, 'x'.repeat(60_000));
    await bound.socket.flush();
    expect(bound.outdated).toBe(1);
    expect(device.sent).toEqual([]);
  });

  test("another session's structs are never sent", async () => {
    const device = new FakeTown('foreign').addDevice();
    const bound = await bind(device);
    const stranger = new Y.Doc();
    setText(stranger, 'fremd');
    Y.applyUpdate(bound.doc, Y.encodeStateAsUpdate(stranger));
    await bound.socket.flush();
    expect(device.sent).toEqual([]);
    expect(bound.outdated).toBe(1);
    stranger.destroy();
  });

  test('the provider never finds the socket silent', async () => {
    const device = new FakeTown('silence').addDevice();
    const { provider } = await bind(device);
    const closed = vi.fn();
    provider.on('connection-close', closed);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(closed).not.toHaveBeenCalled();
    expect(provider.synced).toBe(true);
  });

  test('after a sleep the provider connects anew, and what was typed in between is sent', async () => {
    const device = new FakeTown('sleep').addDevice();
    const { doc, provider, socket } = await bind(device);
    setText(doc, 'vorher');
    await socket.flush();
    // The clock jumps, timers stand still: the watchdog may run before the keep-alive.
    provider.ws?.close();
    provider.wsconnected = false;
    provider.ws = null;
    setText(doc, 'vorher nachher');
    await socket.flush();
    expect(device.sent).toHaveLength(1);
    provider.connect();
    await settle();
    await socket.flush();
    device.sync();
    expect(device.refusals).toEqual([]);
    expect(device.sent).toHaveLength(2);
    expect(device.canonical.readBoard().text).toBe('vorher nachher');
    // Not the whole document again.
    const claim = readUpdate(device.sent[1] ?? new Uint8Array());
    expect(claim.ok && claim.value.structs.map(({ text }) => text)).toEqual([' nachher']);
  });
});

describe('presence', () => {
  test('says person and field, to newcomers too, and goodbye', async () => {
    const town = new FakeTown('presence');
    const a = await bind(town.addDevice());
    setPresence(a.awareness, { person: person('a'), field: 'title' });
    await vi.advanceTimersByTimeAsync(2_000);
    const b = await bind(town.addDevice());
    expect(readPresence(b.awareness)).toEqual([]);
    setPresence(b.awareness, { person: person('b'), field: undefined });
    // Hearing of somebody new, the first one says again where it is.
    expect(readPresence(a.awareness)).toEqual([{ person: person('b'), field: undefined }]);
    expect(readPresence(b.awareness)).toEqual([{ person: person('a'), field: 'title' }]);
    a.awareness.setLocalState(null);
    expect(readPresence(b.awareness)).toEqual([]);
  });

  test('is sent at most once a second, the latest last', async () => {
    const town = new FakeTown('throttle');
    const a = await bind(town.addDevice());
    const device = town.addDevice();
    const b = await bind(device);
    const heard = vi.spyOn(device, 'receivePresence');
    for (let i = 0; i < 50; i++) {
      setPresence(a.awareness, { person: person('a'), field: `i${i}` });
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard.mock.calls.length).toBeLessThanOrEqual(3);
    expect(readPresence(b.awareness)).toEqual([{ person: person('a'), field: 'i49' }]);
    // And goes on being said, so that it does not fade.
    await vi.advanceTimersByTimeAsync(120_000);
    expect(readPresence(b.awareness)).toEqual([{ person: person('a'), field: 'i49' }]);
  });

  test('nobody speaks for this client, says more than person and field, or floods', async () => {
    const town = new FakeTown('hostile presence');
    const device = town.addDevice();
    const { awareness, doc } = await bind(device);
    setPresence(awareness, { person: person('a'), field: 'title' });
    const forge = (client: number, state: Record<string, unknown>): void => {
      const other = new Y.Doc();
      other.clientID = client;
      const forged = new Awareness(other);
      for (let i = 0; i < 5; i++) forged.setLocalState(state);
      device.receivePresence(copyBytes(encodeAwarenessUpdate(forged, [client])));
      other.destroy();
    };
    forge(doc.clientID, { person: person('e'), field: 'text' });
    expect(awareness.getLocalState()).toEqual({ person: person('a'), field: 'title' });
    forge(7, { person: person('e'), field: 'text', name: '<img>', huge: ['x'] });
    expect(awareness.getStates().get(7)).toEqual({ person: person('e'), field: 'text' });
    forge(8, { person: 'me' });
    forge(9, { person: person('e'), field: 'x'.repeat(2_000) });
    expect([8, 9].filter((client) => awareness.getStates().has(client))).toEqual([]);
    for (let client = 100; client < 1_000; client++) forge(client, { person: person('e') });
    expect(awareness.meta.size).toBeLessThan(300);
    for (let i = 0; i < 200; i++) device.receivePresence(town.random.bytes(i));
    expect(readPresence(awareness).length).toBeLessThan(300);
  });
});

test('hostile updates in the log leave the open document as it was', async () => {
  const town = new FakeTown('open and hostile');
  const device = town.addDevice();
  const bound = await bind(device);
  setText(bound.doc, 'steht');
  await bound.socket.flush();
  town.syncAll();
  for (const { make } of HOSTILE_CASES) {
    const session = town.random.bytes(16);
    const attacker = town.addDevice();
    town.log.push({ device: attacker.id, session, update: make(contextFor(device, session)) });
    town.syncAll();
  }
  expect(device.refusals).toHaveLength(HOSTILE_CASES.length);
  expect(readBoard(bound.doc).text).toBe('steht');
  expect(bound.outdated).toBe(0);
});
