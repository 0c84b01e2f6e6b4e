/**
 * Whether the relay is still the one this device knows (SPEC Q2–Q4). Before anything is watched, a relay
 * with another incarnation is compared with what we have read. One that has lost something gets nothing
 * from us: only the mailbox is opened there, because the town's successor will write to it.
 */
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import { holdsAt } from '../domain/directory';
import type { DeviceId, LogId } from '../domain/ids';
import { parseLink } from '../domain/invitationLink';
import { MAILBOX_LOG, META, TOWN_LOG, VIEW } from '../records/keys';
import type { LogRunner } from '../sync/logRunner';
import type { OpenedMail } from '../sync/mail';
import { isSuccessor, townLogId } from '../sync/succession';
import type { VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { NotStored } from './intentBook';
import { joinedLog } from './newLogs';
import { compareLogs } from './successionCheck';
import { moveTown } from './successionMove';
import type { Attempt, RelayRecord } from './successionRecords';
import { newAttempt, nextTown, openTownLog } from './successionTown';
import type { StatusProblem, SuccessionView } from './views';

/** Signatures, expiry and receipts bear with clocks that differ by less. */
const CLOCK_SLACK_MS = 5 * 60_000;
const KNOCK_MS = 5_000;

export class Succession {
  readonly #engine: Engine;
  #record: RelayRecord = { incarnation: undefined, lostSince: undefined };
  /** The comparison that counts: each connection begins its own. */
  #comparing: symbol | undefined;
  #isClockWrong = false;
  #isVersionTooOld = false;
  /** Of the relay we are connected to. */
  #met: Bytes | undefined;
  #cancelKnock: (() => void) | undefined;
  #isContinuing = false;
  #problem: SuccessionView['problem'];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async load(): Promise<void> {
    this.#record = (await this.#engine.records.get<RelayRecord>('meta', META.relay)) ?? this.#record;
  }

  /** Nothing may be handed over, nor asked of any log but the mailbox. */
  get isLost(): boolean {
    const { lostSince, attempt } = this.#record;
    return lostSince !== undefined || attempt !== undefined || this.#comparing !== undefined;
  }

  get problem(): StatusProblem | undefined {
    if (this.#isVersionTooOld) return 'version-too-old';
    if (this.#record.lostSince !== undefined) return 'relay-changed';
    return this.#isClockWrong ? 'clock-wrong' : undefined;
  }

  /** The town's log that somebody else has at this relay, as long as no Welcome into it has come (SPEC Q6). */
  get nextTown(): LogId | undefined {
    const { founding } = this.#engine.directory();
    const { taken = 0, attempt } = this.#record;
    return attempt === undefined && taken > this.#engine.generation ? townLogId(founding, taken) : undefined;
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
    // What another connection had begun to compare is over with it.
    this.#comparing = undefined;
    this.#isClockWrong = Math.abs(relayTime - this.#engine.services.clock.now()) > CLOCK_SLACK_MS;
    this.show();
    this.#met = incarnation;
    const known = this.#record.incarnation;
    const isKnown = known !== undefined && equalBytes(known, incarnation);
    if (this.#engine.setup.phase !== 'ready') {
      // Nothing read yet that could be lost; but the mailbox in which we wait for the Welcome is not there.
      return known === undefined || isKnown ? this.#accept(incarnation) : this.#goOnAt(incarnation);
    }
    if (this.#record.attempt !== undefined) return this.#continue(this.#record.attempt);
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
    return this.#goOnAt(incarnation);
  }

  async #goOnAt(incarnation: Bytes): Promise<boolean> {
    if ((await this.#forgetPlaces()) && (await this.#accept(incarnation))) return true;
    // Not stored: this connection is good for nothing, the next one compares again.
    const { relay, services } = this.#engine;
    services.clock.after(KNOCK_MS, () => {
      relay?.reconnect();
    });
    return false;
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
    return this.#save({ ...this.#record, incarnation, lostSince: undefined });
  }

  // ---- loss ----------------------------------------------------------------------------------------

  /** The relay does not have what we have read: from now on only the mailbox is used there. */
  async lost(): Promise<void> {
    const engine = this.#engine;
    if (this.#record.lostSince === undefined)
      await this.#save({ ...this.#record, lostSince: engine.services.clock.now() });
    const mailbox = engine.runners.get(MAILBOX_LOG);
    for (const runner of engine.runners.values()) if (runner !== mailbox) runner.disconnected();
    if (mailbox !== undefined) await this.#beginMailbox(mailbox);
    engine.back.lookAgain();
  }

  /** A disk that is full now has room later: until this is stored there is nothing to knock with. */
  async #beginMailbox(mailbox: LogRunner): Promise<void> {
    const { runners, services } = this.#engine;
    if (runners.get(MAILBOX_LOG) !== mailbox || this.#record.lostSince === undefined) return;
    if (await mailbox.update({ isCreated: false, cursor: 0 })) await this.#knock(mailbox);
    else services.clock.after(KNOCK_MS, () => void this.#beginMailbox(mailbox));
  }

  /** Until the new relay's admin gives us a pass, it has no mailbox for us: what leads on will lie there. */
  async #knock(mailbox: LogRunner): Promise<void> {
    const { runners, relay, services } = this.#engine;
    if (relay?.isOnline !== true || runners.get(MAILBOX_LOG) !== mailbox) return;
    if (this.#record.lostSince === undefined || mailbox.state.progress.isCreated) return;
    mailbox.disconnected();
    await this.#engine.watch([mailbox]);
    this.#cancelKnock?.();
    this.#cancelKnock = services.clock.after(KNOCK_MS, () => void this.#knock(mailbox));
  }

  // ---- going on elsewhere ------------------------------------------------------------------------

  /** An admin opened the new relay's one-time link. From here on a closed app takes it up again. */
  async ask(number: number, token: string): Promise<void> {
    const engine = this.#engine;
    const drop: VaultWrite = { store: 'intents', delete: [number, 0] };
    const link = parseLink(`#/einrichten/${token}`, '');
    this.#problem = engine.isAdmin ? undefined : 'not-admin';
    if (engine.setup.phase !== 'ready' || !engine.isAdmin || link.type !== 'setup') {
      await engine.write([drop]);
      this.show();
      return;
    }
    const attempt = newAttempt(engine, link.token, this.#record.taken);
    if (!(await this.#save({ ...this.#record, attempt }, [drop]))) throw new NotStored();
    if (engine.relay?.isOnline === true) void this.#continue(attempt);
    else this.#fail('no-network');
  }

  /** False: whatever comes of it, this connection is not for the logs as they were. */
  async #continue(attempt: Attempt): Promise<false> {
    const { relay } = this.#engine;
    if (relay === undefined || this.#isContinuing) return false;
    this.#isContinuing = true;
    this.#problem = undefined;
    this.show();
    const outcome = await openTownLog(this.#engine, relay, attempt);
    const isMoved = outcome === 'created' && (await this.#move(attempt));
    this.#isContinuing = false;
    if (isMoved) return false;
    if (outcome === 'offline' || outcome === 'created') this.#tryAgain(attempt);
    else {
      this.#problem = outcome === 'link-used' ? 'link-used' : undefined;
      const { taken } = this.#record;
      const now = outcome === 'taken' ? attempt.generation : taken;
      await this.#save({ ...this.#record, attempt: undefined, taken: now });
      // Without the attempt the relay is met again, as by everybody else.
      relay.reconnect();
    }
    return false;
  }

  async #move(attempt: Attempt): Promise<boolean> {
    const town = await nextTown(this.#engine, attempt);
    return town !== undefined && (await moveTown(this.#engine, town, this.#met, []));
  }

  /** The next connection takes the attempt up by itself; one that stays is asked again. */
  #tryAgain(attempt: Attempt): void {
    this.#fail('no-network');
    this.#engine.services.clock.after(KNOCK_MS, () => {
      if (this.#record.attempt === attempt && this.#engine.relay?.isOnline === true)
        void this.#continue(attempt);
    });
  }

  #fail(problem: SuccessionView['problem']): void {
    this.#problem = problem;
    this.show();
  }

  /** The town's next log has come by mail: its directory must follow on from ours (SPEC Q6). */
  async isSuccessor({ context, snapshot, group }: OpenedMail): Promise<boolean> {
    const engine = this.#engine;
    const { identity } = engine;
    if (identity === undefined || context.kind !== 'town' || snapshot.fold.type !== 'town') return false;
    const { directory } = snapshot.fold;
    const device = directory.devices[identity.device];
    if (device === undefined || !holdsAt(device, snapshot.seq)) return false;
    const areLeavesKnown = engine.services.groups.members(group).every((member) => {
      const known = directory.devices[bytesToHex(member.device) as DeviceId];
      return known !== undefined && equalBytes(known.facts.signatureKey, member.signatureKey);
    });
    return areLeavesKnown && isSuccessor(engine.directory(), engine.townSeq(), directory, context.log);
  }

  /** True when this device has gone over; the engine begins anew. */
  async follow(mail: OpenedMail, more: readonly VaultWrite[]): Promise<boolean> {
    const { services, identity } = this.#engine;
    if (identity === undefined) return false;
    const { groups, random, clock } = services;
    const { generation } = mail.snapshot;
    const town = await joinedLog({ groups, random, now: clock.now(), generation }, identity, TOWN_LOG, mail);
    return moveTown(this.#engine, town, this.#met ?? this.#record.incarnation, more);
  }

  async #save(record: RelayRecord, more: readonly VaultWrite[] = []): Promise<boolean> {
    this.#record = record;
    const isWritten = await this.#engine.write([
      ...more,
      await this.#engine.records.put('meta', META.relay, record),
    ]);
    this.show();
    return isWritten;
  }

  // ---- view ----------------------------------------------------------------------------------------

  show(): void {
    this.#engine.views.mark(VIEW.succession, () => this.#view());
    this.#engine.statusChanged();
  }

  #view(): SuccessionView {
    const { lostSince: since, attempt, continuedAt } = this.#record;
    return { state: this.#state(since, attempt), since, problem: this.#problem, continuedAt };
  }

  #state(since: number | undefined, attempt: Attempt | undefined): SuccessionView['state'] {
    if (attempt !== undefined) return 'continuing';
    if (this.nextTown !== undefined) return 'waits-for-other';
    return since === undefined ? 'ours' : 'waits-for-admin';
  }
}
