/**
 * What comes into the own mailbox: Welcomes into groups, each with a snapshot (SPEC J3–J5). Anybody with
 * a pass can write there, so nothing is believed that the directory does not say: the town is the one
 * we were invited to, every leaf is a device of the directory with the key it has there, and a pair's
 * conversation is the one of their first claim, with nobody else in it.
 *
 * A mail may come before what it stands on: the town's log up to its position, or the log's word that we
 * were removed from the group it leads back into. Each mail is therefore put aside with its place in the
 * mailbox, durably, and taken from there; one that must wait holds up no other.
 */
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { GroupState } from '../crypto/group';
import { isLaterDirectory, pairKey, type Directory } from '../domain/directory';
import type { Conversation } from '../domain/conversation';
import type { DeviceId, LogId, PersonId } from '../domain/ids';
import { continuationOf } from '../domain/succession';
import { TOWN_LOG } from '../records/keys';
import type { Identity } from '../records/logRecords';
import type { LogRunner } from '../sync/logRunner';
import type { ReceivedMail } from '../sync/runnerHost';
import { openMail, type OpenedMail } from '../sync/mail';
import type { VaultKey, VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { groupSelfOf, keyPackagesOf } from './identity';
import { prepareJoining } from './joinedByMail';

/** Rows of `meta`: mails put aside, by their seq in the mailbox. */
const ASIDE = 20;
/** More than these wait only when somebody floods us; the oldest go. */
const MOST_ASIDE = 500;

interface Joining {
  readonly writes: readonly VaultWrite[];
  done(): Promise<void>;
  /** Nothing was written: all stays as it was. */
  failed(): void;
}

/** What a mail stands on. */
interface Needs {
  readonly log: LogId;
  readonly generation: number;
  readonly seq: number;
  readonly position: number;
}

interface Aside {
  readonly envelope: Bytes;
  /** Known once it was opened. */
  readonly needs: Needs | undefined;
}

export class Mailroom {
  readonly #engine: Engine;
  readonly #aside = new Map<number, Aside>();
  #queue: Promise<void> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async load(): Promise<void> {
    const range = { from: asideKey(0), to: asideKey(Number.MAX_SAFE_INTEGER) };
    for (const { key, value } of await this.#engine.records.range<Bytes>('meta', range))
      this.#aside.set(key[1], { envelope: value, needs: undefined });
  }

  /** What the mailbox writes with the mail at `seq`; `done` then takes the mail as far as it goes. */
  async receive(seq: number, envelope: Bytes): Promise<ReceivedMail> {
    const writes: VaultWrite[] = [await this.#engine.records.put('meta', asideKey(seq), envelope)];
    const oldest = this.#aside.size < MOST_ASIDE ? undefined : Math.min(...this.#aside.keys());
    if (oldest !== undefined) writes.push({ store: 'meta', delete: asideKey(oldest) });
    return {
      writes,
      done: async () => {
        if (oldest !== undefined) this.#aside.delete(oldest);
        this.#aside.set(seq, { envelope, needs: undefined });
        this.lookAgain();
        await this.#queue;
      },
    };
  }

  /** The town has advanced, or we have left a group. One after the other: two mails may lead into one log. */
  lookAgain(): void {
    if (this.#aside.size > 0) this.#queue = this.#queue.then(() => this.#lookAgain()).catch(() => undefined);
  }

  async #lookAgain(): Promise<void> {
    for (const [seq, aside] of [...this.#aside]) {
      if (aside.needs !== undefined && this.#mustWait(aside.needs)) continue;
      const verdict = await this.#judge(aside.envelope);
      if (verdict === 'later') continue;
      if (verdict !== undefined && 'position' in verdict) {
        this.#aside.set(seq, { ...aside, needs: verdict });
        continue;
      }
      const drop: VaultWrite = { store: 'meta', delete: asideKey(seq) };
      if (verdict !== undefined && this.#isNextTown(verdict)) {
        // All else that lies here is taken by the engine that begins anew.
        await this.#engine.succession.follow(verdict, [drop]);
        return;
      }
      const joining = verdict === undefined ? undefined : await this.#join(verdict);
      if (!(await this.#engine.write([...(joining?.writes ?? []), drop]))) {
        joining?.failed();
        return;
      }
      this.#aside.delete(seq);
      await joining?.done();
    }
  }

  /** The mail, what it must wait for, or undefined when it leads nowhere. */
  async #judge(envelope: Bytes): Promise<OpenedMail | Needs | 'later' | undefined> {
    const { identity, services } = this.#engine;
    if (identity === undefined) return undefined;
    const request = await this.#engine.back.judge(envelope, identity);
    if (request !== 'none') return request === 'later' ? 'later' : undefined;
    const packages = [...keyPackagesOf(identity), ...this.#engine.back.packages()];
    const opened = await openMail(services.groups, groupSelfOf(identity), packages, envelope);
    if (!opened.ok) return undefined;
    const mail = opened.value;
    if (mail.context.kind === 'town') {
      const isOurs = await this.#isOurTown(mail);
      if (isOurs !== true) return isOurs ? 'later' : undefined;
    } else {
      const { generation, seq, position } = mail.snapshot;
      const needs = { log: mail.context.log, generation, seq, position };
      if (generation < this.#engine.generation) return undefined;
      const existing = this.#engine.runnerOf(needs.log);
      if (existing !== undefined && needs.seq <= existing.state.progress.cursor) return undefined;
      if (this.#mustWait(needs)) return needs;
    }
    return this.#isGenuine(mail, this.#directoryFor(mail), identity) ? mail : undefined;
  }

  /** While joining: the one of the link. Afterwards only back into the one we have lost, further on. */
  async #isOurTown(mail: OpenedMail): Promise<boolean | 'later'> {
    const town = this.#engine.runners.get(TOWN_LOG);
    if (town === undefined) return this.#engine.setup.isOurTown(mail);
    if (await this.#engine.succession.isSuccessor(mail)) return true;
    const { fold, seq, generation } = mail.snapshot;
    if (generation !== this.#engine.generation) return false;
    if (seq <= town.state.progress.cursor || fold.type !== 'town') return false;
    if (town.lost === undefined) return this.#engine.back.isAskingFor(town.log) && 'later';
    return isLaterDirectory(this.#engine.directory(), fold.directory);
  }

  /** Another relay's (SPEC Q6), not the one we come back into. */
  #isNextTown({ context, snapshot }: OpenedMail): boolean {
    const { runners, generation } = this.#engine;
    return context.kind === 'town' && runners.has(TOWN_LOG) && snapshot.generation > generation;
  }

  #mustWait({ log, generation, seq, position }: Needs): boolean {
    const town = this.#engine.runners.get(TOWN_LOG);
    if (town === undefined || this.#engine.generation < generation || this.#engine.back.isEnded) return true;
    // It has passed positions without being able to read what stands there (SPEC B1, B6).
    if (town.lost !== undefined || town.state.progress.suspect !== undefined) return true;
    if (this.#engine.townSeq() < position) return true;
    const existing = this.#engine.runnerOf(log);
    // Its log will tell: either we are removed before that seq, or there was no reason to write to us.
    return existing !== undefined && !existing.needsWelcome && existing.state.progress.cursor < seq;
  }

  #directoryFor({ snapshot }: OpenedMail): Directory {
    return snapshot.fold.type === 'town' ? snapshot.fold.directory : this.#engine.directory();
  }

  #isGenuine(mail: OpenedMail, directory: Directory, identity: Identity): boolean {
    if (!this.#areLeavesKnown(mail.group, directory)) return false;
    const { context, snapshot } = mail;
    if (!this.#isSameLog(mail)) return false;
    if (context.kind === 'town') return true;
    if (snapshot.fold.type !== 'conversation' || snapshot.fold.conversation.kind !== context.kind)
      return false;
    const roster = Object.keys(snapshot.fold.conversation.roster) as PersonId[];
    if (!roster.includes(identity.person)) return false;
    const waiting = this.#continuing(context.log);
    // Whoever was not with us cannot say where we go on, however early the claim.
    if (waiting !== undefined && waiting.roster[waiting.by] === undefined) return false;
    if (context.kind === 'group') return context.pair === undefined;
    const { pair } = context;
    if (pair === undefined || pair[0] === pair[1] || roster.length !== 2) return false;
    if (!pair.every((person) => roster.includes(person))) return false;
    // A directory that came from further back knows no claim of theirs: then what we continue says whose it is.
    const partner = waiting?.runner.state.core.partner;
    const isOurs = partner !== undefined && pair.includes(partner) && pair.includes(identity.person);
    return isOurs || directory.claims[pairKey(pair[0], pair[1])] === context.log;
  }

  /** Back into a log we know: with the keys it has. */
  #isSameLog({ context }: OpenedMail): boolean {
    const core = this.#engine.runnerOf(context.log)?.state.core;
    return (
      core === undefined ||
      (core.kind === context.kind &&
        equalBytes(core.readKey, context.readKey) &&
        equalBytes(core.writeKey, context.writeKey))
    );
  }

  /** A leaf speaks for the device it names; so it must carry that device's key. */
  #areLeavesKnown(group: GroupState, directory: Directory): boolean {
    return this.#engine.services.groups.members(group).every((member) => {
      const device = directory.devices[bytesToHex(member.device) as DeviceId];
      return device !== undefined && equalBytes(device.facts.signatureKey, member.signatureKey);
    });
  }

  async #join(mail: OpenedMail): Promise<Joining | undefined> {
    const { identity } = this.#engine;
    if (identity === undefined) return undefined;
    const existing =
      this.#engine.runnerOf(mail.context.log) ??
      this.#continuing(mail.context.log)?.runner ??
      this.#begun(mail, identity);
    // What the old runner does last must be in the vault before it is replaced.
    await existing?.hold();
    try {
      const { state, writes, done, anew } = await prepareJoining(this.#engine, {
        mail,
        identity,
        existing,
        directory: this.#directoryFor(mail),
      });
      return {
        writes,
        done: () => {
          for (const intent of done) this.#engine.book.remove(intent);
          for (const { number, intent } of anew) this.#engine.book.set(number, intent);
          return this.#engine.joined(state);
        },
        failed: () => existing?.release(),
      };
    } catch (error) {
      existing?.release();
      throw error;
    }
  }

  /** A conversation of ours whose claim names this log, and whose claim that is. */
  #continuing(
    log: LogId,
  ):
    | { readonly runner: LogRunner; readonly by: PersonId; readonly roster: Conversation['roster'] }
    | undefined {
    for (const runner of this.#engine.conversations()) {
      const { core, fold, progress } = runner.state;
      if (core.continues === undefined || progress.isCreated || fold.type !== 'conversation') continue;
      const { next } = continuationOf(this.#engine.directory(), core.continues.log);
      if (next?.log === log) return { runner, by: next.by, roster: fold.conversation.roster };
    }
    return undefined;
  }

  /** A pair's conversation that we had begun ourselves, and whose claim we lost, lives on in theirs. */
  #begun(mail: OpenedMail, identity: Identity): LogRunner | undefined {
    const partner = mail.context.pair?.find((person) => person !== identity.person);
    const begun = partner === undefined ? undefined : this.#engine.conversationWith(partner);
    return begun?.state.progress.isCreated === true ? undefined : begun;
  }
}

function asideKey(seq: number): VaultKey {
  return [ASIDE, seq];
}
