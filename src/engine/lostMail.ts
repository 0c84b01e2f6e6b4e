/**
 * Mail to this device that was lost before it was read may have been a Welcome into a conversation that it knows
 * nothing of. It says so in the town, until that counts (SPEC J7): then whoever has added it meanwhile, and has
 * not heard of it, adds it anew.
 */
import { MAIL_LOST_EVERY_MS } from '../domain/directory';
import { MAILBOX_LOG, TOWN_LOG } from '../records/keys';
import type { Engine } from './engine';

export class LostMail {
  readonly #engine: Engine;
  /** What an entry of ours speaks of, and how many had counted before it. */
  #told: { readonly missed: number; readonly counted: number } | undefined;
  #cancelTimer: (() => void) | undefined;
  #toldAt = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** A log was read to its head, or the directory is another one. */
  look(): void {
    const { runners, identity, book, back, services } = this.#engine;
    const [mailbox, town] = [runners.get(MAILBOX_LOG), runners.get(TOWN_LOG)];
    const missed = mailbox?.state.progress.missed;
    if (mailbox === undefined || missed === undefined || identity === undefined) return;
    if (town === undefined) {
      // The Welcome into the town itself may have been lost (SPEC B2).
      back.lookAgain();
      return;
    }
    // Behind every commit whose Welcome can have been lost: the town is read to its head first.
    if (town.lost !== undefined || back.isEnded || !town.isWatched || town.isCatchingUp) return;
    if (book.waiting(TOWN_LOG).some(({ intent }) => intent.body.kind === 'town-mail-lost')) return;
    const { at = 0, seqs = [] } = this.#engine.directory().devices[identity.device]?.mailLost ?? {};
    if (this.#told?.missed === missed && seqs.length > this.#told.counted) {
      this.#told = undefined;
      void mailbox.update({ missed: undefined });
      return;
    }
    const now = services.clock.now();
    const wait = MAIL_LOST_EVERY_MS - Math.min(Math.abs(now - at), Math.abs(now - this.#toldAt));
    this.#cancelTimer?.();
    this.#cancelTimer = services.clock.after(wait > 0 ? wait : MAIL_LOST_EVERY_MS, () => {
      this.look();
    });
    if (wait > 0) return;
    this.#told = { missed, counted: seqs.length };
    this.#toldAt = now;
    void this.#engine.addEntry(TOWN_LOG, { kind: 'town-mail-lost' });
  }
}
