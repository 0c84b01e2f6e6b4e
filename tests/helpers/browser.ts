/** A real Chromium with a profile on disk that outlives it: can be closed, killed and opened again. */
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { findBrowser } from './findBrowser.mjs';

type ContextOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

/** Quiet and the same everywhere; no sandbox, because containers and root have none. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const PHONE: ContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};
export const DESKTOP: ContextOptions = { viewport: { width: 1280, height: 800 } };

export interface TestBrowserOptions extends ContextOptions {
  /** A new one under the system's temporary folder, removed by `end`, when left out. */
  readonly profile?: string;
}

export class TestBrowser {
  readonly profile: string;
  readonly #ownsProfile: boolean;
  readonly #options: ContextOptions;
  #running: { readonly context: BrowserContext; readonly pid: number } | undefined;
  /** Uncaught errors and errors on the console of all pages, all runs together. */
  readonly errors: string[] = [];

  private constructor(profile: string, ownsProfile: boolean, options: ContextOptions) {
    this.profile = profile;
    this.#ownsProfile = ownsProfile;
    this.#options = options;
  }

  static async open({ profile, ...options }: TestBrowserOptions = {}): Promise<TestBrowser> {
    const folder = profile ?? (await mkdtemp(join(tmpdir(), 'depesche-browser-')));
    const browser = new TestBrowser(folder, profile === undefined, options);
    await browser.open();
    return browser;
  }

  get context(): BrowserContext {
    if (this.#running === undefined) throw new Error('the browser is closed');
    return this.#running.context;
  }

  /** Of the browser process, the parent of all others. */
  get pid(): number {
    if (this.#running === undefined) throw new Error('the browser is closed');
    return this.#running.pid;
  }

  /** After `close` or `kill`: the same profile. */
  async open(): Promise<void> {
    const executablePath = findBrowser();
    if (executablePath === undefined) throw new Error('no Chromium found; name it with CHROMIUM=/path');
    const context = await chromium.launchPersistentContext(this.profile, {
      executablePath,
      headless: true,
      locale: 'de-DE',
      timezoneId: 'Europe/Berlin',
      ...DESKTOP,
      ...this.#options,
      args: [...ARGS, ...(this.#options.args ?? [])],
    });
    context.on('weberror', (error) => this.errors.push(String(error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    this.#running = { context, pid: await browserPid(this.profile) };
  }

  /** The page that is there, or a new one. */
  async page(): Promise<Page> {
    return this.context.pages()[0] ?? (await this.context.newPage());
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.context.close();
  }

  /** The whole browser at once, as a phone that runs out of power: nothing is written on the way out. */
  async kill(): Promise<void> {
    const { context, pid } = this.#running ?? {};
    this.#running = undefined;
    if (context === undefined || pid === undefined) return;
    const gone = new Promise((resolve) => context.once('close', resolve));
    // Its process group: renderers write the profile, too.
    process.kill(-pid, 'SIGKILL');
    await gone;
  }

  /** Closes for good and removes the profile. */
  async end(): Promise<void> {
    await this.close();
    if (this.#ownsProfile) await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Chromium names itself in the lock of its profile: `host-pid`. */
async function browserPid(profile: string): Promise<number> {
  const lock = await readlink(join(profile, 'SingletonLock'));
  return Number(lock.slice(lock.lastIndexOf('-') + 1));
}
