import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PersonId } from '../../../src/domain/ids';
import { de } from '../../../src/ui/i18n/de';
import { en } from '../../../src/ui/i18n/en';
import { Removals } from '../../../src/ui/group/removals.svelte';
import { formatBytes } from '../../../src/ui/me/formatBytes';
import { formatUntil } from '../../../src/ui/me/formatUntil';
import { InvitationDraft } from '../../../src/ui/me/invitationDraft.svelte';
import { isUsable, splitGuests } from '../../../src/ui/me/invitations.svelte';
import { StorageState } from '../../../src/ui/me/storageState.svelte';

const anna = 'a'.repeat(32) as PersonId;
const boris = 'b'.repeat(32) as PersonId;

describe('Removals', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends nothing that was taken back in time', () => {
    const sent: PersonId[] = [];
    const removals = new Removals((person) => sent.push(person), 1_000);
    removals.begin(anna);
    removals.begin(boris);
    expect(removals.isPending(anna)).toBe(true);
    removals.undo(anna);
    vi.advanceTimersByTime(2_000);
    expect([sent, removals.isPending(boris)]).toEqual([[boris], false]);
  });
  it('sends what is left when the page goes, once', () => {
    const sent: PersonId[] = [];
    const removals = new Removals((person) => sent.push(person), 1_000);
    removals.begin(anna);
    removals.finishAll();
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([anna]);
  });
});

describe('InvitationDraft', () => {
  it('is for one person and a week unless told otherwise', () => {
    expect(new InvitationDraft().toIntent(0)).toEqual({ type: 'invite', uses: 1, expiresAt: 7 * 86_400_000 });
  });
  it('takes whole numbers of people only', () => {
    const draft = new InvitationDraft();
    draft.isForSeveral = true;
    for (const count of ['', '1', '2.5', 'zehn', '1001', '-3']) {
      draft.count = count;
      expect(draft.toIntent(0)).toBeUndefined();
    }
    draft.count = ' 25 ';
    expect(draft.uses).toBe(25);
  });
});

describe('invitations', () => {
  it('keeps apart who is in and who is on the way', () => {
    expect(splitGuests({ guests: ['Anna', 'Boris'], state: 'joining' })).toEqual({
      joined: ['Anna'],
      joining: 'Boris',
    });
    expect(splitGuests({ guests: ['Anna', 'Boris'], state: 'used' })).toEqual({
      joined: ['Anna', 'Boris'],
      joining: undefined,
    });
  });
  it('shows a link only while it may still be used', () => {
    const states = ['waiting-for-network', 'open', 'joining', 'used', 'expired', 'withdrawn'] as const;
    expect(states.map((state) => isUsable({ state }))).toEqual([true, true, true, false, false, false]);
  });
});

describe('StorageState', () => {
  it('says only what the browser said', async () => {
    const storage = {
      persisted: () => Promise.resolve(false),
      persist: () => Promise.resolve(false),
      estimate: () => Promise.resolve({ usage: 5, quota: 9 }),
    };
    const state = new StorageState(storage);
    await state.read();
    expect([state.persistence, state.usage, state.quota]).toEqual(['not-persisted', 5, 9]);
    await state.persist();
    expect(state.persistence).toBe('refused');
    const granted = new StorageState({ ...storage, persist: () => Promise.resolve(true) });
    await granted.persist();
    expect(granted.persistence).toBe('persisted');
  });
  it('does not promise anything where the browser cannot', async () => {
    for (const storage of [undefined, {}, { persisted: () => Promise.reject(new Error('refused')) }]) {
      const state = new StorageState(storage);
      await state.read();
      expect(state.persistence).toBe('unsupported');
    }
  });
});

describe('figures and times', () => {
  it('writes sizes as the phone does', () => {
    expect(
      [0, 950, 12_300, 4_560_000, 123_000_000, 10_737_418_240].map((bytes) =>
        formatBytes(bytes, 'de-DE').replace(/\s/g, ' '),
      ),
    ).toEqual(['0 Byte', '950 Byte', '12 kB', '4,6 MB', '123 MB', '10,7 GB']);
  });
  it('says the day of an end that is not today', () => {
    const now = new Date(2026, 10, 24, 9).getTime();
    const at = (...date: [number, number, number, number, number]) =>
      formatUntil(new Date(...date).getTime(), now, 'de-DE', 'heute');
    expect(at(2026, 10, 24, 20, 0)).toBe('heute, 20:00');
    expect(at(2026, 11, 1, 8, 30)).toBe('1. Dez., 08:30');
    expect(at(2027, 0, 2, 8, 30)).toBe('2. Jan. 2027, 08:30');
  });
});

describe('wording', () => {
  /** Every message as text, parameters filled in. */
  function texts(messages: object, path = ''): [string, string][] {
    return Object.entries(messages).flatMap(([key, value]: [string, unknown]) => {
      const here = `${path}.${key}`;
      if (typeof value === 'string') return [[here, value] as [string, string]];
      if (typeof value === 'function')
        return [[here, String((value as (...args: unknown[]) => unknown)(2, 2, 2))] as [string, string]];
      return typeof value === 'object' && value !== null ? texts(value, here) : [];
    });
  }
  const areas = ['setup', 'me', 'group', 'search', 'board', 'pwa', 'succession'] as const;
  const german = texts(Object.fromEntries(areas.map((area) => [area, de[area]])));
  const english = texts(Object.fromEntries(areas.map((area) => [area, en[area]])));

  it('says the same things in both languages', () => {
    expect(english.map(([path]) => path)).toEqual(german.map(([path]) => path));
    expect([...german, ...english].filter(([, text]) => text.trim() === '')).toEqual([]);
  });
  it('uses no technical terms', () => {
    const terms = /\b(E2EE|Queue|Token|Hash|Relay|MLS|IndexedDB|Client|Payload|Sync|Login|Account|User)\b/i;
    expect([...german, ...english].filter(([, text]) => terms.test(text))).toEqual([]);
  });
  it('writes German with umlauts and typographic quotation marks', () => {
    expect(
      german.filter(
        ([, text]) =>
          /\b(fuer|ueber|koennen|moeglich|Geraet|loeschen|waehlen|naechst)/i.test(text) || /["']/.test(text),
      ),
    ).toEqual([]);
  });
});
