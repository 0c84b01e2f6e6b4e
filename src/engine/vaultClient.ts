/** The client over the vault: what a tab does when it observes and intends (see client.ts). */
import { bytesToBase64Url, bytesToHex } from '../lib/bytes';
import { err, ok, type Result } from '../lib/result';
import type { Clock } from '../lib/services';
import type { Random } from '../crypto/random';
import type { DocumentChannel } from '../crdt/documentChannel';
import type { EntryId, PersonId } from '../domain/ids';
import { invitationLinkText, parseLink } from '../domain/invitationLink';
import { META, VIEW, conversationViewKey, FIRST_CONVERSATION, LAST_CONVERSATION } from '../records/keys';
import type { Identity } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultFailure, VaultKey, VaultWrite } from '../vault/vault';
import type { AppClient, LinkView, SaveFailure, Stop, Timeline, TimelineOptions } from './client';
import { searchConversations } from './clientSearch';
import { observeStatus } from './clientStatus';
import { ClientTimeline } from './clientTimeline';
import { IntentReader } from './intentReader';
import type { Intent } from './intents';
import type { Ask, StoredIntent } from './setupRecords';
import { textOf, type TimelineContext } from './timelineItems';
import type {
  ConversationNumber,
  ConversationView,
  DirectoryView,
  EngineView,
  InvitationView,
  ListView,
  QueueItem,
  SearchHit,
  SetupView,
  StatusView,
  SuccessionView,
} from './views';
import type { ConversationRecord } from './viewWriter';

export interface ClientServices {
  readonly records: SealedRecords;
  readonly clock: Clock;
  readonly random: Random;
  /** Origin of this app, as http(s)://host. */
  readonly origin: string;
  /** After everything on this device is gone. */
  readonly onErased: () => void;
}

const NO_STATUS: StatusView = {
  connection: { state: 'connecting', since: 0 },
  waiting: 0,
  waitingSince: undefined,
  problem: undefined,
};
const ENGINE_RUNS: EngineView = { stuckSince: undefined };
const NO_SUCCESSION: SuccessionView = {
  state: 'ours',
  since: undefined,
  problem: undefined,
  continuedAt: undefined,
};
const NO_DIRECTORY: DirectoryView = { townName: '', persons: [], devices: [] };
const ALL_INTENTS = { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, 0] } as const;

export class VaultClient implements AppClient {
  readonly #services: ClientServices;
  readonly #records: SealedRecords;
  readonly #intents: IntentReader;

  constructor(services: ClientServices) {
    this.#services = services;
    this.#records = services.records;
    this.#intents = new IntentReader(services.records);
  }

  observeSetup(onValue: (view: SetupView) => void): Stop {
    return this.#observeView<SetupView>(VIEW.setup, { phase: 'empty' }, onValue);
  }
  observeStatus(onValue: (view: StatusView) => void): Stop {
    const { vault } = this.#records;
    return observeStatus(
      {
        vault,
        clock: this.#services.clock,
        observeEngineStatus: (on) => this.#observeView<StatusView>(VIEW.status, NO_STATUS, on),
        observeEngine: (on) => this.#observeView<EngineView>(VIEW.engine, ENGINE_RUNS, on),
      },
      onValue,
    );
  }
  observeList(onValue: (view: ListView) => void): Stop {
    return this.#observeView<ListView>(VIEW.list, { conversations: [] }, onValue);
  }
  observeDirectory(onValue: (view: DirectoryView) => void): Stop {
    return this.#observeView<DirectoryView>(VIEW.directory, NO_DIRECTORY, onValue);
  }
  observeSuccession(onValue: (view: SuccessionView) => void): Stop {
    return this.#observeView<SuccessionView>(VIEW.succession, NO_SUCCESSION, onValue);
  }
  observeInvitations(onValue: (view: readonly InvitationView[]) => void): Stop {
    return this.#observeView<readonly InvitationView[]>(VIEW.invitations, [], onValue);
  }
  observeConversation(
    number: ConversationNumber,
    onValue: (view: ConversationView | undefined) => void,
  ): Stop {
    return this.#observeView<ConversationRecord | undefined>(conversationViewKey(number), undefined, onValue);
  }

  #observeView<T>(key: VaultKey, absent: T, onValue: (value: T) => void): Stop {
    let run = 0;
    let isStopped = false;
    const stop = this.#records.vault.observe(
      (reader) => reader.get('views', key),
      (sealed) => {
        const mine = ++run;
        if (sealed === undefined) {
          onValue(absent);
          return;
        }
        void this.#records.open<T>('views', key, sealed).then((opened) => {
          // Opening takes its time: an older value must not overtake a newer one.
          if (mine === run && !isStopped) onValue(opened.ok ? opened.value : absent);
        });
      },
    );
    return () => {
      isStopped = true;
      stop();
    };
  }

  observeQueue(onValue: (items: readonly QueueItem[]) => void): Stop {
    let titles = new Map<number, string>();
    let isOnline = false;
    let intents: readonly StoredIntent[] = [];
    const emit = (): void => {
      onValue(intents.flatMap((intent) => queueItem(intent, titles, isOnline) ?? []));
    };
    const stops = [
      this.observeList((list) => {
        titles = new Map(list.conversations.map(({ number, title }) => [number, title]));
        emit();
      }),
      this.observeStatus((status) => {
        isOnline = status.connection.state === 'online';
        emit();
      }),
      this.#observeIntents((opened) => {
        intents = opened;
        emit();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #observeIntents(onValue: (intents: readonly StoredIntent[]) => void): Stop {
    let run = 0;
    return this.#records.vault.observe(
      (reader) => reader.range('intents', ALL_INTENTS),
      (rows) => {
        const mine = ++run;
        void this.#intents.open(rows).then((opened) => {
          if (mine === run) onValue(opened.map(({ value }) => value));
        });
      },
    );
  }

  openTimeline(number: ConversationNumber, options: TimelineOptions): Timeline {
    let context: TimelineContext = {
      me: undefined,
      names: new Map(),
      conversation: undefined,
      isOnline: false,
    };
    const timeline = new ClientTimeline(this.#records, this.#intents, number, options, () => context);
    const update = (change: Partial<TimelineContext>): void => {
      context = { ...context, ...change };
      timeline.redraw();
    };
    const stops = [
      this.observeDirectory((directory) => {
        update({
          me: directory.persons.find((person) => person.isMe)?.id,
          names: new Map(directory.persons.map(({ id, name }) => [id, name])),
        });
      }),
      this.observeConversation(number, (conversation) => {
        update({ conversation: conversation as ConversationRecord | undefined });
      }),
      this.observeStatus((status) => {
        const isOnline = status.connection.state === 'online';
        if (isOnline !== context.isOnline) update({ isOnline });
      }),
    ];
    return {
      loadOlder: (count) => timeline.loadOlder(count),
      loadNewer: (count) => timeline.loadNewer(count),
      close: () => {
        for (const stop of stops) stop();
        timeline.close();
      },
    };
  }

  async intend(intent: Intent): Promise<Result<EntryId, SaveFailure>> {
    const { random, clock } = this.#services;
    const ask: Ask = {
      type: 'ask',
      intent,
      entry: bytesToHex(random.bytes(16)) as EntryId,
      salt: random.bytes(16),
      askedAt: clock.now(),
    };
    const added = await this.#records.addIntent(ask);
    return added.ok ? ok(ask.entry) : err(saveFailure(added.error));
  }

  async openDirect(person: PersonId): Promise<Result<ConversationNumber, SaveFailure>> {
    const list = await this.#records.get<ListView>('views', VIEW.list);
    for (const { number, kind } of list?.conversations ?? []) {
      if (kind !== 'direct') continue;
      const record = await this.#records.get<ConversationRecord>('views', conversationViewKey(number));
      if (record?.members.some((member) => member.person === person) === true) return ok(number);
    }
    const conversation = this.#newNumber();
    const asked = await this.intend({ type: 'open-direct', person, conversation });
    return asked.ok ? ok(conversation) : asked;
  }

  async createGroup(
    title: string,
    persons: readonly PersonId[],
  ): Promise<Result<ConversationNumber, SaveFailure>> {
    const conversation = this.#newNumber();
    const asked = await this.intend({ type: 'create-group', conversation, title, persons });
    return asked.ok ? ok(conversation) : asked;
  }

  /** Random, so that two tabs never choose the same. */
  #newNumber(): ConversationNumber {
    const value = this.#services.random.bytes(5).reduce((sum, byte) => sum * 256 + byte, 0);
    return FIRST_CONVERSATION + (value % (LAST_CONVERSATION - FIRST_CONVERSATION));
  }

  readLink(text: string): LinkView {
    const { origin, clock } = this.#services;
    const link = parseLink(text, origin);
    switch (link.type) {
      case 'setup':
        return { type: 'setup', token: bytesToBase64Url(link.token) };
      case 'invitation':
        return {
          type: 'invitation',
          isExpired: clock.now() > link.invitation.expiresAt,
          isForeign: link.invitation.origin !== origin,
          link: invitationLinkText(link.invitation),
        };
      default:
        return { type: link.type };
    }
  }

  async readDraft(number: ConversationNumber): Promise<string> {
    return (await this.#records.get<string>('drafts', [number, 0])) ?? '';
  }

  async saveDraft(number: ConversationNumber, text: string): Promise<Result<void, SaveFailure>> {
    const key: VaultKey = [number, 0];
    return this.#save(
      text === '' ? { store: 'drafts', delete: key } : await this.#records.put('drafts', key, text),
    );
  }

  observeDrafts(onValue: (textByConversation: ReadonlyMap<ConversationNumber, string>) => void): Stop {
    let run = 0;
    return this.#records.vault.observe(
      (reader) => reader.range('drafts', { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, 0] }),
      (rows) => {
        const mine = ++run;
        void this.#records.openRows<string>('drafts', rows).then((drafts) => {
          if (mine === run) onValue(new Map(drafts.map(({ key, value }) => [key[0], value])));
        });
      },
    );
  }

  observeTextBlocks(onValue: (blocks: readonly string[]) => void): Stop {
    return this.#records.vault.observe(
      (reader) => reader.get('meta', META.textBlocks),
      (sealed) => {
        if (sealed === undefined) onValue([]);
        else
          void this.#records.open<readonly string[]>('meta', META.textBlocks, sealed).then((blocks) => {
            onValue(blocks.ok ? blocks.value : []);
          });
      },
    );
  }

  async saveTextBlocks(blocks: readonly string[]): Promise<Result<void, SaveFailure>> {
    return this.#save(await this.#records.put('meta', META.textBlocks, blocks));
  }

  async #save(write: VaultWrite): Promise<Result<void, SaveFailure>> {
    const saved = await this.#records.vault.commit({ writes: [write], strict: true });
    return saved.ok ? saved : err(saveFailure(saved.error));
  }

  async *search(query: string, signal: AbortSignal): AsyncIterable<SearchHit> {
    const [list, directory] = await Promise.all([
      this.#records.get<ListView>('views', VIEW.list),
      this.#records.get<DirectoryView>('views', VIEW.directory),
    ]);
    const names = new Map((directory?.persons ?? []).map(({ id, name }) => [id, name]));
    yield* searchConversations(this.#records, list?.conversations ?? [], names, query, signal);
  }

  /** Loads the documents' code when the first one is opened. */
  async documentChannel(number: ConversationNumber, document: string): Promise<DocumentChannel> {
    const [{ openDocumentChannel }, identity] = await Promise.all([
      import('./clientDocument'),
      this.#records.get<Identity>('meta', META.identity),
    ]);
    // Without an identity there is no conversation whose document could be opened.
    const device = identity?.device ?? (bytesToHex(this.#services.random.bytes(16)) as Identity['device']);
    return openDocumentChannel(this.#records, device, number, document, (intent) => this.intend(intent));
  }

  async erase(): Promise<void> {
    await this.#records.vault.erase();
    this.#services.onErased();
  }
}

function queueItem(
  intent: StoredIntent,
  titles: ReadonlyMap<number, string>,
  isOnline: boolean,
): QueueItem | undefined {
  const text = textOf(undefined, intent);
  if (text === undefined || (intent.type === 'entry' && intent.seq !== undefined)) return undefined;
  const conversation =
    intent.type === 'entry'
      ? intent.log
      : intent.intent.type === 'send-text'
        ? intent.intent.conversation
        : 0;
  return {
    conversation,
    conversationTitle: titles.get(conversation) ?? '',
    id: intent.entry,
    text,
    writtenAt: intent.type === 'entry' ? intent.writtenAt : intent.askedAt,
    waitsFor: isOnline ? undefined : 'network',
  };
}

function saveFailure(failure: VaultFailure): SaveFailure {
  return failure.type === 'storage-full'
    ? { type: 'storage-full', then: 'stop' }
    : { type: 'storage-failed', then: 'retry' };
}
