import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contrast } from '../../src/ui/look/palette';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';

/** Of a computed colour, `rgb(1, 2, 3)`. */
function hexOf(colour: string): string {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
  if (parts === null) throw new Error(`not opaque: ${colour}`);
  return `#${parts
    .slice(1)
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}

/** How a town shows itself (SPEC D9). */
describe("a town's look", () => {
  let town: BrowserTown;
  let anna: Staff;
  let bert: Staff;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'depesche-arms-'));
    town = await BrowserTown.of('Musterstadt', [
      { name: ANNA, device: 'desktop' },
      { name: BERT, device: 'desktop' },
    ]);
    [anna, bert] = town.staff as [Staff, Staff];
    await anna.go('#/ich/aussehen');
    await anna.heading('Farbe und Wappen').waitFor();
  });
  afterAll(async () => {
    await town.close();
    await rm(folder, { recursive: true, force: true });
  });

  const accentOf = (page: Page) =>
    page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent'));
  const arms = (page: Page) => page.getByRole('img', { name: 'Wappen: Musterstadt' }).first();

  async function choose(name: string, bytes: Buffer | string): Promise<void> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    await anna.page.getByLabel('Bild auswählen').setInputFiles(path);
  }

  /** A photograph, large and with many details: noise drawn by the browser, as JPEG. */
  async function photograph(): Promise<Buffer> {
    const base64 = await anna.page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 1_600;
      canvas.height = 1_200;
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      const noise = context.createImageData(1_600, 1_200);
      for (let at = 0; at < noise.data.length; at++) noise.data[at] = (at * 2_654_435_761) >>> 24;
      context.putImageData(noise, 0, 0);
      return canvas.toDataURL('image/jpeg').split(',')[1] ?? '';
    });
    return Buffer.from(base64, 'base64');
  }

  it.each(['light', 'dark'] as const)('both previews can be read on a page in %s', async (colorScheme) => {
    await anna.page.emulateMedia({ colorScheme });
    const pairs = await anna.page.locator('figure').evaluateAll((figures) =>
      figures.map((figure) => {
        const colour = (of: Element | null, what: 'color' | 'backgroundColor') =>
          of === null ? '' : getComputedStyle(of)[what];
        const ground = colour(figure, 'backgroundColor');
        const slip = figure.querySelector('p');
        return [
          [colour(figure.querySelector('figcaption'), 'color'), ground],
          [colour(slip, 'color'), colour(slip, 'backgroundColor')],
        ];
      }),
    );
    expect(pairs).toHaveLength(2);
    expect(pairs[0]).not.toEqual(pairs[1]);
    for (const [ink = '', ground = ''] of pairs.flat())
      expect(contrast(hexOf(ink), hexOf(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    await anna.page.emulateMedia({ colorScheme: null });
  });

  it('a colour that cannot be read is refused at once, with one that can', async () => {
    await anna.page.getByLabel('Farbe wählen').fill('#ffd500');
    await anna.text(/auf hellem Grund nicht gut lesen: Kontrast 1,\d zu 1, nötig sind/).waitFor();
    expect(await anna.button('Farbe speichern').isDisabled()).toBe(true);
    await anna.page.getByRole('button', { name: /^Stattdessen #[0-9a-f]{6} nehmen$/ }).click();
    expect(await anna.button('Farbe speichern').isEnabled()).toBe(true);
  });

  it('a colour reaches everybody, in both themes', async () => {
    await anna.page.getByLabel('Farbe wählen').fill('#8a1220');
    await anna.button('Farbe speichern').click();
    for (const { page } of [anna, bert])
      await expect.poll(() => accentOf(page)).toMatch(/^light-dark\(#8a1220, #[0-9a-f]{6}\)$/);
    await bert.page.reload();
    await bert.heading('Unterhaltungen').waitFor();
    expect(await accentOf(bert.page)).toContain('#8a1220');
  });

  it('a coat of arms is drawn anew, small, and reaches everybody', async () => {
    await choose('arms.jpg', await photograph());
    for (const { page } of [anna, bert]) {
      await arms(page).waitFor();
      const [width, height] = await arms(page).evaluate((image: HTMLImageElement) => [
        image.naturalWidth,
        image.naturalHeight,
      ]);
      expect(Math.max(width ?? 0, height ?? 0)).toBeLessThanOrEqual(192);
      expect((width ?? 0) / (height ?? 1)).toBeCloseTo(4 / 3, 1);
    }
  });

  it.each([
    ['drawing.svg', SVG],
    ['drawing.png', SVG],
    ['text.png', 'no picture at all'],
  ])('%s is not taken, and what was there stays', async (name, content) => {
    await choose(name, content);
    await anna.text(/lässt sich nicht als Bild lesen/).waitFor();
    expect(await arms(anna.page).count()).toBe(1);
  });

  it('both can be taken off again', async () => {
    await anna.button('Farbe von Depesche nehmen').click();
    await anna.button('Wappen entfernen').click();
    for (const { page } of [anna, bert]) {
      await arms(page).waitFor({ state: 'detached' });
      await expect.poll(() => accentOf(page)).toContain('#0f4c54');
    }
  });

  it('is not for everybody to change', async () => {
    await bert.go('#/ich/aussehen');
    await bert.text('Farbe und Wappen ändert die Betreuung der Stadt.').waitFor();
    expect(await bert.page.getByLabel('Farbe wählen').count()).toBe(0);
  });

  it('says nothing on any console', () => {
    expect(town.problems).toEqual([]);
  });
});
