/**
 * What comes into the own mailbox: Welcomes into groups, each with a snapshot (SPEC J3–J5). Anybody with
 * a pass can write there, so nothing is believed that the directory does not say: the town is the one
 * we were invited to, every leaf is a device of the directory with the key it has there, and a pair's
 * conversation is the one of their first claim, with nobody else in it.
 */
import { bytesToHex, equalBytes, type Bytes } from '../lib/bytes';
import type { GroupState } from '../crypto/group';
import { pairKey, type Directory } from '../domain/directory';
import type { DeviceId, PersonId } from '../domain/ids';
import { documentRowKey, rowKey, TOWN_LOG } from '../records/keys';
import type { Identity } from '../records/logRecords';
import { addToTimeline } from '../records/timelineRows';
import type { LogState } from '../sync/logState';
import { newLogWrites, type LogRunner, type ReceivedMail } from '../sync/logRunner';
import { openMail, verifiedHistory, type OpenedMail } from '../sync/mail';
import type { VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { groupSelfOf, keyPackagesOf } from './identity';
import { joinedLog } from './newLogs';

const NOTHING: ReceivedMail = { writes: [], done: () => undefined };

export class Mailroom {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** `later`: it names a state of the town that this device has not read yet. */
  async receive(envelope: Bytes): Promise<ReceivedMail | 'later'> {
    const { identity, services } = this.#engine;
    if (identity === undefined) return NOTHING;
    const opened = await openMail(services.groups, groupSelfOf(identity), keyPackagesOf(identity), envelope);
    if (!opened.ok) return NOTHING;
    const mail = opened.value;
    const isTown = mail.context.kind === 'town';
    if (isTown && (this.#engine.runners.has(TOWN_LOG) || !this.#engine.setup.isOurTown(mail))) return NOTHING;
    if (!isTown) {
      const town = this.#engine.runners.get(TOWN_LOG);
      if (town === undefined) return NOTHING;
      if (town.state.progress.cursor < mail.snapshot.position) {
        town.refresh();
        return 'later';
      }
    }
    const directory =
      mail.snapshot.fold.type === 'town' ? mail.snapshot.fold.directory : this.#engine.directory();
    if (!this.#isGenuine(mail, directory, identity)) return NOTHING;
    const existing = this.#engine.runnerOf(mail.context.log);
    if (existing?.state.progress.isMember === true && existing.state.group !== undefined) return NOTHING;
    return this.#join(mail, identity, directory, existing);
  }

  #isGenuine(mail: OpenedMail, directory: Directory, identity: Identity): boolean {
    if (!this.#areLeavesKnown(mail.group, directory)) return false;
    const { context, snapshot } = mail;
    if (context.kind === 'town') return true;
    if (snapshot.fold.type !== 'conversation' || snapshot.fold.conversation.kind !== context.kind)
      return false;
    const roster = Object.keys(snapshot.fold.conversation.roster) as PersonId[];
    if (!roster.includes(identity.person)) return false;
    if (context.kind === 'group') return context.pair === undefined;
    const pair = context.pair;
    return (
      pair !== undefined &&
      pair[0] !== pair[1] &&
      roster.length === 2 &&
      pair.every((person) => roster.includes(person)) &&
      directory.claims[pairKey(pair[0], pair[1])] === context.log
    );
  }

  /** A leaf speaks for the device it names; so it must carry that device's key. */
  #areLeavesKnown(group: GroupState, directory: Directory): boolean {
    return this.#engine.services.groups.members(group).every((member) => {
      const device = directory.devices[bytesToHex(member.device) as DeviceId];
      return device !== undefined && equalBytes(device.facts.signatureKey, member.signatureKey);
    });
  }

  async #join(
    mail: OpenedMail,
    identity: Identity,
    directory: Directory,
    existing: LogRunner | undefined,
  ): Promise<ReceivedMail> {
    const { services, records } = this.#engine;
    const number = mail.context.kind === 'town' ? TOWN_LOG : this.#numberFor(mail, identity, existing);
    const { groups, random, clock } = services;
    const joined = await joinedLog({ groups, random, now: clock.now() }, identity, number, mail);
    const history = await verifiedHistory(mail.context, mail.snapshot.history, directory);
    const kept = existing?.state.progress;
    const fresh = history.filter((item) => item.order > (kept?.lastOrder ?? -1));
    const timeline = await addToTimeline(records, number, kept?.tail ?? [], fresh);
    const lastOrder = fresh.at(-1)?.order ?? kept?.lastOrder ?? 0;
    const state: LogState = {
      ...joined,
      progress: {
        ...joined.progress,
        tail: timeline.tail,
        lastOrder,
        readUpTo: lastOrder,
        // Own entries from before a removal keep their counters.
        nextCounter: Math.max(kept?.nextCounter ?? 1, (mail.snapshot.counters[identity.device] ?? 0) + 1),
      },
    };
    existing?.stop();
    const writes = [
      ...(await newLogWrites(records, groups, state)),
      ...timeline.writes,
      ...(await this.#documentWrites(number, mail)),
      ...(await this.#linkWrites(state)),
    ];
    return { writes, done: () => void this.#engine.joined(state) };
  }

  async #documentWrites(number: number, mail: OpenedMail): Promise<readonly VaultWrite[]> {
    const all = { from: documentRowKey(number, 0), to: documentRowKey(number, Number.MAX_SAFE_INTEGER) };
    // Orders of the log begin far above: an envelope's worth is free for states.
    const states = Object.entries(mail.snapshot.documents).map(([document, state], order) =>
      this.#engine.records.put('rows', documentRowKey(number, order), { document, state, order }),
    );
    return [{ store: 'rows', deleteRange: all }, ...(await Promise.all(states))];
  }

  async #linkWrites({ number, progress }: LogState): Promise<readonly VaultWrite[]> {
    if (number !== TOWN_LOG) return [];
    return [await this.#engine.records.put('rows', rowKey(number, progress.cursor), progress.chain)];
  }

  /** A pair's conversation that we had begun ourselves, and whose claim we lost, lives on in theirs. */
  #numberFor(mail: OpenedMail, identity: Identity, existing: LogRunner | undefined): number {
    if (existing !== undefined) return existing.state.number;
    const partner = mail.context.pair?.find((person) => person !== identity.person);
    const begun = partner === undefined ? undefined : this.#engine.conversationWith(partner);
    return begun?.state.number ?? this.#engine.newConversationNumber();
  }
}
