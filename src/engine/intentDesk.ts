/**
 * What becomes of each wish. It is replaced in the vault by what it becomes, in one batch: an entry
 * under the same number, a new log, or nothing more. Wishes that only become entries share a batch:
 * whoever was long without network, or without the app, has thousands.
 */
import { assert, unreachable } from '../lib/assert';
import { cleanLine, parseBody, PERSONS_PER_ENTRY, TEXT_LENGTH, type EntryBody } from '../domain/body';
import { pairKey } from '../domain/directory';
import { idFromBytes, type InvitationId, type LogId, type PersonId } from '../domain/ids';
import { TOWN_LOG, rowKey } from '../records/keys';
import type { TimelineRecord } from '../records/logRecords';
import type { LogRunner } from '../sync/logRunner';
import { newLogWrites } from '../sync/saveLog';
import type { VaultWrite } from '../vault/vault';
import { parseEntry, parseContent } from '../domain/entry';
import type { Engine } from './engine';
import { groupSelfOf } from './identity';
import { NotStored, type Wish } from './intentBook';
import type { Intent } from './intents';
import { foundLog } from './newLogs';
import { entryOfAsk, type Ask } from './setupRecords';

/** Where a wish leads that becomes one entry. */
interface Destination {
  readonly log: number;
  readonly body: EntryBody;
}

export class IntentDesk {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** See IntentHandler. */
  async handle(wishes: readonly [Wish, ...Wish[]]): Promise<number> {
    const entries: (Wish & Destination)[] = [];
    for (const wish of wishes) {
      const destination = this.#destinationOf(this.#inPlace(wish.ask.intent));
      if (destination === undefined) break;
      entries.push({ ...wish, ...destination });
    }
    if (entries.length === 0) await this.#carryOut(wishes[0]);
    else await this.#addEntries(entries);
    return Math.max(1, entries.length);
  }

  /** Undefined for wishes that are more, or less, than one entry. */
  #destinationOf(intent: Intent): Destination | undefined {
    const { random } = this.#engine.services;
    switch (intent.type) {
      case 'send-text':
        return onlyOne(intent.conversation, textBodies(intent.text));
      case 'edit-document':
        return {
          log: intent.conversation,
          body: {
            kind: 'document',
            document: intent.document,
            session: new Uint8Array(intent.session),
            update: new Uint8Array(intent.update),
          },
        };
      case 'rename-group':
        return { log: intent.conversation, body: { kind: 'title', title: cleanLine(intent.title) } };
      case 'add-members':
        return onlyOne(intent.conversation, rosterBodies(intent.persons, []));
      case 'remove-members':
        return onlyOne(intent.conversation, rosterBodies([], intent.persons));
      case 'leave-group':
        return { log: intent.conversation, body: { kind: 'roster', add: [], remove: [this.#me] } };
      case 'invite':
        return {
          log: TOWN_LOG,
          body: {
            kind: 'town-invited',
            invitation: idFromBytes<InvitationId>(random.bytes(16)),
            secret: random.bytes(32),
            expiresAt: intent.expiresAt,
            uses: intent.uses,
          },
        };
      case 'withdraw-invitation':
        return {
          log: TOWN_LOG,
          body: { kind: 'town-invitation-withdrawn', invitation: intent.invitation },
        };
      case 'rename-self':
        return {
          log: TOWN_LOG,
          body: { kind: 'town-renamed', person: this.#me, name: cleanLine(intent.name) },
        };
      case 'block-device':
        return { log: TOWN_LOG, body: { kind: 'town-blocked', device: intent.device } };
      case 'remove-person':
        return { log: TOWN_LOG, body: { kind: 'town-person-removed', person: intent.person } };
      case 'set-admin':
        return {
          log: TOWN_LOG,
          body: { kind: 'town-admin', person: intent.person, isAdmin: intent.isAdmin },
        };
      case 'set-look':
        return { log: TOWN_LOG, body: { kind: 'town-look', ...intent.look } };
      case 'found-town':
      case 'join-town':
      case 'cancel-setup':
      case 'cancel-entry':
      case 'open-direct':
      case 'create-group':
      case 'mark-read':
      case 'set-flags':
      case 'presence':
      case 'continue-town':
      case 'connect-now':
        return undefined;
      default:
        return unreachable(intent);
    }
  }

  async #carryOut({ number, ask }: Wish): Promise<void> {
    const intent = this.#inPlace(ask.intent);
    switch (intent.type) {
      case 'found-town':
        return this.#engine.setup.found(number, ask, intent);
      case 'join-town':
        return this.#engine.setup.join(number, intent);
      case 'cancel-setup':
        return this.#engine.setup.cancel(number);
      case 'send-text':
        return this.#addInParts(number, ask, intent.conversation, textBodies(intent.text));
      case 'cancel-entry':
        return this.#cancel(number, intent);
      case 'open-direct':
        return this.#openDirect(number, ask, intent);
      case 'create-group':
        return this.#createGroup(number, ask, intent);
      case 'add-members':
        return this.#addInParts(number, ask, intent.conversation, rosterBodies(intent.persons, []));
      case 'remove-members':
        return this.#addInParts(number, ask, intent.conversation, rosterBodies([], intent.persons));
      case 'mark-read':
        return this.#markRead(number, intent);
      case 'set-flags':
        return this.#setFlags(number, intent);
      case 'presence':
        await this.#drop(number);
        return this.#engine.presence.castOut(
          intent.conversation,
          intent.document,
          new Uint8Array(intent.bytes),
        );
      case 'continue-town':
        return this.#engine.succession.ask(number, intent.token);
      case 'connect-now':
        this.#engine.connectNow();
        return this.#drop(number);
      default:
        assert(false, 'every other wish has a destination');
    }
  }

  /** What is asked of a conversation that has moved is asked of the one it has moved into. */
  #inPlace(intent: Intent): Intent {
    if (!('conversation' in intent) || intent.type === 'open-direct' || intent.type === 'create-group')
      return intent;
    return { ...intent, conversation: this.#engine.moved.placeOf(intent.conversation) };
  }

  get #me(): PersonId {
    return this.#engine.viewSource.me.person;
  }

  async #write(writes: readonly VaultWrite[], isStrict = true): Promise<void> {
    if (!(await this.#engine.write(writes, isStrict))) throw new NotStored();
  }

  async #drop(number: number): Promise<void> {
    await this.#write([remove(number)], false);
  }

  async #addEntries(wishes: readonly (Wish & Destination)[]): Promise<void> {
    const { records, runners, book, invitations } = this.#engine;
    const changes = await Promise.all(
      wishes.map(async ({ number, ask, log, body }) => {
        // A wish for a conversation that is not (or no longer) ours has nowhere to go.
        if (!runners.has(log) || !isFitToSend(body)) return { number, write: remove(number) };
        const intent = entryOfAsk(ask, log, body);
        return { number, intent, write: await records.putIntent(number, intent) };
      }),
    );
    await this.#write(
      changes.map(({ write }) => write),
      false,
    );
    for (const { number, intent } of changes) if (intent !== undefined) book.set(number, intent);
    if (wishes.some(({ log }) => log === TOWN_LOG)) invitations.show();
  }

  /** The wish becomes the first of them; a device that is gone in between leaves the rest unsaid. */
  async #addInParts(number: number, ask: Ask, log: number, bodies: readonly EntryBody[]): Promise<void> {
    const [first, ...others] = bodies;
    if (first === undefined) return this.#drop(number);
    await this.#addEntries([{ number, ask, log, body: first }]);
    if (!this.#engine.runners.has(log)) return;
    for (const body of others) await this.#engine.addEntry(log, body);
  }

  /** Without a counter it was never sent and simply goes; with one, a void entry takes its place. */
  async #cancel(number: number, intent: Extract<Intent, { type: 'cancel-entry' }>): Promise<void> {
    // Between looking and writing nothing may be sealed, or what was cancelled would go out all the same.
    const runner = this.#engine.runners.get(intent.conversation);
    await runner?.hold();
    try {
      await this.#cancelHeld(number, intent, runner);
    } finally {
      runner?.release();
    }
  }

  async #cancelHeld(
    number: number,
    intent: Extract<Intent, { type: 'cancel-entry' }>,
    runner: LogRunner | undefined,
  ): Promise<void> {
    const engine = this.#engine;
    const found = engine.book
      .waiting(intent.conversation)
      .find(({ intent: entry }) => entry.entry === intent.entry);
    const isInFlight = runner?.state.flight?.envelopes.some((envelope) =>
      envelope.intents.includes(found?.number ?? -1),
    );
    if (found === undefined || found.intent.seq !== undefined || isInFlight === true)
      return this.#drop(number);
    if (found.intent.counter === undefined) {
      await this.#write([remove(number), remove(found.number)]);
      engine.book.remove(found.number);
    } else {
      const voided = { ...found.intent, body: { kind: 'void' } as const };
      await this.#write([remove(number), await engine.records.putIntent(found.number, voided)]);
      engine.book.set(found.number, voided);
    }
    engine.conversationChanged(intent.conversation);
  }

  async #openDirect(
    number: number,
    ask: Ask,
    intent: Extract<Intent, { type: 'open-direct' }>,
  ): Promise<void> {
    const engine = this.#engine;
    const isKnown = engine.directory().persons[intent.person] !== undefined;
    if (!isKnown || intent.person === this.#me) return this.#drop(number);
    const existing = engine.conversationWith(intent.person)?.state.number;
    if (existing !== undefined) return this.#moveInto(number, intent.conversation, existing);
    const log = await this.#foundConversation(intent.conversation, 'direct', [this.#me, intent.person]);
    const claim = entryOfAsk(ask, TOWN_LOG, {
      kind: 'town-claimed',
      pair: [this.#me, intent.person],
      log: log.core.log,
    });
    const { records, services } = engine;
    const writes = [
      ...(await newLogWrites(records, services.groups, log)),
      await records.putIntent(number, claim),
    ];
    await this.#write(writes);
    engine.book.set(number, claim);
    await engine.addAndWatch(log);
  }

  /** The tab did not know of the pair's conversation, or another tab has just begun it. */
  async #moveInto(number: number, chosen: number, existing: number): Promise<void> {
    if (chosen === existing) return this.#drop(number);
    const { moved } = this.#engine;
    await this.#write([await moved.put(chosen, existing), remove(number)]);
    moved.add(chosen, existing);
    this.#engine.conversationChanged(existing);
  }

  async #createGroup(
    number: number,
    ask: Ask,
    intent: Extract<Intent, { type: 'create-group' }>,
  ): Promise<void> {
    const engine = this.#engine;
    if (engine.runners.has(intent.conversation)) return this.#drop(number);
    const title = cleanLine(intent.title);
    const persons = [...new Set([this.#me, ...intent.persons])];
    const log = await this.#foundConversation(intent.conversation, 'group', undefined);
    const founded = entryOfAsk(ask, intent.conversation, {
      kind: 'founded',
      ...(title !== '' && { title }),
      persons: persons.slice(0, PERSONS_PER_ENTRY),
    });
    const { records, services } = engine;
    const writes = [
      ...(await newLogWrites(records, services.groups, log)),
      await records.putIntent(number, founded),
    ];
    await this.#write(writes);
    engine.book.set(number, founded);
    await engine.addAndWatch(log);
    for (const body of rosterBodies(persons.slice(PERSONS_PER_ENTRY), []))
      await engine.addEntry(intent.conversation, body);
  }

  async #foundConversation(
    number: number,
    kind: 'direct' | 'group',
    pair: readonly [PersonId, PersonId] | undefined,
  ): ReturnType<typeof foundLog> {
    const { services, identity } = this.#engine;
    if (identity === undefined) throw new Error('invariant broken: conversations need an identity');
    const now = services.clock.now();
    return foundLog(
      { groups: services.groups, random: services.random, now, generation: this.#engine.generation },
      groupSelfOf(identity),
      number,
      kind,
      pair,
    );
  }

  /** Whether the pair's first claim in the town's log is ours; until it is there nothing is sent. */
  ownsClaim(partner: PersonId, log: LogId): boolean {
    return this.#engine.directory().claims[pairKey(this.#me, partner)] === log;
  }

  /** A lost claim's group was never used: it waits for the mail that leads into the winner's. */
  async townChanged(): Promise<void> {
    for (const runner of this.#engine.conversations()) runner.poke();
    await Promise.resolve();
  }

  async #markRead(number: number, intent: Extract<Intent, { type: 'mark-read' }>): Promise<void> {
    const runner = this.#engine.runners.get(intent.conversation);
    const progress = runner?.state.progress;
    if (runner === undefined || progress === undefined || intent.upTo <= progress.readUpTo)
      return this.#drop(number);
    const readUpTo = Math.min(intent.upTo, progress.lastOrder);
    const unread =
      readUpTo >= progress.lastOrder ? 0 : await this.#unreadBehind(intent.conversation, readUpTo);
    if (!(await runner.update({ readUpTo, unread }, [remove(number)]))) throw new NotStored();
  }

  async #unreadBehind(conversation: number, order: number): Promise<number> {
    const rows = await this.#engine.records.range<readonly TimelineRecord[]>('rows', {
      from: rowKey(conversation, order + 1),
      to: rowKey(conversation, Number.MAX_SAFE_INTEGER),
    });
    return rows
      .flatMap((row) => row.value)
      .filter((item) => item.order > order && item.author !== this.#me && isText(item)).length;
  }

  async #setFlags(number: number, intent: Extract<Intent, { type: 'set-flags' }>): Promise<void> {
    const runner = this.#engine.runners.get(intent.conversation);
    if (runner === undefined) return this.#drop(number);
    const { progress } = runner.state;
    const isSaved = await runner.update(
      {
        isPinned: intent.pinned ?? progress.isPinned,
        isMuted: intent.muted ?? progress.isMuted,
        isArchived: intent.archived ?? progress.isArchived,
      },
      [remove(number)],
    );
    if (!isSaved) throw new NotStored();
  }
}

function remove(number: number): VaultWrite {
  return { store: 'intents', delete: [number, 0] };
}

function isText(item: TimelineRecord): boolean {
  if (item.proof === undefined) return false;
  const entry = parseEntry(item.proof.entry);
  const content = entry.ok ? parseContent(entry.value.content) : undefined;
  return content?.ok === true && content.value.body.kind === 'text';
}

/** What no device would accept must not go out: it would come back as unreadable, for everybody. */
function isFitToSend({ kind, ...body }: EntryBody): boolean {
  return parseBody(kind, body).ok && !('text' in body && body.text.trim() === '');
}

/** One change of a roster, in as many entries as it takes. */
function rosterBodies(add: readonly PersonId[], remove: readonly PersonId[]): readonly EntryBody[] {
  const bodies: EntryBody[] = [];
  for (let at = 0; at < Math.max(add.length, remove.length); at += PERSONS_PER_ENTRY) {
    const part = (persons: readonly PersonId[]) => persons.slice(at, at + PERSONS_PER_ENTRY);
    bodies.push({ kind: 'roster', add: part(add), remove: part(remove) });
  }
  return bodies;
}

/** The composer refuses what is too long for one entry; whatever comes past it is sent in parts, not lost. */
function textBodies(text: string): readonly EntryBody[] {
  const bodies: EntryBody[] = [];
  for (let rest = text; rest !== '';) {
    const end = rest.charCodeAt(TEXT_LENGTH - 1) >>> 10 === 0b110110 ? TEXT_LENGTH - 1 : TEXT_LENGTH;
    bodies.push({ kind: 'text', text: rest.slice(0, end) });
    rest = rest.slice(end);
  }
  return bodies;
}

function onlyOne(log: number, bodies: readonly EntryBody[]): Destination | undefined {
  const [body, ...others] = bodies;
  return body === undefined || others.length > 0 ? undefined : { log, body };
}
