/** Nothing written is ever lost, and nothing counts as saved before it is. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EntryId } from '../../../src/domain/ids';
import { err, ok } from '../../../src/lib/result';
import { ComposerState } from '../../../src/ui/conversation/composerState.svelte';
import { FakeClient } from '../../helpers/fakeClient';

const make = async () => {
  const client = new FakeClient({ now: Date.now(), messages: 5 });
  const composer = new ComposerState(client, 2, 100);
  await composer.flush();
  const calls: string[] = [];
  const show = (text: string) => {
    calls.push(`show ${text}`);
    return { settle: () => calls.push('settle'), drop: () => calls.push('drop') };
  };
  return { client, composer, calls, show };
};

describe('the composer', () => {
  it('shows at once, says saved after, and deletes the draft last', async () => {
    const { client, composer, calls, show } = await make();
    composer.text = ' Hallo ';
    const sent = composer.send(show);
    expect(calls).toEqual(['show Hallo']);
    expect(composer.text).toBe('');
    await sent;
    expect(calls).toEqual(['show Hallo', 'settle']);
    expect(client.intents.at(-1)).toEqual({ type: 'send-text', conversation: 2, text: 'Hallo' });
    expect(await client.readDraft(2)).toBe('');
  });

  it('shows halves of characters as what they will be kept as', async () => {
    const { client, composer, calls, show } = await make();
    composer.text = 'halb \ud83d';
    await composer.send(show);
    expect(calls[0]).toBe('show halb \ufffd');
    expect(client.intents.at(-1)).toMatchObject({ text: 'halb \ufffd' });
  });

  it('gives the text back when nothing was saved', async () => {
    const { client, composer, calls, show } = await make();
    client.failNext = 'storage-full';
    composer.text = 'Wichtig';
    const sent = composer.send(show);
    composer.text = 'und noch etwas';
    await sent;
    expect(calls).toEqual(['show Wichtig', 'drop']);
    expect(composer.text).toBe('Wichtig\nund noch etwas');
    expect(composer.problem).toBe('storage-full');
    expect(await client.readDraft(2)).toBe('Wichtig\nund noch etwas');
  });

  it('keeps a text whose sending has not come back in the draft', async () => {
    const { client, composer, show } = await make();
    let answer: () => void = () => undefined;
    client.intend = () => new Promise((resolve) => (answer = () => resolve(ok('e'.repeat(32) as EntryId))));
    composer.text = 'eins';
    const sent = composer.send(show);
    composer.text = 'zwei';
    await composer.flush();
    expect(await client.readDraft(2)).toBe('eins\nzwei');
    answer();
    await sent;
    expect(await client.readDraft(2)).toBe('zwei');
  });

  it('refuses what is too long and keeps it', async () => {
    const { composer, calls, show } = await make();
    composer.text = 'x'.repeat(101);
    await composer.send(show);
    expect(calls).toEqual([]);
    expect(composer.problem).toBe('too-long');
    composer.text = 'kurz';
    expect(composer.problem).toBeUndefined();
  });

  it('restores a draft without overwriting what was typed meanwhile', async () => {
    const client = new FakeClient({ now: Date.now(), messages: 5 });
    await client.saveDraft(2, 'alt');
    const composer = new ComposerState(client, 2, 100);
    composer.text = 'neu';
    await composer.flush();
    expect(composer.text).toBe('alt\nneu');
  });

  it('says so when a draft could not be saved', async () => {
    const { client, composer } = await make();
    client.saveDraft = () => Promise.resolve(err({ type: 'storage-full', then: 'stop' }));
    composer.text = 'x';
    expect(await composer.flush()).toBe(false);
    expect(composer.problem).toBe('draft-full');
  });

  it('saves the draft by itself once there is room again, and takes back what it said', async () => {
    const { client, composer } = await make();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const saveDraft = client.saveDraft;
    client.saveDraft = () => Promise.resolve(err({ type: 'storage-full', then: 'stop' }));
    composer.text = 'x';
    await vi.advanceTimersByTimeAsync(20_000);
    expect(composer.problem).toBe('draft-full');
    expect(composer.isAtRisk).toBe(true);
    client.saveDraft = saveDraft;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(composer.problem).toBeUndefined();
    expect(composer.isAtRisk).toBe(false);
    expect(await client.readDraft(2)).toBe('x');
  });
});
