/**
 * Whether the relay is still the one this device knows (SPEC Q2–Q4). Before anything is watched, a relay
 * with another incarnation is compared with what we have read. One that has lost something gets nothing
 * from us: only the mailbox is opened there, because the town's successor will write to it.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { MAILBOX_LOG, META, VIEW } from '../records/keys';
import type { LogRunner } from '../sync/logRunner';
import type { Engine } from './engine';
import { compareLogs } from './successionCheck';
import type { RelayRecord } from './successionRecords';
import type { StatusProblem, SuccessionView } from './views';

/** Signatures, expiry and receipts bear with clocks that differ by less. */
const CLOCK_SLACK_MS = 5 * 60_000;

export class Succession {
  readonly #engine: Engine;
  #record: RelayRecord = { incarnation: undefined, lostSince: undefined };
  /** The comparison that counts: each connection begins its own. */
  #comparing: symbol | undefined;
  #isClockWrong = false;
  #isVersionTooOld = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async load(): Promise<void> {
    this.#record = (await this.#engine.records.get<RelayRecord>('meta', META.relay)) ?? this.#record;
  }

  /** Nothing may be handed over, nor asked of any log but the mailbox. */
  get isLost(): boolean {
    return this.#record.lostSince !== undefined || this.#comparing !== undefined;
  }

  get problem(): StatusProblem | undefined {
    if (this.#isVersionTooOld) return 'version-too-old';
    if (this.#record.lostSince !== undefined) return 'relay-changed';
    return this.#isClockWrong ? 'clock-wrong' : undefined;
  }

  mayWatch(runner: LogRunner): boolean {
    return !this.isLost || runner.state.number === MAILBOX_LOG;
  }

  // ---- what the hello says -----------------------------------------------------------------------

  versionRefused(): void {
    this.#isVersionTooOld = true;
    this.show();
  }

  /** True when all logs may be watched. Says false as well when the connection went meanwhile. */
  async meets(incarnation: Bytes, relayTime: number): Promise<boolean> {
    this.#isVersionTooOld = false;
    this.#isClockWrong = Math.abs(relayTime - this.#engine.services.clock.now()) > CLOCK_SLACK_MS;
    this.show();
    if (this.#engine.setup.phase !== 'ready') return this.#accept(incarnation);
    const known = this.#record.incarnation;
    const isKnown = known !== undefined && equalBytes(known, incarnation);
    if (isKnown && this.#record.lostSince === undefined) return true;
    return this.#compare(incarnation);
  }

  async #compare(incarnation: Bytes): Promise<boolean> {
    const { relay, services } = this.#engine;
    if (relay === undefined) return false;
    const comparing = Symbol();
    this.#comparing = comparing;
    const verdict = await compareLogs(
      relay,
      this.#read().map(({ state }) => state),
      (ms) => new Promise((resolve) => services.clock.after(ms, resolve)),
    );
    if (this.#comparing !== comparing) return false;
    this.#comparing = undefined;
    if (verdict === 'offline' || !relay.isOnline) return false;
    if (verdict === 'lost') {
      await this.lost();
      return false;
    }
    return (await this.#forgetPlaces()) && this.#accept(incarnation);
  }

  /** What we have read: of other logs there is nothing to compare. */
  #read(): readonly LogRunner[] {
    return [...this.#engine.runners.values()].filter(({ state: { core, progress } }) => {
      if (core.kind === 'mailbox' || !progress.isCreated || !progress.isMember) return false;
      return progress.trouble !== 'needs-reentry';
    });
  }

  /** Slots and mailboxes have numbers without a chain: under another incarnation they mean nothing. */
  async #forgetPlaces(): Promise<boolean> {
    for (const runner of this.#engine.runners.values()) {
      const { core, progress } = runner.state;
      const { [this.#engine.viewSource.me.device]: _, ...receipts } = progress.receipts;
      const isSaved =
        core.kind === 'mailbox'
          ? await runner.update({ isCreated: false, cursor: 0, putCursor: 0 })
          : await runner.update({ putCursor: 0, receipts });
      if (!isSaved) return false;
    }
    return true;
  }

  async #accept(incarnation: Bytes): Promise<boolean> {
    const known = this.#record.incarnation;
    if (known !== undefined && equalBytes(known, incarnation) && this.#record.lostSince === undefined)
      return true;
    return this.#save({ incarnation, lostSince: undefined });
  }

  // ---- loss ----------------------------------------------------------------------------------------

  /** The relay does not have what we have read: from now on only the mailbox is used there. */
  async lost(): Promise<void> {
    const engine = this.#engine;
    if (this.#record.lostSince === undefined)
      await this.#save({ ...this.#record, lostSince: engine.services.clock.now() });
    const mailbox = engine.runners.get(MAILBOX_LOG);
    for (const runner of engine.runners.values()) if (runner !== mailbox) runner.disconnected();
    if (mailbox === undefined) return;
    await mailbox.update({ isCreated: false, cursor: 0 });
    await engine.watch([mailbox]);
  }

  async #save(record: RelayRecord): Promise<boolean> {
    this.#record = record;
    const isWritten = await this.#engine.write([await this.#engine.records.put('meta', META.relay, record)]);
    this.show();
    return isWritten;
  }

  // ---- view ----------------------------------------------------------------------------------------

  show(): void {
    this.#engine.views.mark(VIEW.succession, () => this.#view());
    this.#engine.statusChanged();
  }

  #view(): SuccessionView {
    const since = this.#record.lostSince;
    return { state: since === undefined ? 'ours' : 'waits-for-admin', since };
  }
}
