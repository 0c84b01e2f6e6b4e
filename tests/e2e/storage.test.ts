/** The browser's storage fails in a running app: it is said in plain words, and nothing called saved is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserStorage } from '../helpers/browserStorage';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const GROUP = 'Außendienst';
const FULL = 'Speicher voll – neue Nachrichten lassen sich nicht speichern';
const SILENT = 'Der Speicher antwortet nicht – neue Nachrichten lassen sich gerade nicht speichern';

let town: BrowserTown;
let anna: Staff;
let bert: Staff;
let storage: BrowserStorage;
/** All that was called saved, by whoever wrote it, in order. */
const saved = ['Willkommen'];

beforeAll(async () => {
  town = await BrowserTown.of('Musterstadt', [
    { name: ANNA, device: 'desktop' },
    { name: BERT, device: 'desktop' },
  ]);
  [anna, bert] = town.staff as [Staff, Staff];
  await anna.createGroup(GROUP, [BERT]);
  await anna.write('Willkommen');
  await bert.openConversation(GROUP);
  await bert.sees('Willkommen');
  await anna.isKept();
  storage = await BrowserStorage.of(anna, town.relay.address);
});
afterAll(() => town.close());

async function bothHave(texts: readonly string[]): Promise<void> {
  for (const staff of [anna, bert]) await staff.shows(texts);
}

const status = (text: string) =>
  anna.page.getByRole('status').getByText(text).filter({ visible: true }).first();
const field = () => anna.composer(GROUP);
const isGone = (text: string) => status(text).waitFor({ state: 'detached', timeout: 30_000 });

describe('no room', () => {
  const unsent = 'Absperrung an der Brücke steht';

  it('is said where one writes and in the line of truth, and what was saved is there', async () => {
    await anna.write('Bin vor Ort');
    saved.push('Bin vor Ort');
    await storage.fill();
    await field().fill(unsent);
    await anna.button('Senden').click();
    await anna.text(/^Nicht gesendet: Der Speicher dieses Geräts ist voll/).waitFor();
    await status(FULL).waitFor();
    expect(await field().inputValue()).toBe(unsent);
    await anna.shows(saved);
  });

  it('is said to whoever only reads, too', async () => {
    await bert.write('Kommt hier jemand vorbei?');
    saved.push('Kommt hier jemand vorbei?');
    await anna.page.getByRole('status').getByText(FULL).click();
    await anna.text(/^Löschen Sie Fotos oder Apps/).waitFor();
  });

  it('lets nobody leave a page with an unsaved draft unasked', async () => {
    await anna.openConversation(GROUP);
    expect(await field().inputValue()).toBe(unsent);
    await field().click();
    const asked = anna.page.waitForEvent('dialog');
    await anna.page.evaluate(() => setTimeout(() => location.reload()));
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    expect(await field().inputValue()).toBe(unsent);
  });

  it('is over once there is room: the draft is there, and goes out', async () => {
    await storage.makeRoom();
    await isGone(FULL);
    await anna.sees('Kommt hier jemand vorbei?');
    expect(await field().inputValue()).toBe(unsent);
    await anna.button('Senden').click();
    await anna
      .message(unsent)
      .filter({ hasText: /zugestellt|gelesen/ })
      .waitFor();
    saved.push(unsent);
    await bothHave(saved);
  });

  it('stops no start: what was saved can be read, and what is wrong is said', async () => {
    await anna.close();
    await anna.open();
    storage = await BrowserStorage.of(anna, town.relay.address);
    await anna.visit();
    await storage.fill();
    await anna.visit();
    await anna.page.reload();
    await status(FULL).waitFor();
    await anna.openConversation(GROUP);
    await anna.shows(saved);
    await bert.write('Bin gleich da.');
    saved.push('Bin gleich da.');
    await storage.makeRoom();
    await isGone(FULL);
    await bothHave(saved);
  });
});

describe('a connection that is taken away', () => {
  it('comes back unnoticed, in every window, and the draft stays', async () => {
    const first = anna.page;
    const second = await anna.newTab();
    for (let round = 1; round <= 3; round++) {
      anna.use(second);
      if (round === 1) {
        await anna.visit();
        await anna.openConversation(GROUP);
      }
      await field().fill(`Entwurf ${round}`);
      await storage.closeConnections();
      await bert.write(`Bert ${round}`);
      await anna.sees(`Bert ${round}`);
      expect(await field().inputValue()).toBe(`Entwurf ${round}`);
      await anna.button('Senden').click();
      saved.push(`Bert ${round}`, `Entwurf ${round}`);
      await bothHave(saved);
      anna.use(first);
      await anna.shows(saved);
    }
    await second.close();
  });

  it('is said when it stays away, and nothing is called saved meanwhile', async () => {
    await anna.page.evaluate(() => {
      const real = IDBDatabase.prototype.transaction;
      Object.assign(globalThis, { bringBack: () => (IDBDatabase.prototype.transaction = real) });
      IDBDatabase.prototype.transaction = function (...args) {
        if (args[1] !== 'readwrite') return real.apply(this, args);
        throw new DOMException(
          'Connection to Indexed Database server lost. Refresh the page to try again',
          'UnknownError',
        );
      };
    });
    await field().fill('Hört mich jemand?');
    await anna.button('Senden').click();
    await anna.text(/^Nicht gesendet: Der Text ließ sich nicht speichern/).waitFor();
    await status(SILENT).waitFor();
    expect(await field().inputValue()).toBe('Hört mich jemand?');
    await anna.shows(saved);
    await anna.page.evaluate(() => (globalThis as unknown as { bringBack(): void }).bringBack());
    await isGone(SILENT);
    expect(await field().inputValue()).toBe('Hört mich jemand?');
    await anna.button('Senden').click();
    saved.push('Hört mich jemand?');
    await bothHave(saved);
  });
});

it('says nothing on any console', () => {
  expect(town.problems).toEqual([]);
});
