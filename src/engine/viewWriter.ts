/**
 * Writes what the screen shows: small sealed records derived from the runners' states. Derived means
 * that they may be lost and are made anew; a burst of changes is written once.
 */
import { foldConversation, foundConversation, type Conversation, type Effect } from '../domain/conversation';
import { isAdminAt, holdsAt, type Directory } from '../domain/directory';
import type { EntryBody } from '../domain/body';
import type { DeviceId, PersonId } from '../domain/ids';
import { VIEW, conversationViewKey } from '../records/keys';
import type { Progress } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { WaitingIntent } from '../sync/flight';
import type { LogRunner } from '../sync/logRunner';
import type { VaultKey } from '../vault/vault';
import { deliveryOf } from './delivery';
import type {
  BackView,
  ConversationNumber,
  ConversationSummary,
  ConversationView,
  DirectoryView,
  ListView,
  PersonView,
  PreviewView,
  StatusView,
  SystemEvent,
} from './views';

/** The conversation's view, with what the tab needs to say how far own items have come. */
export interface ConversationRecord extends ConversationView {
  /** Its rows lie under this number; another one than its own when it has moved into an older conversation. */
  readonly rowsAt: ConversationNumber;
  /** Every other member has a device that has received, or read, up to this seq. */
  readonly othersDelivered: number;
  readonly othersRead: number;
  /** Of which of the town's logs these seqs speak, and how far it had come before, as orders. */
  readonly generation?: number;
  readonly former?: Progress['former'];
}

export interface ViewSource {
  readonly me: { readonly person: PersonId; readonly device: DeviceId };
  directory(): Directory;
  townSeq(): number;
  conversations(): readonly LogRunner[];
  /** Numbers under which a conversation is shown besides its own. */
  otherNumbers(number: number): readonly number[];
  waiting(log: number): readonly WaitingIntent[];
  allWaiting(): readonly WaitingIntent[];
  status(): Pick<StatusView, 'connection' | 'problem'>;
  boardTitle(log: number): string | undefined;
  back?(runner: LogRunner): BackView | undefined;
}

/** What to do when the vault does not take views. */
export interface ViewRecovery {
  /** Calls back when trying again may be worth it. */
  later(run: () => void): void;
  /** It takes them again. */
  recovered(): void;
}

export class ViewWriter {
  readonly #records: SealedRecords;
  readonly #term: number;
  readonly #recovery: ViewRecovery | undefined;
  readonly #dirty = new Map<string, { readonly key: VaultKey; readonly make: () => unknown }>();
  /** The list's lines that are as they were when the list was last made. */
  readonly #summaries = new Map<number, ConversationSummary>();
  #isWriting = false;
  #hasFailed = false;
  #isRetryWaiting = false;
  #isOver = false;

  constructor(records: SealedRecords, term: number, recovery?: ViewRecovery) {
    this.#records = records;
    this.#term = term;
    this.#recovery = recovery;
  }

  stop(): void {
    this.#isOver = true;
  }

  /** The latest `make` of a key is called when it is written. */
  mark(key: VaultKey, make: () => unknown): void {
    this.#dirty.set(key.join('/'), { key, make });
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    // One turn of the loop gathers what belongs together.
    await Promise.resolve();
    while (this.#dirty.size > 0 && !this.#isOver) {
      const batch = [...this.#dirty.values()];
      this.#dirty.clear();
      const isWritten = await this.#commit(batch).catch(() => false);
      if (isWritten) {
        this.#recovered();
        continue;
      }
      // Written with the next change or after a while; the data they show is safe.
      for (const item of batch) {
        const name = item.key.join('/');
        if (!this.#dirty.has(name)) this.#dirty.set(name, item);
      }
      this.#failed();
      break;
    }
    this.#isWriting = false;
  }

  /** A device at rest changes nothing for hours: what it could not write must not wait for that. */
  #failed(): void {
    this.#hasFailed = true;
    if (this.#isRetryWaiting) return;
    this.#isRetryWaiting = true;
    this.#recovery?.later(() => {
      this.#isRetryWaiting = false;
      if (!this.#isWriting && !this.#isOver) void this.#write();
    });
  }

  #recovered(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#recovery?.recovered();
  }

  async #commit(
    batch: readonly { readonly key: VaultKey; readonly make: () => unknown }[],
  ): Promise<boolean> {
    const writes = await Promise.all(batch.map(({ key, make }) => this.#records.put('views', key, make())));
    return (await this.#records.vault.commit({ writes, fence: { term: this.#term } })).ok;
  }

  conversation(source: ViewSource, runner: LogRunner): void {
    this.#summaries.delete(runner.state.number);
    const { number } = runner.state;
    this.mark(conversationViewKey(number), () => conversationRecord(source, runner));
    for (const other of source.otherNumbers(number))
      this.mark(conversationViewKey(other), () => ({ ...conversationRecord(source, runner), number: other }));
    this.mark(VIEW.list, () => this.#listView(source));
  }

  all(source: ViewSource): void {
    for (const runner of source.conversations()) this.conversation(source, runner);
    this.mark(VIEW.list, () => this.#listView(source));
    this.mark(VIEW.directory, () => directoryView(source));
    this.status(source);
  }

  #listView(source: ViewSource): ListView {
    const conversations = source.conversations().map((runner) => {
      const { number } = runner.state;
      const line = this.#summaries.get(number) ?? summary(source, runner);
      this.#summaries.set(number, line);
      return line;
    });
    conversations.sort(
      (a, b) => Number(b.isPinned) - Number(a.isPinned) || b.at - a.at || a.number - b.number,
    );
    return { conversations };
  }

  status(source: ViewSource): void {
    this.mark(VIEW.status, () => statusView(source));
  }
}

/** As this device will have it once its waiting entries are in the log. */
export function expectedConversation(source: ViewSource, runner: LogRunner): Conversation {
  const { fold } = runner.state;
  if (fold.type !== 'conversation') return foundConversation('group', []);
  let conversation = fold.conversation;
  for (const { intent } of source.waiting(runner.state.number))
    conversation = foldConversation(conversation, {
      author: source.me.person,
      body: intent.body,
    }).conversation;
  return conversation;
}

export function personName(directory: Directory, person: PersonId): string {
  return directory.persons[person]?.name ?? '';
}

function titleOf(source: ViewSource, runner: LogRunner, conversation: Conversation): string {
  const { partner } = runner.state.core;
  if (partner !== undefined) return personName(source.directory(), partner);
  return (
    conversation.title ??
    (Object.keys(conversation.roster) as PersonId[])
      .filter((person) => person !== source.me.person)
      .map((person) => personName(source.directory(), person))
      .join(', ')
  );
}

function conversationRecord(source: ViewSource, runner: LogRunner): ConversationRecord {
  const conversation = expectedConversation(source, runner);
  const { progress, core, number } = runner.state;
  const directory = source.directory();
  const roster = Object.entries(conversation.roster) as [PersonId, 'member' | 'manager'][];
  const others = roster.map(([person]) => person).filter((person) => person !== source.me.person);
  const receipts = receiptsByPerson(directory, progress);
  const back = source.back?.(runner);
  // Whoever is on the way back belongs, and may write: it goes out afterwards.
  const isIn = progress.isMember || (back !== undefined && back.waitsFor !== 'nothing');
  const isMember = isIn && conversation.roster[source.me.person] !== undefined;
  return {
    number,
    rowsAt: number,
    kind: core.kind === 'direct' ? 'direct' : 'group',
    title: titleOf(source, runner, conversation),
    members: roster.map(([person, role]) => ({
      person,
      name: personName(directory, person),
      isMe: person === source.me.person,
      role,
    })),
    isMember,
    canManage: isMember && conversation.roster[source.me.person] === 'manager',
    readUpTo: progress.readUpTo,
    lastOrder: progress.lastOrder,
    unread: progress.unread,
    isPinned: progress.isPinned,
    isMuted: progress.isMuted,
    isArchived: progress.isArchived,
    boardTitle: source.boardTitle(number),
    trouble: troubleOf(runner),
    generation: core.generation ?? 0,
    former: progress.former,
    back,
    othersDelivered: lowest(others.map((person) => receipts.get(person)?.[0] ?? 0)),
    othersRead: lowest(others.map((person) => receipts.get(person)?.[1] ?? 0)),
  };
}

/** What stops the conversation goes before what is only missing in it. */
function troubleOf({ state, refusal, isCatchingUp }: LogRunner): ConversationView['trouble'] {
  const { trouble } = state.progress;
  if (trouble === 'needs-reentry' || trouble === 'forked') return trouble;
  if (refusal !== undefined) return refusal;
  return trouble === 'none' && isCatchingUp ? 'catching-up' : trouble;
}

/** Delivered and read up to; of a person's devices the furthest ("on at least one device of the recipient"). */
export function receiptsByPerson(
  directory: Directory,
  progress: Progress,
): ReadonlyMap<PersonId, readonly [delivered: number, read: number]> {
  const byPerson = new Map<PersonId, readonly [number, number]>();
  for (const [device, [delivered, read]] of Object.entries(progress.receipts)) {
    const person = directory.devices[device as DeviceId]?.person;
    if (person === undefined) continue;
    const before = byPerson.get(person) ?? [0, 0];
    byPerson.set(person, [Math.max(before[0], delivered), Math.max(before[1], read)]);
  }
  return byPerson;
}

export function lowest(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.min(...values);
}

function summary(source: ViewSource, runner: LogRunner): ConversationSummary {
  const record = conversationRecord(source, runner);
  const waiting = source.waiting(record.number).filter(({ intent }) => isMessage(intent.body));
  const newest = waiting.at(-1)?.intent;
  const { preview } = runner.state.progress;
  return {
    number: record.number,
    kind: record.kind,
    title: record.title,
    preview:
      newest?.body.kind === 'text'
        ? ownPreview(source, newest.body.text, newest.seq !== undefined)
        : loggedPreview(source, record, preview),
    at: Math.max(newest?.writtenAt ?? 0, preview?.at ?? 0, runner.state.core.createdAt),
    unread: record.unread,
    waiting: waiting.filter(({ intent }) => intent.seq === undefined).length,
    isPinned: record.isPinned,
    isMuted: record.isMuted,
    isArchived: record.isArchived,
    isMember: record.isMember,
    back: record.back,
  };
}

function ownPreview(source: ViewSource, text: string, isHandedOver: boolean): PreviewView {
  return {
    author: source.me.person,
    authorName: personName(source.directory(), source.me.person),
    isMine: true,
    text: (text.split('\n', 1)[0] ?? '').slice(0, 160),
    system: undefined,
    state: isHandedOver ? 'handed-over' : 'saved',
  };
}

function loggedPreview(
  source: ViewSource,
  record: ConversationRecord,
  preview: Progress['preview'],
): PreviewView | undefined {
  if (preview === undefined) return undefined;
  const isMine = preview.author === source.me.person;
  return {
    author: preview.author,
    authorName: preview.author === undefined ? undefined : personName(source.directory(), preview.author),
    isMine,
    text: preview.text,
    system:
      preview.effect === undefined || preview.author === undefined
        ? undefined
        : eventOf(preview.effect, preview.author),
    state: isMine && preview.text !== undefined ? deliveryOf(preview.order, record) : undefined,
  };
}

export function eventOf(effect: Effect, by: PersonId): SystemEvent {
  return effect.type === 'continued' ? effect : { ...effect, by };
}

function statusView(source: ViewSource): StatusView {
  const waiting = source
    .allWaiting()
    .filter(({ intent }) => isMessage(intent.body) && intent.seq === undefined);
  return {
    ...source.status(),
    waiting: waiting.length,
    waitingSince:
      waiting.length === 0 ? undefined : Math.min(...waiting.map(({ intent }) => intent.writtenAt)),
  };
}

/** What a person would call a message: counted and listed while it waits. */
export function isMessage(body: EntryBody): boolean {
  return body.kind === 'text';
}

export function directoryView(source: ViewSource): DirectoryView {
  const directory = source.directory();
  const seq = source.townSeq();
  const persons = Object.values(directory.persons).map((person): PersonView => ({
    id: person.id,
    name: person.name,
    isMe: person.id === source.me.person,
    isAdmin: isAdminAt(directory, person.id, seq),
    isActive: holdsAt(person, seq),
  }));
  const devices = Object.values(directory.devices).map((device) => ({
    id: device.facts.id,
    person: device.person,
    isThisDevice: device.facts.id === source.me.device,
    addedAt: device.addedAt,
    isBlocked: device.to !== undefined,
  }));
  const { townName, look } = directory;
  return { townName, persons, devices, ...(look && { look }) };
}
