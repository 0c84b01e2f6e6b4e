import { describe, expect, it } from 'vitest';
import { AppUpdate, type UpdateSource } from '../../../src/ui/pwa/appUpdate.svelte';
import { beforeUpdate, saveEverything } from '../../../src/ui/pwa/beforeUpdate';

function setUp(saves: () => Promise<boolean> = () => Promise.resolve(true)) {
  const done: string[] = [];
  const source: UpdateSource = {
    check: () => Promise.resolve(false),
    activate: () => done.push('activate'),
    reload: () => done.push('reload'),
  };
  const update = new AppUpdate(async () => {
    done.push('save');
    return saves();
  });
  update.attach(source);
  return { update, done, source };
}

describe('AppUpdate', () => {
  it('does nothing until the person says so', () => {
    const { update, done } = setUp();
    update.noteWaiting();
    expect([update.step, update.isBannerShown, done]).toEqual(['ready', true, []]);
    update.putOff();
    expect(update.isBannerShown).toBe(false);
  });

  it('saves before it switches, and reloads once when the new version is in charge', async () => {
    const { update, done } = setUp();
    update.noteWaiting();
    await update.switchNow();
    expect(done).toEqual(['save', 'activate']);
    await update.noteInCharge();
    await update.noteInCharge();
    expect(done).toEqual(['save', 'activate', 'save', 'reload']);
  });

  it('saves and reloads when another tab has switched', async () => {
    const { update, done } = setUp();
    await update.noteInCharge();
    expect(done).toEqual(['save', 'reload']);
  });

  it('does not switch when a draft cannot be saved, and says so', async () => {
    let isSafe = false;
    const { update, done } = setUp(() => Promise.resolve(isSafe));
    update.noteWaiting();
    await update.switchNow();
    expect([update.step, update.isBannerShown, done]).toEqual(['unsaved', true, ['save']]);
    isSafe = true;
    await update.switchNow();
    expect(done).toEqual(['save', 'save', 'activate']);
  });

  it('keeps a tab with an unsaved draft open after another tab has switched', async () => {
    let isSafe = false;
    const { update, done } = setUp(() => Promise.resolve(isSafe));
    await update.noteInCharge();
    expect([update.step, done]).toEqual(['unsaved', ['save']]);
    isSafe = true;
    await update.switchNow();
    expect(done).toEqual(['save', 'save', 'reload']);
  });

  it('says honestly what a check came to', async () => {
    const { update, source } = setUp();
    await update.checkNow();
    expect(update.lastCheck).toBe('current');
    update.attach({ ...source, check: () => Promise.reject(new Error('offline')) });
    await update.checkNow();
    expect(update.lastCheck).toBe('no-network');
    const alone = new AppUpdate(() => Promise.resolve(true));
    await alone.checkNow();
    expect(alone.lastCheck).toBe('unavailable');
  });
});

describe('saveEverything', () => {
  it('is safe only when everyone could save, in time', async () => {
    expect(await saveEverything()).toBe(true);
    const stops = [beforeUpdate(() => Promise.resolve(true))];
    expect(await saveEverything()).toBe(true);
    stops.push(beforeUpdate(() => Promise.reject(new Error('full'))));
    expect(await saveEverything()).toBe(false);
    stops.pop()?.();
    stops.push(beforeUpdate(() => new Promise(() => undefined)));
    expect(await saveEverything(10)).toBe(false);
    for (const stop of stops) stop();
    expect(await saveEverything()).toBe(true);
  });
});
