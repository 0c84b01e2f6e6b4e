/**
 * How long the screen's thread is busy in one go while much, or something hostile, happens: the longest of its tasks
 * for each load, in the processor's time as the browser's own trace has it. The browser's "long tasks" are in wall
 * time, which on a machine with neighbours is mostly theirs. Not a test: a machine's speed decides; each load is
 * repeated and the best try counts.
 */
import type { Page } from 'playwright-core';
import { Writer } from '../bench/town/writer';
import { textsFrom } from '../bench/town/texts';
import { HOSTILE_TEXTS } from '../helpers/hostileTexts';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

export const LONGEST_TASK_MS = 200;

const ANNA = 'Anna Ahrens';
const BERT = 'Bert Böhm';
const OPEN = 'Lage';
const LONG = 'Archiv';
const HOSTILE = 'Fundsachen';
const LONG_ROWS = 10_000;
const BURST = 2_000;
const PER_ENVELOPE = 28;
const SLOW = 4;
const PATIENCE_MS = 120_000;

export interface LongTaskFigure {
  readonly load: string;
  /** The longest task of each try, ms. */
  readonly tries: readonly number[];
  /** The same with the thread four times as slow. */
  readonly slowTries: readonly number[];
}

interface LongTasksOptions {
  readonly tries: number;
  readonly say: (line: string) => void;
}

export async function longTasks({ tries, say }: LongTasksOptions): Promise<readonly LongTaskFigure[]> {
  const town = await BrowserTown.of('Musterstadt', [
    { name: ANNA, device: 'desktop' },
    { name: BERT, device: 'desktop' },
  ]);
  try {
    const [anna, bert] = town.staff as [Staff, Staff];
    await insistOnMeasuring(anna.page);
    const writer = await Writer.join(town.relay.address, await anna.invite(), [OPEN, LONG, HOSTILE]);
    const scene = new Scene(anna, bert, writer, town.relay.port);
    await scene.fill();
    // One session for all: each one that has slowed a page down does so again when the page is loaded anew.
    const speed = await anna.page.context().newCDPSession(anna.page);
    const figures: LongTaskFigure[] = [];
    for (const [load, run] of Object.entries(scene.loads)) {
      const longest = { tries: [] as number[], slowTries: [] as number[] };
      for (let turn = 0; turn < tries; turn++) {
        longest.tries.push(await longestDuring(anna.page, run));
        await speed.send('Emulation.setCPUThrottlingRate', { rate: SLOW });
        longest.slowTries.push(await longestDuring(anna.page, run));
        await speed.send('Emulation.setCPUThrottlingRate', { rate: 1 });
      }
      say(`${load}: ${whole(longest.tries)} ms; ${SLOW} times as slow: ${whole(longest.slowTries)} ms`);
      figures.push({ load, ...longest });
    }
    return figures;
  } finally {
    await town.close();
  }
}

const whole = (numbers: readonly number[]): string => numbers.map((ms) => ms.toFixed(0)).join(', ');

/** Whoever measures nothing finds nothing. */
async function insistOnMeasuring(page: Page): Promise<void> {
  const longest = await longestDuring(page, () =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            const end = performance.now() + 500;
            while (performance.now() < end);
            resolve();
          });
        }),
    ),
  );
  // Neighbours have their part of the half second.
  if (longest < 100) throw new Error(`a task of half a second was measured as ${longest} ms`);
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Time of the processor, microseconds. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Of the tasks on the page's own thread, in ms. */
async function longestDuring(page: Page, run: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel'] },
  });
  await run();
  await page.waitForTimeout(500);
  const isComplete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await isComplete;
  await session.detach();
  const threads = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf),
  );
  return events
    .filter((event) => event.name.endsWith('RunTask') && threads.has(threadOf(event)))
    .reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0);
}

const threadOf = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;

class Scene {
  readonly #anna: Staff;
  readonly #bert: Staff;
  readonly #writer: Writer;
  readonly #port: number;
  #written = 0;

  constructor(anna: Staff, bert: Staff, writer: Writer, port: number) {
    this.#anna = anna;
    this.#bert = bert;
    this.#writer = writer;
    this.#port = port;
  }

  readonly loads: Readonly<Record<string, () => Promise<void>>> = {
    [`${BURST} texts arrive in the conversation that is open`]: async () => {
      await this.#open(OPEN);
      await this.#burst(OPEN, PER_ENVELOPE);
    },
    [`${BURST} texts arrive, each in an envelope of its own`]: async () => {
      await this.#open(OPEN);
      await this.#burst(OPEN, 1);
    },
    [`${BURST} texts arrive while the list is shown`]: async () => {
      await this.#anna.go('#/');
      await this.#burst(OPEN, PER_ENVELOPE);
    },
    [`a conversation of ${LONG_ROWS} rows is opened`]: async () => {
      await this.#anna.go('#/');
      await this.#open(LONG);
    },
    [`the app is loaded anew, ${LONG_ROWS} rows behind it`]: async () => {
      await this.#open(LONG);
      await this.#anna.page.reload();
      await this.#anna.page.locator('article').first().waitFor({ timeout: PATIENCE_MS });
    },
    'a word is typed into the search, letter by letter': async () => {
      await this.#anna.go('#/suche');
      const field = this.#anna.page.getByRole('combobox');
      await field.fill('');
      await field.pressSequentially('Bahnhof', { delay: 60 });
      await this.#anna.page
        .locator('[role=status]')
        .filter({ hasText: /Treffer|Nichts/ })
        .first()
        .waitFor({
          state: 'attached',
        });
    },
    'hostile texts arrive in the conversation that is open': async () => {
      await this.#open(HOSTILE);
      await this.#write(HOSTILE, [...HOSTILE_TEXTS.map((text) => text.toWellFormed()), this.#marker()], 1);
      await this.#sees(this.#lastMarker());
    },
    'the notes of the board are replaced by 40,000 letters': async () => {
      await this.#openBoards();
      const text = `${this.#marker()} ${'Bordstein abgesenkt, Zufahrt frei. '.repeat(1_200)}`.slice(
        0,
        40_000,
      );
      await this.#bert.page.getByRole('textbox', { name: 'Notizen' }).fill(text);
      await this.#anna.page.waitForFunction(
        (start) => [...document.querySelectorAll('textarea')].some((field) => field.value.startsWith(start)),
        this.#lastMarker(),
        { timeout: PATIENCE_MS },
      );
    },
  };

  /** The long conversation, before anything is measured. */
  async fill(): Promise<void> {
    await this.#write(LONG, textsFrom(0, LONG_ROWS), PER_ENVELOPE);
    await this.#write(LONG, [this.#marker()], 1);
    await this.#open(LONG);
    await this.#toEnd();
    await this.#sees(this.#lastMarker());
  }

  async #open(title: string): Promise<void> {
    await this.#anna.openConversation(title);
    await this.#anna.page
      .locator('article')
      .first()
      .waitFor({ timeout: PATIENCE_MS })
      .catch(() => undefined);
  }

  async #openBoards(): Promise<void> {
    for (const staff of [this.#anna, this.#bert]) {
      await staff.openConversation(OPEN);
      await staff.go(`${new URL(staff.page.url()).hash.split('/an/')[0] ?? ''}/tafel`);
      await staff.page.getByRole('textbox', { name: 'Notizen' }).waitFor();
    }
  }

  async #burst(title: string, perEnvelope: number): Promise<void> {
    await this.#write(title, [...textsFrom(this.#written, BURST - 1), this.#marker()], perEnvelope);
    const row = this.#anna.row(title).filter({ hasText: this.#lastMarker() });
    await row.waitFor({ timeout: PATIENCE_MS });
  }

  async #write(title: string, texts: readonly string[], perEnvelope: number): Promise<void> {
    await this.#writer.append(this.#port, title, await this.#writer.seal(title, texts, perEnvelope));
  }

  #marker(): string {
    this.#written += 1;
    return this.#lastMarker();
  }
  #lastMarker(): string {
    return `Ende ${this.#written}.`;
  }

  async #toEnd(): Promise<void> {
    const jump = this.#anna.page.getByRole('button', { name: /Zum Ende|neue Nachricht/ });
    await this.#anna.row(LONG).filter({ hasText: this.#lastMarker() }).waitFor({ timeout: PATIENCE_MS });
    if (await jump.isVisible()) await jump.click();
  }

  async #sees(text: string): Promise<void> {
    await this.#anna.row(HOSTILE).filter({ hasText: text }).or(this.#anna.message(text)).first().waitFor({
      timeout: PATIENCE_MS,
    });
  }
}
