/**
 * What a tab can see: plain values that the engine keeps in the vault. Names and texts are ready for
 * the screen except for wording and dates, which are the screen's business. Times are milliseconds
 * since the epoch.
 */
import type { DeviceId, EntryId, InvitationId, PersonId } from '../domain/ids';
import type { TownLook } from '../domain/townLook';

/** Local number of a conversation on this device. */
export type ConversationNumber = number;

/** Where this device stands. One at a time. */
export type SetupView =
  | { readonly phase: 'empty' }
  | { readonly phase: 'founding'; readonly step: FoundingStep; readonly problem?: SetupProblem }
  | {
      readonly phase: 'joining';
      readonly step: JoiningStep;
      readonly townName: string | undefined;
      readonly since: number;
      readonly problem?: SetupProblem;
    }
  | { readonly phase: 'ready'; readonly townName: string; readonly me: PersonView; readonly isAdmin: boolean }
  /** Removed from the town: the vault is closed for writing, the outbox can still be read. */
  | { readonly phase: 'ended'; readonly townName: string };

export type FoundingStep = 'connecting' | 'claiming' | 'creating';
/** sent: request handed to the relay; accepted: an admin's device took it; receiving: keys arrive. */
export type JoiningStep = 'connecting' | 'sent' | 'accepted' | 'receiving';
export type SetupProblem =
  'no-network' | 'link-used' | 'link-expired' | 'link-foreign' | 'link-damaged' | 'relay-refused' | 'storage';

export interface PersonView {
  readonly id: PersonId;
  readonly name: string;
  readonly isMe: boolean;
  readonly isAdmin: boolean;
  /** False once the person has left the town or every device is blocked. */
  readonly isActive: boolean;
}

export interface DirectoryView {
  readonly townName: string;
  /** The town's colour and coat of arms, as far as it has set them. */
  readonly look?: TownLook;
  /** By name, in German collation order is the screen's business. */
  readonly persons: readonly PersonView[];
  readonly devices: readonly DeviceView[];
}

export interface DeviceView {
  readonly id: DeviceId;
  readonly person: PersonId;
  readonly isThisDevice: boolean;
  readonly addedAt: number;
  readonly isBlocked: boolean;
}

export interface InvitationView {
  readonly id: InvitationId;
  /** The whole link, to be shown, copied and drawn as QR. */
  readonly link: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usesLeft: number;
  readonly state: 'waiting-for-network' | 'open' | 'joining' | 'used' | 'expired' | 'withdrawn';
  /** Names of those who came through it, in order; the last may still be joining. */
  readonly guests: readonly string[];
}

export type Connection =
  | { readonly state: 'online' }
  | { readonly state: 'connecting'; readonly since: number }
  | { readonly state: 'offline'; readonly since: number; readonly nextTryAt: number | undefined };

export interface StatusView {
  readonly connection: Connection;
  /** Messages of this device the relay does not have yet. */
  readonly waiting: number;
  /** Device time of the oldest of them. */
  readonly waitingSince: number | undefined;
  readonly problem: StatusProblem | undefined;
}
/**
 * The gravest first. storage-full, storage-failed: nothing called saved is lost, but nothing new can be saved.
 * engine-stuck: what comes in, or waits, hangs the engine again and again; it is tried less and less often.
 * copied: a copy of this profile has taken its place (SPEC B7).
 * not-admitted: the relay has no pass of this device any more, so nothing new arrives either.
 * town-differs: of the town's log something is missing here, or others have another one; not an obstacle.
 */
export const STATUS_PROBLEMS = [
  'storage-full',
  'storage-failed',
  'engine-stuck',
  'copied',
  'not-admitted',
  'relay-changed',
  'version-too-old',
  'relay-storage',
  'clock-wrong',
  'town-differs',
] as const;
export type StatusProblem = (typeof STATUS_PROBLEMS)[number];

/** What the tab that leads sees of the engine. */
export interface EngineView {
  /** Undefined: it runs, as far as is known. */
  readonly stuckSince: number | undefined;
}

/** Whether the relay still has what this device has read (SPEC Q2–Q4). */
export interface SuccessionView {
  /**
   * `ours`: it has. `waits-for-admin`: it has not; an admin must confirm the new server. `continuing`: this
   * device does. `waits-for-other`: another admin's device was first.
   */
  readonly state: 'ours' | 'waits-for-admin' | 'continuing' | 'waits-for-other';
  readonly since: number | undefined;
  /** Of the last try to confirm. */
  readonly problem: 'no-network' | 'link-used' | 'not-admin' | undefined;
  /** When this device went over to another server, as long as that is news. */
  readonly continuedAt: number | undefined;
}

export interface ConversationSummary {
  readonly number: ConversationNumber;
  readonly kind: 'direct' | 'group';
  /** The other's name, or the group's title. */
  readonly title: string;
  readonly preview: PreviewView | undefined;
  /** Time of the newest item; decides the order of the list. */
  readonly at: number;
  readonly unread: number;
  readonly waiting: number;
  readonly isPinned: boolean;
  readonly isMuted: boolean;
  readonly isArchived: boolean;
  /** False when we were removed or left. */
  readonly isMember: boolean;
  readonly back?: BackView | undefined;
}

export interface PreviewView {
  readonly author: PersonId | undefined;
  readonly authorName: string | undefined;
  readonly isMine: boolean;
  /** For texts: the first line. For other kinds: see `system`. */
  readonly text: string | undefined;
  readonly system: SystemEvent | undefined;
  readonly state: DeliveryState | undefined;
}

export interface ListView {
  /** Newest first, pinned ones before; archived ones included. */
  readonly conversations: readonly ConversationSummary[];
}

/** product.md, "Honest delivery state". `waiting` is saved, not handed over. */
export type DeliveryState = 'saved' | 'handed-over' | 'delivered' | 'read' | 'failed';

export interface ConversationView {
  readonly number: ConversationNumber;
  readonly kind: 'direct' | 'group';
  readonly title: string;
  readonly members: readonly MemberView[];
  readonly isMember: boolean;
  readonly canManage: boolean;
  /** Order of the last item read by us; the unread line stands behind it. */
  readonly readUpTo: number;
  readonly lastOrder: number;
  readonly unread: number;
  readonly isPinned: boolean;
  readonly isMuted: boolean;
  readonly isArchived: boolean;
  readonly boardTitle: string | undefined;
  /** Entries that are missing or of another history: see the timeline's gap items. */
  readonly trouble: ConversationTrouble;
  readonly back?: BackView | undefined;
}

/**
 * This device has lost its place in a conversation and is being taken back. What is written waits and goes
 * out afterwards. `colleague`: another device that is in it must come online; `nothing`: a copy of this
 * profile has taken its place, and this one stays out.
 */
export interface BackView {
  readonly since: number;
  readonly waitsFor: 'network' | 'town' | 'colleague' | 'nothing';
}

/**
 * `full`, `closed`, `forbidden`: the relay takes nothing of this conversation, what is written stays here;
 * `too-large`: a change that no entry can carry was not sent.
 */
export type ConversationTrouble =
  'none' | 'catching-up' | 'gap' | 'forked' | 'needs-reentry' | 'full' | 'closed' | 'forbidden' | 'too-large';

export interface MemberView {
  readonly person: PersonId;
  readonly name: string;
  readonly isMe: boolean;
  readonly role: 'member' | 'manager';
}

export type SystemEvent =
  | { readonly type: 'founded'; readonly by: PersonId }
  | { readonly type: 'renamed'; readonly by: PersonId; readonly title: string }
  | { readonly type: 'added'; readonly by: PersonId; readonly persons: readonly PersonId[] }
  | { readonly type: 'removed'; readonly by: PersonId; readonly persons: readonly PersonId[] }
  | { readonly type: 'left'; readonly by: PersonId }
  | { readonly type: 'board-changed'; readonly by: PersonId }
  | { readonly type: 'history-from-here' }
  | { readonly type: 'begins-here' }
  /** The conversation goes on at another server. */
  | { readonly type: 'continued' };

export interface TimelineItem {
  /** Grows along the timeline; unique in a conversation; stable once handed over. */
  readonly order: number;
  readonly id: EntryId;
  readonly author: PersonId | undefined;
  readonly authorName: string | undefined;
  readonly isMine: boolean;
  readonly content:
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'system'; readonly event: SystemEvent }
    /** Kind of a newer version: "Bitte App aktualisieren". */
    | { readonly type: 'unknown' }
    /** `count` envelopes are missing or could not be opened here. */
    | { readonly type: 'gap'; readonly count: number; readonly reason: 'missing' | 'unreadable' | 'forked' };
  readonly writtenAt: number;
  readonly relayAt: number | undefined;
  /** Own items only. */
  readonly state: DeliveryState | undefined;
  /** Own items that wait: what for. */
  readonly waitsFor: 'network' | 'setup' | 'other-devices' | undefined;
}

export interface QueueItem {
  readonly conversation: ConversationNumber | undefined;
  readonly conversationTitle: string;
  readonly id: EntryId;
  readonly text: string;
  readonly writtenAt: number;
  readonly waitsFor: 'network' | 'setup' | 'other-devices' | undefined;
}

export interface SearchHit {
  readonly conversation: ConversationNumber;
  readonly conversationTitle: string;
  readonly order: number;
  readonly authorName: string;
  readonly text: string;
  readonly at: number;
  /** Where the match stands in `text`, as UTF-16 offsets. */
  readonly matchStart: number;
  readonly matchEnd: number;
}
