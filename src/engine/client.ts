/**
 * A tab's hands and eyes: everything the screen may do, and nothing else. It reads views from the
 * vault and writes intents into it; it never talks to the engine. All `observe…` methods call back at
 * once with what is there and again after every change, and answer the way to stop.
 */
import type { Result } from '../lib/result';
import type { DocumentChannel, SaveFailure } from '../crdt/documentChannel';
import type { EntryId, PersonId } from '../domain/ids';
import type { Intent } from './intents';
import type {
  ConversationNumber,
  ConversationView,
  DirectoryView,
  InvitationView,
  ListView,
  QueueItem,
  SearchHit,
  SetupView,
  StatusView,
  SuccessionView,
  TimelineItem,
} from './views';

export type Stop = () => void;
export type { DocumentChannel, SaveFailure };

export interface AppClient {
  observeSetup(onValue: (view: SetupView) => void): Stop;
  observeStatus(onValue: (view: StatusView) => void): Stop;
  observeList(onValue: (view: ListView) => void): Stop;
  observeDirectory(onValue: (view: DirectoryView) => void): Stop;
  observeSuccession(onValue: (view: SuccessionView) => void): Stop;
  observeInvitations(onValue: (view: readonly InvitationView[]) => void): Stop;
  observeConversation(
    number: ConversationNumber,
    onValue: (view: ConversationView | undefined) => void,
  ): Stop;
  observeQueue(onValue: (items: readonly QueueItem[]) => void): Stop;
  openTimeline(number: ConversationNumber, options: TimelineOptions): Timeline;

  /**
   * Resolves once the intent is durable: only then may the screen say "gespeichert". Answers the id of
   * the entry it becomes, by which the timeline shows it.
   */
  intend(intent: Intent): Promise<Result<EntryId, SaveFailure>>;
  /** The existing direct conversation with a person, or a new one (works offline). */
  openDirect(person: PersonId): Promise<Result<ConversationNumber, SaveFailure>>;
  createGroup(title: string, persons: readonly PersonId[]): Promise<Result<ConversationNumber, SaveFailure>>;
  /** A link as scanned, pasted or opened; says what it is before anything is done with it. */
  readLink(text: string): LinkView;

  readDraft(number: ConversationNumber): Promise<string>;
  /** Durable when it resolves; an empty text deletes the draft. */
  saveDraft(number: ConversationNumber, text: string): Promise<Result<void, SaveFailure>>;
  observeDrafts(onValue: (textByConversation: ReadonlyMap<ConversationNumber, string>) => void): Stop;
  /** Personal text blocks (Textbausteine), kept on this device. */
  observeTextBlocks(onValue: (blocks: readonly string[]) => void): Stop;
  saveTextBlocks(blocks: readonly string[]): Promise<Result<void, SaveFailure>>;

  /** Newest first; prefix and infix; ß and umlauts folded. Ends when the signal says so. */
  search(query: string, signal: AbortSignal): AsyncIterable<SearchHit>;

  /** What crdt/openSharedDoc needs to bind a document to the vault. */
  documentChannel(number: ConversationNumber, document: string): Promise<DocumentChannel>;
  /** Forgets everything on this device. */
  erase(): Promise<void>;
}

export interface TimelineOptions {
  /** How many of the newest to begin with; with `around`, items on both sides of that order. */
  readonly limit: number;
  readonly around?: number;
  readonly onChange: (window: TimelineWindow) => void;
}

export interface TimelineWindow {
  /** By order, without holes between first and last. Own waiting items stand at the end. */
  readonly items: readonly TimelineItem[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

export interface Timeline {
  loadOlder(count: number): Promise<void>;
  loadNewer(count: number): Promise<void>;
  close(): void;
}

export type LinkView =
  | { readonly type: 'setup'; readonly token: string }
  | {
      readonly type: 'invitation';
      readonly isExpired: boolean;
      readonly isForeign: boolean;
      readonly link: string;
    }
  | { readonly type: 'damaged' }
  | { readonly type: 'none' };
