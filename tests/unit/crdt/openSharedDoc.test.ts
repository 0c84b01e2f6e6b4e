import { afterEach, describe, expect, test, vi } from 'vitest';

vi.hoisted(() => vi.useFakeTimers());

import { setPresence } from '../../../src/crdt/boardPresence';
import { addItem, readBoard, setText, setTitle } from '../../../src/crdt/noticeBoard';
import { openSharedDoc, type OpenSharedDocOptions, type SharedDoc } from '../../../src/crdt/openSharedDoc';
import type { PersonId } from '../../../src/domain/ids';
import { DOCUMENT, FakeTown, type FakeDevice } from './fakeTown';

const open: SharedDoc[] = [];
afterEach(async () => {
  for (const shared of open.splice(0)) await shared.destroy();
});

async function openOn(device: FakeDevice, options: Partial<OpenSharedDocOptions> = {}): Promise<SharedDoc> {
  const shared = openSharedDoc({
    channel: device.channel(),
    documentId: DOCUMENT,
    random: device.town.random,
    ...options,
  });
  open.push(shared);
  await shared.whenSynced;
  return shared;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

/** Somebody's engine refuses: here, by an update in this session's name that leaves a gap behind. */
function breakSession(device: FakeDevice): void {
  const [waiting] = device.waiting;
  if (waiting === undefined) throw new Error('nothing waits');
  waiting.update = Uint8Array.from([...waiting.update, 0]);
}

describe('an open document', () => {
  test('shows at reopening what still waits, under another client id', async () => {
    const device = new FakeTown('reopen').addDevice();
    const first = await openOn(device);
    setTitle(first.doc, 'noch nicht im Log');
    const { clientID } = first.doc;
    await first.destroy();
    expect(device.waiting).toHaveLength(1);
    const second = await openOn(device);
    expect(readBoard(second.doc).title).toBe('noch nicht im Log');
    expect(second.doc.clientID).not.toBe(clientID);
    setTitle(second.doc, 'jetzt');
    await second.flush();
    device.sync();
    expect(device.refusals).toEqual([]);
    expect(device.canonical.readBoard().title).toBe('jetzt');
  });

  test('is replaced after a refusal; what was refused can still be read', async () => {
    const town = new FakeTown('rebuild');
    const device = town.addDevice();
    const shared = await openOn(device);
    const tab = await openOn(device);
    setTitle(shared.doc, 'gilt');
    await shared.flush();
    device.sync();
    setText(shared.doc, 'wird verworfen');
    setPresence(shared.awareness, { person: 'a'.repeat(32) as PersonId, field: 'text' });
    await shared.flush();
    const rebuilt = vi.fn();
    shared.onRebuild((doc, previous) => void rebuilt(readBoard(doc), readBoard(previous)));
    const tabRebuilt = vi.fn();
    tab.onRebuild(tabRebuilt);
    const before = shared.doc;
    breakSession(device);
    device.sync();
    await settle();
    expect(rebuilt.mock.calls).toEqual([
      [
        { title: 'gilt', text: '', items: [] },
        { title: 'gilt', text: 'wird verworfen', items: [] },
      ],
    ]);
    expect(tabRebuilt).toHaveBeenCalledTimes(1);
    expect(shared.doc).not.toBe(before);
    expect(before.isDestroyed).toBe(true);
    expect(shared.awareness.getLocalState()).toEqual({ person: 'a'.repeat(32), field: 'text' });

    setText(shared.doc, 'neu');
    await shared.flush();
    town.addDevice();
    town.syncAll();
    for (const each of town.devices)
      expect(each.canonical.readBoard()).toEqual({ title: 'gilt', text: 'neu', items: [] });
    expect(readBoard(tab.doc)).toEqual(readBoard(shared.doc));
  });

  test('keeps what is typed while it is being rebuilt', async () => {
    const device = new FakeTown('typing on').addDevice();
    const shared = await openOn(device);
    const other = await openOn(device);
    setText(shared.doc, 'verworfen');
    await shared.flush();
    breakSession(device);
    // Typed in a session that was not refused, and not yet saved when the signal comes.
    addItem(other.doc, 'a', 'bleibt');
    device.sync();
    await settle();
    await other.flush();
    device.sync();
    await settle();
    expect(device.canonical.readBoard().items.map(({ text }) => text)).toEqual(['bleibt']);
    expect(readBoard(shared.doc)).toEqual(device.canonical.readBoard());
    expect(readBoard(other.doc)).toEqual(device.canonical.readBoard());
  });

  test('tells whether everything is saved', async () => {
    const device = new FakeTown('saving').addDevice();
    const shared = await openOn(device);
    const states: string[] = [];
    const stop = shared.observeSaving(({ isSaved, failure }) =>
      states.push(failure?.type ?? (isSaved ? 'saved' : 'unsaved')),
    );
    device.failure = { type: 'storage-full', then: 'stop' };
    setText(shared.doc, 'a');
    expect(shared.hasUnsavedChanges()).toBe(true);
    await shared.flush();
    device.failure = undefined;
    await shared.flush();
    expect(shared.hasUnsavedChanges()).toBe(false);
    stop();
    setText(shared.doc, 'ab');
    expect(states).toEqual(['saved', 'unsaved', 'storage-full', 'saved']);
  });

  test('saves when the page is hidden', async () => {
    const device = new FakeTown('pagehide').addDevice();
    const page = new EventTarget();
    const shared = await openOn(device, { page });
    setText(shared.doc, 'a');
    page.dispatchEvent(new Event('pagehide'));
    await settle();
    expect(device.sent).toHaveLength(1);
    await shared.destroy();
    page.dispatchEvent(new Event('pagehide'));
    expect(device.sent).toHaveLength(1);
  });

  test('leaves no timer and no listener behind, and its last words saved', async () => {
    const device = new FakeTown('destroy').addDevice();
    const exits = process.listenerCount('exit');
    const timers = vi.getTimerCount();
    const shared = await openOn(device);
    setPresence(shared.awareness, { person: 'a'.repeat(32) as PersonId, field: 'text' });
    setText(shared.doc, 'letzte Worte');
    expect(vi.getTimerCount()).toBeGreaterThan(timers);
    const done = shared.destroy();
    expect(vi.getTimerCount()).toBe(timers);
    await done;
    expect(vi.getTimerCount()).toBe(timers);
    expect(device.sent).toHaveLength(1);
    expect(device.listenerCount).toBe(0);
    expect(process.listenerCount('exit')).toBe(exits);
    expect(shared.doc.isDestroyed).toBe(true);
    // Closing before it has loaded, and twice.
    const early = openSharedDoc({
      channel: device.channel(),
      documentId: DOCUMENT,
      random: device.town.random,
    });
    await early.destroy();
    await early.destroy();
    await settle();
    expect(vi.getTimerCount()).toBe(timers);
    expect(device.listenerCount).toBe(0);
  });

  test('says when it could not be loaded', async () => {
    const device = new FakeTown('unloadable').addDevice();
    const channel = { ...device.channel(), load: () => Promise.reject(new Error('vault')) };
    const shared = openSharedDoc({ channel, documentId: DOCUMENT, random: device.town.random });
    open.push(shared);
    await expect(shared.whenSynced).rejects.toThrow('vault');
  });
});
