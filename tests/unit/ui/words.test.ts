import { describe, expect, it } from 'vitest';
import type { PersonId } from '../../../src/domain/ids';
import type { ConversationSummary, StatusView, SystemEvent } from '../../../src/engine/views';
import { initialsOf } from '../../../src/ui/components/initials';
import { placePopover } from '../../../src/ui/components/placePopover';
import { systemText } from '../../../src/ui/conversation/systemText';
import { dayTitle, momentInSentence, shortMoment } from '../../../src/ui/i18n/dates';
import { de } from '../../../src/ui/i18n/de';
import { en } from '../../../src/ui/i18n/en';
import { filterConversations } from '../../../src/ui/list/filterConversations';
import { previewOf } from '../../../src/ui/list/previewText';
import { statusLine } from '../../../src/ui/shell/statusWords';

const now = new Date(2026, 10, 24, 14, 32).getTime();
const day = 86_400_000;
const person = (id: string) => id as PersonId;
const names = {
  me: person('me'),
  nameOf: (id: PersonId) => ({ a: 'Streife Nord', b: 'Bauhof' })[id as string],
};

describe('dates', () => {
  it('are short in the list', () => {
    const short = (at: number) => shortMoment(at, now, 'de-DE', de.common);
    expect(short(now - 3_600_000)).toBe('13:32');
    expect(short(now - day)).toBe('Gestern');
    expect(short(now - 3 * day)).toBe('Sa');
    expect(short(now - 21 * day)).toBe('3.11.');
    expect(short(new Date(2025, 0, 9).getTime())).toBe('09.01.25');
    expect(shortMoment(now - day, now, 'en-GB', en.common)).toBe('Yesterday');
  });
  it('are whole words between days', () => {
    expect(dayTitle(now, now, 'de-DE', de.common)).toBe('Heute');
    expect(dayTitle(now - 3 * day, now, 'de-DE', de.common)).toBe('Samstag, 21. November');
    expect(dayTitle(new Date(2025, 0, 9).getTime(), now, 'de-DE', de.common)).toBe(
      'Donnerstag, 9. Januar 2025',
    );
  });
  it('fit into „seit …“', () => {
    expect(momentInSentence(now, now, 'de-DE', de.common)).toBe('14:32');
    expect(momentInSentence(now - day, now, 'de-DE', de.common)).toBe('gestern 14:32');
    expect(momentInSentence(now - 5 * day, now, 'de-DE', de.common)).toMatch(/^19\. Nov\.?,? (um )?14:32$/);
  });
  it('turn at midnight, also when the clocks change', () => {
    const before = new Date(2026, 9, 24, 23, 59).getTime();
    const after = new Date(2026, 9, 26, 0, 1).getTime();
    expect(shortMoment(before, after, 'de-DE', de.common)).toBe('Sa');
    expect(shortMoment(new Date(2026, 9, 25, 0, 0).getTime(), after, 'de-DE', de.common)).toBe('Gestern');
  });
});

describe('system entries', () => {
  const say = (event: SystemEvent) => systemText(event, names, de, 'de-DE');
  it('agree with who did it', () => {
    expect(say({ type: 'founded', by: person('me') })).toBe('Sie haben die Unterhaltung begonnen');
    expect(say({ type: 'left', by: person('a') })).toBe('Streife Nord hat die Unterhaltung verlassen');
    expect(say({ type: 'added', by: person('a'), persons: [person('me'), person('b')] })).toBe(
      'Streife Nord hat Sie und Bauhof hinzugefügt',
    );
  });
  it('never show an id', () => {
    expect(say({ type: 'left', by: person('unbekannt') })).toBe('Jemand hat die Unterhaltung verlassen');
  });
  it('count a crowd', () => {
    const persons = ['a', 'b', 'a', 'b', 'a', 'b'].map(person);
    expect(say({ type: 'added', by: person('me'), persons })).toBe(
      'Sie haben Streife Nord, Bauhof, Streife Nord und 3 Personen hinzugefügt',
    );
  });
});

const summary: ConversationSummary = {
  number: 1,
  kind: 'group',
  title: 'Winterdienst',
  preview: {
    author: person('a'),
    authorName: 'Streife Nord',
    isMine: false,
    text: 'Glatteis\tam  Markt',
    system: undefined,
    state: undefined,
  },
  at: now,
  unread: 0,
  waiting: 0,
  isPinned: false,
  isMuted: false,
  isArchived: false,
  isMember: true,
};
const preview = (change: Partial<ConversationSummary>, draft?: string) =>
  previewOf({ ...summary, ...change }, draft, names, de, 'de-DE');

describe('the preview', () => {
  it('names the author in groups only', () => {
    expect(preview({}).text).toBe('Streife Nord: Glatteis am Markt');
    expect(preview({ kind: 'direct' }).text).toBe('Glatteis am Markt');
    expect(preview({ preview: { ...summary.preview!, isMine: true } }).text).toBe('Sie: Glatteis am Markt');
  });
  it('lets a draft go first, but not an empty one', () => {
    expect(preview({}, ' Ich komme\n gleich ')).toEqual({ text: 'Ich komme gleich', isDraft: true });
    expect(preview({}, '  \n').isDraft).toBe(false);
  });
  it('has words for everything else', () => {
    expect(preview({ preview: undefined }).text).toBe(de.list.nothingYet);
    expect(preview({ preview: { ...summary.preview!, text: undefined } }).text).toBe(de.list.unknownKind);
  });
});

describe('filters', () => {
  const all = [
    { ...summary, number: 1, unread: 2 },
    { ...summary, number: 2 },
    { ...summary, number: 3, unread: 1, isArchived: true },
  ];
  it('keep archived ones apart and the open one in place', () => {
    const numbers = (filter: 'all' | 'unread' | 'archived', open?: number) =>
      filterConversations(all, filter, open).map((one) => one.number);
    expect(numbers('all')).toEqual([1, 2]);
    expect(numbers('unread')).toEqual([1]);
    expect(numbers('unread', 2)).toEqual([1, 2]);
    expect(numbers('archived')).toEqual([3]);
  });
});

describe('the line of truth', () => {
  const status: StatusView = {
    connection: { state: 'online' },
    waiting: 0,
    waitingSince: undefined,
    problem: undefined,
  };
  const line = (change: Partial<StatusView>) => statusLine({ ...status, ...change }, now, de.shell.status);
  it('is silent while all is well', () => {
    expect(line({})).toBeUndefined();
    expect(line({ connection: { state: 'connecting', since: now - 500 } })).toBeUndefined();
    expect(line({ waiting: 1, waitingSince: now - 500 })).toBeUndefined();
  });
  it('says how many wait', () => {
    const offline = { state: 'offline', since: now, nextTryAt: undefined } as const;
    expect(line({ connection: offline })?.text).toBe('Kein Netz');
    expect(line({ connection: offline, waiting: 1 })?.text).toBe('Kein Netz – 1 Nachricht wartet');
    expect(line({ connection: offline, waiting: 3 })?.text).toBe('Kein Netz – 3 Nachrichten warten');
  });
  it('says last what stays and hinders nothing', () => {
    const problem = 'town-differs';
    expect(line({ problem })).toEqual({ tone: 'waiting', text: de.shell.status.townDiffers });
    const offline = { state: 'offline', since: 1, nextTryAt: undefined } as const;
    expect(line({ problem, connection: offline })?.text).toBe(de.shell.status.offline);
  });

  it('puts a problem first', () => {
    expect(line({ problem: 'storage-full' })).toMatchObject({ tone: 'alarm' });
  });
});

describe('initials', () => {
  it.each([
    ['Streife Nord', 'SN'],
    ['Dr. Ärztliche Leitung', 'ÄL'],
    ['Rathaus – Hausmitteilungen', 'RH'],
    ['Krisenstab (Übung)', 'KÜ'],
    ['Standesamt', 'S'],
    ['  ', '–'],
  ])('of %s are %s', (name, initials) => expect(initialsOf(name)).toBe(initials));
});

describe('a menu', () => {
  const window = { width: 390, height: 844 };
  it('stays inside the window', () => {
    const anchor = { left: 340, right: 388, top: 800, bottom: 840 };
    const place = placePopover(anchor, { width: 224, height: 300 }, window);
    expect(place.left + 224).toBeLessThanOrEqual(388);
    expect(place.top + 300).toBeLessThanOrEqual(800);
  });
});
