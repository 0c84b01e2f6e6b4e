/** What a browser does to an app's storage: no room, or the connection taken away under it. */
import type { CDPSession } from 'playwright-core';
import type { Staff } from './staff';

/** Bytes the app may use, and so few that nothing more goes in. */
const ROOM = 8_000_000;
const NO_ROOM = 1;

export class BrowserStorage {
  readonly #staff: Staff;
  readonly #origin: string;
  readonly #session: CDPSession;

  private constructor(staff: Staff, origin: string, session: CDPSession) {
    this.#staff = staff;
    this.#origin = origin;
    this.#session = session;
  }

  static async of(staff: Staff, origin: string): Promise<BrowserStorage> {
    const session = await staff.browser.context.newCDPSession(staff.page);
    const storage = new BrowserStorage(staff, origin, session);
    await storage.makeRoom();
    return storage;
  }

  /** From now on nothing is taken. The app must be open. */
  async fill(): Promise<void> {
    await this.#allow(NO_ROOM);
    // Chromium asks for the room that is left about twice a minute, and whenever more is wanted than was left.
    await this.#probe(ROOM);
    while (!(await this.#probe(1_000))) await this.#staff.page.waitForTimeout(500);
  }

  async makeRoom(): Promise<void> {
    await this.#allow(ROOM);
  }

  async #allow(quotaSize: number): Promise<void> {
    await this.#session.send('Storage.overrideQuotaForOrigin', { origin: this.#origin, quotaSize });
  }

  /** Writes beside the app; answers whether that was refused. */
  #probe(size: number): Promise<boolean> {
    return this.#staff.page.evaluate(async (bytes) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('probe', 1);
        request.onupgradeneeded = () => request.result.createObjectStore('probe');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('cannot open'));
      });
      const transaction = database.transaction('probe', 'readwrite');
      transaction.objectStore('probe').put(new Uint8Array(bytes), 1);
      const isRefused = await new Promise<boolean>((resolve) => {
        transaction.oncomplete = () => resolve(false);
        transaction.onabort = () => resolve(true);
      });
      database.close();
      return isRefused;
    }, size);
  }

  /** Closes every connection to the app's database, as Chromium does when it runs into trouble itself. */
  async closeConnections(): Promise<void> {
    const page = await this.#staff.browser.context.newPage();
    await page.goto('chrome://indexeddb-internals/');
    await page.getByText('Force close', { exact: true }).click();
    await page.waitForFunction(() => document.body.innerText.includes('Open connections: 0'));
    await page.close();
    await this.#staff.page.bringToFront();
  }
}
