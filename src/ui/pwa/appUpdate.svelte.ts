/**
 * New versions of the app. A new service worker waits until the person switches; switching saves
 * drafts first, and every open tab does the same before it reloads, once.
 *
 *   none → ready ("Jetzt wechseln / Später") → switching → (reload)
 *                                   └ unsaved: a draft could not be saved, nothing is reloaded
 */
export type UpdateStep = 'none' | 'ready' | 'switching' | 'unsaved';
/** What the last check came to; `unavailable`: this browser keeps no shell (private window, old browser). */
export type CheckResult = 'never' | 'checking' | 'current' | 'found' | 'no-network' | 'unavailable';

/** The part of the service worker's lifecycle that the screen needs; see register.ts. */
export interface UpdateSource {
  /** Asks the server; answers whether a newer version is waiting or being fetched. */
  check(): Promise<boolean>;
  /** Lets the waiting version take over all tabs. */
  activate(): void;
  reload(): void;
}

export class AppUpdate {
  #step = $state<UpdateStep>('none');
  #isPutOff = $state(false);
  #check = $state<CheckResult>('never');
  #isInCharge = false;
  #source: UpdateSource | undefined;
  readonly #saveEverything: () => Promise<boolean>;

  constructor(saveEverything: () => Promise<boolean>) {
    this.#saveEverything = saveEverything;
  }

  get step(): UpdateStep {
    return this.#step;
  }
  get lastCheck(): CheckResult {
    return this.#check;
  }
  get isBannerShown(): boolean {
    return this.#step !== 'none' && !(this.#step === 'ready' && this.#isPutOff);
  }

  attach(source: UpdateSource): void {
    this.#source = source;
  }
  noteUnavailable(): void {
    this.#check = 'unavailable';
  }

  /** A newer version is on this device and waits. */
  noteWaiting(): void {
    if (this.#step === 'none') this.#step = 'ready';
    this.#check = 'found';
  }

  putOff(): void {
    this.#isPutOff = true;
  }

  /** Asked for by the person: shows the banner again if it was put off. */
  async checkNow(): Promise<void> {
    this.#isPutOff = false;
    await this.checkQuietly();
  }

  async checkQuietly(): Promise<void> {
    if (this.#source === undefined) {
      this.#check = 'unavailable';
      return;
    }
    if (this.#check === 'checking') return;
    this.#check = 'checking';
    try {
      const isFound = await this.#source.check();
      this.#check = isFound ? 'found' : 'current';
    } catch {
      this.#check = 'no-network';
    }
  }

  /** "Jetzt wechseln": this tab saves first, so that a refusal leaves everything as it was. */
  async switchNow(): Promise<void> {
    if (this.#source === undefined || this.#step === 'none' || this.#step === 'switching') return;
    this.#step = 'switching';
    if (!(await this.#saveEverything())) {
      this.#step = 'unsaved';
      return;
    }
    if (this.#isInCharge) this.#source.reload();
    else this.#source.activate();
  }

  /** The new version has taken over, here or from another tab: leave the old one, but lose nothing. */
  async noteInCharge(): Promise<void> {
    if (this.#isInCharge) return;
    this.#isInCharge = true;
    this.#step = 'switching';
    if (await this.#saveEverything()) this.#source?.reload();
    else this.#step = 'unsaved';
  }
}
