/**
 * An AppClient in memory, for looking at the screen and for testing it without an engine. It keeps the
 * promises of engine/client.ts as far as a screen can tell: views come at once and after every change,
 * nothing counts as saved before `intend` resolves. `world` lets a test move the network and others.
 */
import { err, ok, type Result } from '../../src/lib/result';
import type { Bytes } from '../../src/lib/bytes';
import type { EntryId, InvitationId, PersonId } from '../../src/domain/ids';
import type {
  AppClient,
  DocumentChannel,
  LinkView,
  SaveFailure,
  Stop,
  Timeline,
  TimelineOptions,
} from '../../src/engine/client';
import type { Intent } from '../../src/engine/intents';
import type {
  ConversationSummary,
  ConversationView,
  DirectoryView,
  InvitationView,
  ListView,
  PersonView,
  QueueItem,
  SearchHit,
  SetupView,
  StatusView,
  SuccessionView,
  TimelineItem,
} from '../../src/engine/views';
import { groups, hexId, sampleHistory, samplePersons } from './sampleTown';

export interface FakeOptions {
  readonly now: number;
  readonly setup?: SetupView;
  readonly isOffline?: boolean;
  readonly isEmpty?: boolean;
  readonly messages?: number;
  /** How long saving takes. */
  readonly delayMs?: number;
}

interface Room {
  view: ConversationView;
  items: TimelineItem[];
}

export class FakeClient implements AppClient {
  readonly intents: Intent[] = [];
  /** The next `intend` fails with this. */
  failNext: SaveFailure['type'] | undefined;
  readonly #options: FakeOptions;
  readonly #watchers = new Set<() => void>();
  readonly #rooms = new Map<number, Room>();
  readonly #drafts = new Map<number, string>();
  #persons: readonly PersonView[];
  #invitations: readonly InvitationView[] = [];
  #blocks: readonly string[] = [
    'Bin unterwegs, etwa 15 Minuten.',
    'Vor Ort. Lage unauffällig.',
    'Bitte an das Bürgerbüro verweisen: Öffnungszeiten Mo–Fr 8–12 Uhr.',
  ];
  #setup: SetupView;
  #isOffline: boolean;
  #succession: SuccessionView = {
    state: 'ours',
    since: undefined,
    problem: undefined,
    continuedAt: undefined,
  };
  #problem: StatusView['problem'];
  #offlineSince: number;
  #nextId = 1;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#persons = samplePersons();
    this.#isOffline = options.isOffline ?? false;
    this.#offlineSince = options.now - 18 * 60_000;
    this.#setup = options.setup ?? { phase: 'ready', townName: 'Beispielstadt', me: this.#me, isAdmin: true };
    if (!options.isEmpty) this.#furnish();
  }

  get #me(): PersonView {
    return this.#persons[0] as PersonView;
  }

  readonly world = {
    goOffline: (): void =>
      this.#change(() => {
        this.#isOffline = true;
        this.#offlineSince = this.#now();
      }),
    goOnline: (): void =>
      this.#change(() => {
        this.#isOffline = false;
        this.#handOver();
      }),
    setProblem: (problem: StatusView['problem']): void => this.#change(() => void (this.#problem = problem)),
    setSuccession: (view: SuccessionView): void => this.#change(() => void (this.#succession = view)),
    setSetup: (setup: SetupView): void => this.#change(() => void (this.#setup = setup)),
    /** Somebody else writes. */
    receive: (conversation: number, person: number, text: string): void =>
      this.#change(() =>
        this.#append(conversation, this.#persons[person] as PersonView, { type: 'text', text }, true),
      ),
    put: (conversation: number, content: TimelineItem['content']): void =>
      this.#change(() => this.#append(conversation, this.#persons[1] as PersonView, content, true)),
    setTrouble: (conversation: number, trouble: ConversationView['trouble']): void =>
      this.#change(() => this.#patch(conversation, { trouble })),
  };

  observeSetup = (on: (view: SetupView) => void): Stop => this.#observe(() => on(this.#setup));
  observeList = (on: (view: ListView) => void): Stop => this.#observe(() => on(this.#list()));
  observeInvitations = (on: (view: readonly InvitationView[]) => void): Stop =>
    this.#observe(() => on(this.#invitations));
  observeQueue = (on: (items: readonly QueueItem[]) => void): Stop => this.#observe(() => on(this.#queue()));
  observeDrafts = (on: (drafts: ReadonlyMap<number, string>) => void): Stop =>
    this.#observe(() => on(new Map(this.#drafts)));
  observeTextBlocks = (on: (blocks: readonly string[]) => void): Stop =>
    this.#observe(() => on(this.#blocks));
  observeConversation = (number: number, on: (view: ConversationView | undefined) => void): Stop =>
    this.#observe(() => on(this.#rooms.get(number)?.view));
  observeSuccession = (on: (view: SuccessionView) => void): Stop => this.#observe(() => on(this.#succession));

  observeStatus = (on: (view: StatusView) => void): Stop =>
    this.#observe(() => {
      const queue = this.#queue();
      on({
        connection: this.#isOffline
          ? { state: 'offline', since: this.#offlineSince, nextTryAt: this.#now() + 30_000 }
          : { state: 'online' },
        waiting: queue.length,
        waitingSince: queue[0]?.writtenAt,
        problem: this.#problem,
      });
    });
  observeDirectory = (on: (view: DirectoryView) => void): Stop =>
    this.#observe(() => on({ townName: 'Beispielstadt', persons: this.#persons, devices: [] }));

  openTimeline(number: number, options: TimelineOptions): Timeline {
    const all = () => this.#rooms.get(number)?.items ?? [];
    let end = all().length;
    let followsEnd = true;
    if (options.around !== undefined) {
      const at = all().findIndex((item) => item.order >= (options.around ?? 0));
      if (at !== -1) end = Math.min(all().length, at + Math.ceil(options.limit / 2));
      followsEnd = end === all().length;
    }
    let start = Math.max(0, end - options.limit);
    const tell = () => {
      if (followsEnd) end = all().length;
      options.onChange({ items: all().slice(start, end), hasOlder: start > 0, hasNewer: end < all().length });
    };
    const stop = this.#observe(tell);
    const settle = async (move: () => void) => {
      await this.#pause();
      move();
      tell();
    };
    return {
      loadOlder: (count) => settle(() => (start = Math.max(0, start - count))),
      loadNewer: (count) =>
        settle(() => ((end = Math.min(all().length, end + count)), (followsEnd = end === all().length))),
      close: stop,
    };
  }

  async intend(intent: Intent): Promise<Result<EntryId, SaveFailure>> {
    await this.#pause();
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) return err({ type: failure, then: 'stop' });
    this.intents.push(intent);
    this.#change(() => this.#do(intent));
    const room = 'conversation' in intent ? this.#rooms.get(intent.conversation) : undefined;
    return ok(room?.items.at(-1)?.id ?? hexId<EntryId>(3, 0));
  }

  async openDirect(person: PersonId): Promise<Result<number, SaveFailure>> {
    await this.#pause();
    const known = [...this.#rooms.values()].find(
      (room) => room.view.kind === 'direct' && room.view.members.some((member) => member.person === person),
    );
    if (known) return ok(known.view.number);
    const other = this.#persons.find((candidate) => candidate.id === person) as PersonView;
    return ok(this.#change(() => this.#open('direct', other.name, [this.#me, other], 0, this.#now())));
  }

  async createGroup(title: string, persons: readonly PersonId[]): Promise<Result<number, SaveFailure>> {
    await this.#pause();
    const members = this.#persons.filter((person) => person.isMe || persons.includes(person.id));
    return ok(this.#change(() => this.#open('group', title, members, 1, this.#now())));
  }

  readLink(text: string): LinkView {
    if (text.includes('#einrichten')) return { type: 'setup', token: 'probe' };
    if (text.includes('#einladung'))
      return { type: 'invitation', isExpired: text.includes('alt'), isForeign: false, link: text };
    return text.includes('http') ? { type: 'damaged' } : { type: 'none' };
  }

  readDraft = (number: number): Promise<string> => Promise.resolve(this.#drafts.get(number) ?? '');
  async saveDraft(number: number, text: string): Promise<Result<void, SaveFailure>> {
    await this.#pause();
    this.#change(() => (text === '' ? this.#drafts.delete(number) : this.#drafts.set(number, text)));
    return ok(undefined);
  }
  async saveTextBlocks(blocks: readonly string[]): Promise<Result<void, SaveFailure>> {
    await this.#pause();
    this.#change(() => (this.#blocks = blocks));
    return ok(undefined);
  }

  async *search(query: string, signal: AbortSignal): AsyncIterable<SearchHit> {
    await this.#pause();
    const wanted = query.toLocaleLowerCase('de');
    for (const { view, items } of this.#rooms.values()) {
      for (const item of [...items].reverse()) {
        if (signal.aborted) return;
        if (item.content.type !== 'text') continue;
        const at = item.content.text.toLocaleLowerCase('de').indexOf(wanted);
        if (at === -1) continue;
        yield {
          conversation: view.number,
          conversationTitle: view.title,
          order: item.order,
          authorName: item.authorName ?? '',
          text: item.content.text,
          at: item.writtenAt,
          matchStart: at,
          matchEnd: at + wanted.length,
        };
      }
    }
  }

  documentChannel(): Promise<DocumentChannel> {
    const updates: Bytes[] = [];
    return Promise.resolve({
      device: new Uint8Array(16),
      load: () => Promise.resolve([...updates]),
      observeUpdates: () => () => undefined,
      send: (_session, update) => {
        updates.push(new Uint8Array(update));
        return Promise.resolve(ok(undefined));
      },
      sendPresence: () => undefined,
      observePresence: () => () => undefined,
    });
  }

  erase(): Promise<void> {
    this.#change(() => {
      this.#rooms.clear();
      this.#setup = { phase: 'empty' };
    });
    return Promise.resolve();
  }

  #do(intent: Intent): void {
    switch (intent.type) {
      case 'send-text':
        this.#append(intent.conversation, this.#me, { type: 'text', text: intent.text }, false);
        break;
      case 'cancel-entry': {
        const room = this.#rooms.get(intent.conversation);
        if (room) room.items = room.items.filter((item) => item.id !== intent.entry);
        break;
      }
      case 'mark-read': {
        const items = this.#rooms.get(intent.conversation)?.items ?? [];
        const unread = items.filter((item) => !item.isMine && item.order > intent.upTo).length;
        this.#patch(intent.conversation, { readUpTo: intent.upTo, unread });
        break;
      }
      case 'set-flags':
        this.#patch(intent.conversation, {
          ...(intent.pinned === undefined ? {} : { isPinned: intent.pinned }),
          ...(intent.muted === undefined ? {} : { isMuted: intent.muted }),
          ...(intent.archived === undefined ? {} : { isArchived: intent.archived }),
        });
        break;
      case 'rename-group':
        this.#patch(intent.conversation, { title: intent.title });
        break;
      case 'invite':
        this.#invitations = [
          ...this.#invitations,
          {
            id: hexId<PersonId>(9, this.#nextId++) as string as InvitationId,
            link: 'https://depesche.beispielstadt.example/#einladung/Zq3fV0mGd1xT7cKwY2hN9r',
            createdAt: this.#now(),
            expiresAt: intent.expiresAt,
            usesLeft: intent.uses,
            state: 'open',
            guests: [],
          },
        ];
        break;
      case 'withdraw-invitation':
        this.#invitations = this.#invitations.map((one) =>
          one.id === intent.invitation ? { ...one, state: 'withdrawn' } : one,
        );
        break;
      case 'rename-self':
        this.#persons = this.#persons.map((person) =>
          person.isMe ? { ...person, name: intent.name } : person,
        );
        if (this.#setup.phase === 'ready') this.#setup = { ...this.#setup, me: this.#me };
        break;
      case 'leave-group':
        this.#patch(intent.conversation, { isMember: false });
        break;
      default:
        break;
    }
  }

  #append(number: number, author: PersonView, content: TimelineItem['content'], isHandedOver: boolean): void {
    const room = this.#rooms.get(number);
    if (!room) return;
    const at = this.#now();
    const order = (room.items.at(-1)?.order ?? 0) + 1;
    room.items = [
      ...room.items,
      {
        order,
        id: hexId<EntryId>(2, this.#nextId++),
        author: author.id,
        authorName: author.name,
        isMine: author.isMe,
        content,
        writtenAt: at,
        relayAt: isHandedOver ? at : undefined,
        state: author.isMe ? (isHandedOver ? 'handed-over' : 'saved') : undefined,
        waitsFor: author.isMe && !isHandedOver && this.#isOffline ? 'network' : undefined,
      },
    ];
    room.view = {
      ...room.view,
      lastOrder: order,
      unread: author.isMe ? room.view.unread : room.view.unread + 1,
    };
    if (author.isMe && !this.#isOffline) setTimeout(() => this.#change(() => this.#handOver()), 400);
  }

  #handOver(): void {
    for (const room of this.#rooms.values()) {
      room.items = room.items.map((item) =>
        item.state === 'saved'
          ? { ...item, state: 'handed-over', waitsFor: undefined, relayAt: this.#now() }
          : item,
      );
    }
  }

  #patch(number: number, change: Partial<ConversationView>): void {
    const room = this.#rooms.get(number);
    if (room) room.view = { ...room.view, ...change };
  }

  #list(): ListView {
    const conversations = [...this.#rooms.values()].map(({ view, items }): ConversationSummary => {
      const last = items.at(-1);
      return {
        number: view.number,
        kind: view.kind,
        title: view.title,
        preview: last && {
          author: last.author,
          authorName: last.authorName,
          isMine: last.isMine,
          text: last.content.type === 'text' ? last.content.text.split('\n')[0] : undefined,
          system: last.content.type === 'system' ? last.content.event : undefined,
          state: last.state,
        },
        at: last?.writtenAt ?? this.#options.now,
        unread: view.unread,
        waiting: items.filter((item) => item.state === 'saved').length,
        isPinned: view.isPinned,
        isMuted: view.isMuted,
        isArchived: view.isArchived,
        isMember: view.isMember,
      };
    });
    return {
      conversations: conversations.sort((a, b) => Number(b.isPinned) - Number(a.isPinned) || b.at - a.at),
    };
  }

  #queue(): readonly QueueItem[] {
    return [...this.#rooms.values()].flatMap(({ view, items }) =>
      items
        .filter((item) => item.state === 'saved')
        .map((item) => ({
          conversation: view.number,
          conversationTitle: view.title,
          id: item.id,
          text: item.content.type === 'text' ? item.content.text : '',
          writtenAt: item.writtenAt,
          waitsFor: item.waitsFor,
        })),
    );
  }

  #furnish(): void {
    const { now } = this.#options;
    const persons = this.#persons;
    const me = this.#me;
    const sizes = [this.#options.messages ?? 3_000, 240, 80, 40, 31, 12];
    groups.forEach((title, index) => {
      const members = [me, ...persons.slice(1 + index, 6 + index)];
      this.#open('group', title, members, sizes[index] ?? 10, now - index * index * 5 * 3_600_000 - 120_000);
    });
    persons.slice(1, 11).forEach((person, index) => {
      this.#open('direct', person.name, [me, person], 4 + index * 3, now - (index * 7 + 1) * 3_500_000);
    });
    this.#patch(1, { isPinned: true, unread: 3, readUpTo: (sizes[0] ?? 0) - 3 });
    this.#patch(2, { unread: 12, readUpTo: 228 });
    this.#patch(4, { isMuted: true });
    this.#patch(6, { isArchived: true });
    this.#patch(9, { unread: 1 });
    this.#drafts.set(3, 'Die Bühne kommt am Donnerstag um 7 Uhr. Wer kann die Zufahrt');
    if (this.#isOffline) {
      for (const text of [
        'Bin am Waldparkplatz, hier ist kein Netz. Melde mich, wenn ich fertig bin.',
        'Zwei Kubikmeter Bauschutt, Fotos folgen.',
      ])
        this.#append(1, me, { type: 'text', text }, false);
      this.#append(
        8,
        me,
        { type: 'text', text: 'Können Sie die Absperrung um eine Stunde verlängern?' },
        false,
      );
    }
  }

  #open(
    kind: 'direct' | 'group',
    title: string,
    members: readonly PersonView[],
    count: number,
    endsAt: number,
  ): number {
    const number = this.#rooms.size + 1;
    const items = sampleHistory({ conversation: number, members, count, endsAt, seed: number * 7919 });
    this.#rooms.set(number, {
      items,
      view: {
        number,
        kind,
        title,
        members: members.map((person) => ({
          person: person.id,
          name: person.name,
          isMe: person.isMe,
          role: person.isMe ? 'manager' : 'member',
        })),
        isMember: true,
        canManage: kind === 'group',
        readUpTo: count,
        lastOrder: count,
        unread: 0,
        isPinned: false,
        isMuted: false,
        isArchived: false,
        boardTitle: undefined,
        trouble: 'none',
      },
    });
    return number;
  }

  #now(): number {
    return Math.max(this.#options.now, Date.now());
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#options.delayMs ?? 0));
  }

  #observe(tell: () => void): Stop {
    this.#watchers.add(tell);
    tell();
    return () => this.#watchers.delete(tell);
  }

  #change<T>(change: () => T): T {
    const result = change();
    for (const tell of [...this.#watchers]) tell();
    return result;
  }
}
