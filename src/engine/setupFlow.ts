/**
 * The way into a town: founding one with the relay's one-time link, or joining one with an invitation
 * (SPEC J1–J5). Every step is written before it is taken, so that a closed app goes on where it was.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { generateSignatureKeyPair } from '../crypto/signature';
import { foundingName } from '../domain/back';
import { cleanLine } from '../domain/body';
import { holdsAt } from '../domain/directory';
import { idToBytes, type LogId } from '../domain/ids';
import { parseLink } from '../domain/invitationLink';
import { LIMITS } from '../protocol/limits';
import {
  OP,
  appendResult,
  doneResult,
  passesResult,
  readResult,
  watchResult,
  type StoredEnvelope,
} from '../protocol/frames';
import { META, TOWN_LOG, VIEW } from '../records/keys';
import {
  invitationKeys,
  openInvitationMessage,
  sealInvitationMessage,
  type InvitationKeys,
} from '../sync/invitationLog';
import type { Request } from '../sync/relayClient';
import { newLogWrites } from '../sync/saveLog';
import type { OpenedMail } from '../sync/mail';
import type { VaultWrite } from '../vault/vault';
import type { Engine } from './engine';
import { createIdentity, deviceFactsOf, groupSelfOf } from './identity';
import type { Intent } from './intents';
import { foundLog, mailboxLog } from './newLogs';
import { NotStored } from './intentBook';
import { entryOfAsk, type Ask, type SetupRecord } from './setupRecords';
import type { SetupProblem, SetupView } from './views';

/** A vault that is full may have room again. */
const RETRY_MS = 1_000;

const ASK_AGAIN_MS = 5_000;

export const ROOT_KEY_META = [9, 0] as const;

export class SetupFlow {
  readonly #engine: Engine;
  #record: SetupRecord = { phase: 'empty' };
  #invitationCursor = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async load(record: SetupRecord): Promise<void> {
    this.#record = record;
    await Promise.resolve();
  }

  get phase(): SetupRecord['phase'] {
    return this.#record.phase;
  }

  // ---- founding -------------------------------------------------------------------------------

  async found(number: number, ask: Ask, intent: Extract<Intent, { type: 'found-town' }>): Promise<void> {
    const engine = this.#engine;
    const { groups, random, clock } = engine.services;
    const link = parseLink(`#/einrichten/${intent.token}`, intent.relay);
    const [townName, ownName] = [cleanLine(intent.townName), cleanLine(intent.ownName)];
    if (this.#record.phase !== 'empty' || link.type !== 'setup' || townName === '' || ownName === '') {
      await engine.write([{ store: 'intents', delete: [number, 0] }]);
      return;
    }
    const identity = await createIdentity(engine.services, ownName, intent.relay);
    const root = generateSignatureKeyPair(random);
    const services = { groups, random, now: clock.now(), generation: 0 };
    const town = await foundLog(services, groupSelfOf(identity), TOWN_LOG, 'town', undefined);
    const mailbox = mailboxLog(identity, clock.now());
    const entry = entryOfAsk(ask, TOWN_LOG, {
      kind: 'town-founded',
      name: townName,
      rootKey: root.publicKey,
      person: identity.person,
      personName: ownName,
      device: deviceFactsOf(identity),
    });
    const { records } = engine;
    const record: SetupRecord = {
      phase: 'founding',
      token: link.token,
      townName,
      step: 'connecting',
      problem: undefined,
    };
    const isWritten = await engine.write([
      await records.put('meta', META.identity, identity),
      await records.put('meta', ROOT_KEY_META, root.secret.expose()),
      await records.put('meta', META.setup, record),
      ...(await newLogWrites(records, groups, town)),
      ...(await newLogWrites(records, groups, mailbox)),
      await records.putIntent(number, entry),
    ]);
    if (!isWritten) throw new NotStored();
    this.#record = record;
    engine.book.set(number, entry);
    engine.openSession(identity);
    await engine.addRunner(town);
    await engine.addRunner(mailbox);
    this.show();
    engine.relay?.start();
  }

  // ---- joining --------------------------------------------------------------------------------

  async join(number: number, intent: Extract<Intent, { type: 'join-town' }>): Promise<void> {
    const engine = this.#engine;
    const link = parseLink(intent.link, '');
    const name = cleanLine(intent.ownName);
    const drop: VaultWrite = { store: 'intents', delete: [number, 0] };
    if (this.#record.phase !== 'empty' || link.type !== 'invitation' || name === '') {
      await engine.write([drop]);
      return;
    }
    const { invitation } = link;
    const { random, clock } = engine.services;
    const identity = await createIdentity(engine.services, name, invitation.origin);
    const request = sealInvitationMessage(
      invitationKeys(invitation.secret),
      { type: 'request', person: identity.person, name, device: deviceFactsOf(identity) },
      random,
    );
    const mailbox = mailboxLog(identity, clock.now());
    const { records } = engine;
    const record: SetupRecord = {
      phase: 'joining',
      secret: invitation.secret,
      founding: invitation.founding,
      since: clock.now(),
      step: 'connecting',
      townName: undefined,
      request,
      problem: undefined,
    };
    const isWritten = await engine.write([
      await records.put('meta', META.identity, identity),
      await records.put('meta', META.setup, record),
      ...(await newLogWrites(records, engine.services.groups, mailbox)),
      drop,
    ]);
    if (!isWritten) throw new NotStored();
    this.#record = record;
    engine.openSession(identity);
    await engine.addRunner(mailbox);
    this.show();
    engine.relay?.start();
  }

  /** Nothing of the attempt stays: identity, logs and waiting entries go. */
  async cancel(number: number): Promise<void> {
    const engine = this.#engine;
    const drop: VaultWrite = { store: 'intents', delete: [number, 0] };
    if (this.#record.phase !== 'founding' && this.#record.phase !== 'joining') {
      await engine.write([drop]);
      return;
    }
    await engine.closeSession();
    const record: SetupRecord = { phase: 'empty' };
    const end = Number.MAX_SAFE_INTEGER;
    const isWritten = await engine.write([
      drop,
      { store: 'meta', delete: META.identity },
      { store: 'meta', delete: ROOT_KEY_META },
      { store: 'meta', delete: META.back },
      { store: 'logs', deleteRange: { from: [0, 0], to: [end, end] } },
      ...engine.book.all().map(({ number: entry }): VaultWrite => ({ store: 'intents', delete: [entry, 0] })),
      await engine.records.put('meta', META.setup, record),
    ]);
    if (!isWritten) throw new NotStored();
    this.#record = record;
    this.#invitationCursor = 0;
    engine.book.removeAll(engine.book.all().map((waiting) => waiting.number));
    await engine.back.load();
    this.show();
  }

  // ---- what the connection brings ---------------------------------------------------------------

  mayCreate(): boolean {
    const record = this.#record;
    if (record.phase === 'founding') return record.step === 'creating';
    if (record.phase === 'joining') return record.step === 'accepted' || record.step === 'receiving';
    return record.phase === 'ready';
  }

  connectionChanged(state: 'online' | 'connecting' | 'offline'): void {
    const record = this.#record;
    if (record.phase !== 'founding' && record.phase !== 'joining') return;
    const problem =
      state === 'offline' ? 'no-network' : record.problem === 'no-network' ? undefined : record.problem;
    if (problem === record.problem) return;
    this.#record = { ...record, problem };
    this.show();
  }

  /** True when the session may go on to its logs. */
  async online(): Promise<boolean> {
    const record = this.#record;
    if (record.phase === 'founding' && record.step !== 'creating') return this.#claim(record);
    if (record.phase === 'joining' && (record.step === 'connecting' || record.step === 'sent')) {
      await this.#ask(record);
      return false;
    }
    // The town may have been known before, and the step into it not been written.
    await this.townChanged();
    return true;
  }

  async #claim(record: Extract<SetupRecord, { phase: 'founding' }>): Promise<boolean> {
    const { relay } = this.#engine;
    if (relay === undefined) return false;
    if (!(await this.#set({ ...record, step: 'claiming', problem: undefined }))) return false;
    const claimed = await relay.request([OP.claim, record.token], doneResult);
    if (!claimed.ok) {
      // The answer to an earlier try may have been lost: then we are admin already.
      const passes = await relay.request([OP.passes], passesResult);
      if (!passes.ok) {
        if (claimed.error.type !== 'offline')
          await this.#set({ ...record, problem: problemOf(claimed.error.type) });
        return false;
      }
    }
    return this.#set({ ...record, step: 'creating', problem: undefined });
  }

  async #ask(record: Extract<SetupRecord, { phase: 'joining' }>): Promise<void> {
    const { relay } = this.#engine;
    if (relay === undefined) return;
    const keys = invitationKeys(record.secret);
    const log = idToBytes(keys.log);
    const sent = await relay.request([OP.append, log, keys.writeKey, 0, [record.request]], appendResult);
    if (!sent.ok && sent.error.type === 'offline') return;
    const refusal = sent.ok ? sent.value[1]?.[0] : sent.error.type;
    if (refusal !== undefined) {
      await this.#set({ ...record, problem: problemOf(refusal) });
      // The link may be older than the log it leads to: the admin's device has no network yet.
      if (problemOf(refusal) !== 'link-used') this.#askAgain();
      return;
    }
    // Not before: there is nothing to watch where nothing could be written.
    const watched = await relay.request([OP.watch, [[log, keys.readKey, 0, 0]]], watchResult);
    if (!watched.ok || watched.value.some((item) => item.length === 2)) this.#askAgain();
    if (!(await this.#set({ ...record, step: 'sent', problem: undefined }))) return;
    // What was heard before may not have been kept.
    this.#invitationCursor = 0;
    await this.#readInvitation(keys);
  }

  /** The same request again, byte for byte: the relay keeps it once. */
  #askAgain(): void {
    const { relay, services } = this.#engine;
    services.clock.after(ASK_AGAIN_MS, () => {
      const record = this.#record;
      if (record.phase !== 'joining' || (record.step !== 'connecting' && record.step !== 'sent')) return;
      if (relay === this.#engine.relay && relay?.isOnline === true) void this.#ask(record);
    });
  }

  async #readInvitation(keys: InvitationKeys): Promise<void> {
    const { relay } = this.#engine;
    const log = idToBytes(keys.log);
    for (;;) {
      const before = this.#invitationCursor;
      const read = await relay?.request([OP.read, log, keys.readKey, before, LIMITS.readBytes], readResult);
      if (read?.ok !== true) return;
      const [envelopes, head] = read.value;
      if (envelopes.length > 0) this.news(keys.log, envelopes);
      if (this.#invitationCursor >= head || this.#invitationCursor === before) return;
    }
  }

  /** True when the news were the invitation's. */
  news(log: LogId, envelopes: readonly StoredEnvelope[]): boolean {
    const record = this.#record;
    if (record.phase !== 'joining') return false;
    const keys = invitationKeys(record.secret);
    if (keys.log !== log) return false;
    // There was too much to push.
    if (envelopes.length === 0) void this.#readInvitation(keys);
    for (const stored of envelopes) {
      if (stored.length === 6 || stored[0] <= this.#invitationCursor) continue;
      this.#invitationCursor = stored[0];
      const message = openInvitationMessage(keys, stored[3]);
      if (message === undefined || message.type === 'request' || message.type === 'back') continue;
      if (message.device !== this.#engine.identity?.device) continue;
      if (message.type === 'accepted') void this.#accepted(message.townName);
      else
        void this.#set({
          ...record,
          problem:
            message.reason === 'expired'
              ? 'link-expired'
              : message.reason === 'damaged'
                ? 'relay-refused'
                : 'link-used',
        });
    }
    return true;
  }

  async #accepted(townName: string): Promise<void> {
    const record = this.#record;
    if (record.phase !== 'joining' || record.step === 'accepted' || record.step === 'receiving') return;
    const accepted = { step: 'accepted', townName: cleanLine(townName), problem: undefined } as const;
    if (!(await this.#set({ ...record, ...accepted }))) return;
    // The relay knows our key from the next connection on.
    this.#engine.relay?.reconnect();
  }

  /** The town that has admitted us, as its founding names it, while we wait to be let in. */
  get admittedTo(): LogId | undefined {
    const record = this.#record;
    return record.phase === 'joining' && this.mayCreate() ? foundingName(record) : undefined;
  }

  /** To admins' devices, which read there. False when it has to be sent again. */
  async askAtDoor(request: Bytes): Promise<boolean> {
    const record = this.#record;
    const { relay, services } = this.#engine;
    if (relay === undefined || record.phase !== 'joining') return false;
    const keys = invitationKeys(record.secret);
    const message = sealInvitationMessage(keys, { type: 'back', request }, services.random);
    const frame: Request = [OP.append, idToBytes(keys.log), keys.writeKey, 0, [message]];
    const sent = await relay.request(frame, appendResult);
    return sent.ok && sent.value[1] === null;
  }

  /** The town named in the invitation, and we are in it. */
  isOurTown(mail: OpenedMail): boolean {
    const record = this.#record;
    if (record.phase !== 'joining' || mail.snapshot.fold.type !== 'town') return false;
    const { directory } = mail.snapshot.fold;
    const device = this.#engine.identity && directory.devices[this.#engine.identity.device];
    return equalBytes(directory.founding, record.founding) && device !== undefined;
  }

  async townChanged(): Promise<void> {
    const { identity } = this.#engine;
    const directory = this.#engine.directory();
    if (identity === undefined || directory.townName === '') return;
    const record = this.#record;
    const device = directory.devices[identity.device];
    const isOut = device !== undefined && !holdsAt(device, this.#engine.townSeq());
    if (isOut) {
      if (record.phase !== 'ended') await this.#set({ phase: 'ended', townName: directory.townName });
      return;
    }
    if (record.phase === 'founding' || record.phase === 'joining') {
      await this.#set({ phase: 'ready' });
      return;
    }
    this.show();
  }

  // ---- record and view ---------------------------------------------------------------------------

  /** Every step is written before it is taken. False: it was not, and is tried again with a new connection. */
  async #set(record: SetupRecord): Promise<boolean> {
    const engine = this.#engine;
    const isWritten = await engine.write([await engine.records.put('meta', META.setup, record)]);
    if (isWritten) this.#record = record;
    else engine.services.clock.after(RETRY_MS, () => engine.relay?.reconnect());
    this.show();
    return isWritten;
  }

  show(): void {
    this.#engine.views.mark(VIEW.setup, () => this.#view());
  }

  #view(): SetupView {
    const record = this.#record;
    switch (record.phase) {
      case 'empty':
        return { phase: 'empty' };
      case 'ended':
        return record;
      case 'founding':
        return { phase: 'founding', step: record.step, ...(record.problem && { problem: record.problem }) };
      case 'joining':
        return {
          phase: 'joining',
          step: record.step,
          townName: record.townName,
          since: record.since,
          ...(record.problem && { problem: record.problem }),
        };
      case 'ready':
        return this.#readyView();
    }
  }

  #readyView(): SetupView {
    const engine = this.#engine;
    const directory = engine.directory();
    const id = engine.viewSource.me.person;
    const name = directory.persons[id]?.name ?? engine.identity?.name ?? '';
    return {
      phase: 'ready',
      townName: directory.townName,
      me: { id, name, isMe: true, isAdmin: engine.isAdmin, isActive: true },
      isAdmin: engine.isAdmin,
    };
  }
}

function problemOf(refusal: string): SetupProblem {
  switch (refusal) {
    case 'bad-token':
      return 'link-used';
    case 'unknown-log':
      return 'link-foreign';
    case 'closed':
    case 'full':
      return 'link-used';
    case 'storage':
      return 'storage';
    default:
      return 'relay-refused';
  }
}
