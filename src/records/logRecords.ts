/** What the vault keeps of each log, part by part (LOG_PART in keys.ts). */
import type { Bytes } from '../lib/bytes';
import type { EntryBody } from '../domain/body';
import type { Returns } from '../domain/back';
import type { Owed, Silent } from '../domain/welcomes';
import type { Base, Conversation, Effect } from '../domain/conversation';
import type { Directory } from '../domain/directory';
import type { Fork } from '../domain/fork';
import type { DeviceId, EntryId, LogId, PersonId } from '../domain/ids';

/** Never changes while the log lives under this number. */
export interface LogCore {
  readonly kind: 'town' | 'direct' | 'group' | 'mailbox';
  readonly log: LogId;
  readonly readKey: Bytes;
  readonly writeKey: Bytes;
  /** Only with whoever created it. */
  readonly closeKey: Bytes | undefined;
  /** For a direct conversation: the other one. */
  readonly partner: PersonId | undefined;
  readonly createdAt: number;
  /** Of the town's logs, the one it came into being under; absent = the first. */
  readonly generation?: number;
  /** It takes the place of a log that was lost; what we had of that one. */
  readonly continues?: Base;
}

/** Where this device stands in the log. Written with every batch that is ingested. */
export interface Progress {
  /** The relay has it, as far as we know (own creations start without). */
  readonly isCreated: boolean;
  /** Last seq folded, its link, and the last commit-flagged seq folded (accepted or skipped). */
  readonly cursor: number;
  readonly chain: Bytes;
  readonly lastCommit: number;
  /** Some latest links, oldest first, to check what others say they have seen. */
  readonly links: readonly (readonly [seq: number, chain: Bytes])[];
  /** Last counter folded, by author. */
  readonly counters: Readonly<Record<DeviceId, number>>;
  /** Next counter for an entry of our own. */
  readonly nextCounter: number;
  /** Directory position of the last accepted commit: seq in the town log. Never goes back. */
  readonly position: number;
  /** When our own leaf was last renewed, ms. */
  readonly leafRenewedAt: number;
  readonly isMember: boolean;
  readonly trouble: 'none' | 'gap' | 'forked' | 'needs-reentry';
  /** Who has named another link than ours (SPEC E7). */
  readonly fork: Fork | undefined;
  /** An envelope sealed to an epoch we do not have, behind a commit that we skipped (SPEC B1). */
  readonly suspect: { readonly commit: number; readonly seq: number } | undefined;
  /** The last commit that was skipped here since the group was last in step. */
  readonly skipped: number | undefined;
  /** In the town: a copy of this profile has taken its place, and it ends here (SPEC B7). */
  readonly isCopied: boolean;
  /** Something of our own stands in the log that is not from here: a copy is alive, or we went back (SPEC I8). */
  readonly hasOther?: boolean;
  /** No signed text behind this seq is missing here; absent: not known. */
  readonly wholeSince?: number;
  /** Envelopes read as redacted of which no author has shown the hole yet, and whether there were any. */
  readonly redacted: number;
  readonly wasRedacted: boolean;
  /** Orders of timeline rows that are not yet packed into pages, ascending. */
  readonly tail: readonly number[];
  /** Names of entries that only this device was shown; they may still come to all (SPEC B6). */
  readonly strays?: readonly string[];
  readonly lastOrder: number;
  readonly readUpTo: number;
  readonly unread: number;
  readonly preview: Preview | undefined;
  readonly isPinned: boolean;
  readonly isMuted: boolean;
  readonly isArchived: boolean;
  /** Delivered up to and read up to (seqs), by device; ours as last announced included. */
  readonly receipts: Readonly<Record<DeviceId, readonly [delivered: number, read: number]>>;
  readonly putCursor: number;
  /** What we alone have of the log before has been posted here (SPEC Q8). */
  readonly hasCarried?: boolean;
  /** Of the mailbox: something up to this seq was lost before it was read, as the town does not know yet (SPEC J7). */
  readonly missed?: number | undefined;
  /** Orders up to which the log before was delivered and read, when it ended. */
  readonly former?: { readonly delivered: number; readonly read: number };
}

export interface Preview {
  readonly order: number;
  readonly author: PersonId | undefined;
  readonly text: string | undefined;
  readonly effect: Effect | undefined;
  readonly at: number;
}

export type Fold =
  | ({ readonly type: 'conversation'; readonly conversation: Conversation } & LeavesInFold)
  | ({ readonly type: 'town'; readonly directory: Directory } & LeavesInFold);

/** What the log says of leaves beyond who belongs: who comes back (SPEC B3), who waits for a Welcome (J6, J7). */
interface LeavesInFold {
  readonly returns?: Returns;
  readonly owed?: Owed;
  readonly silent?: Silent;
}

/** Envelopes handed to the socket, until they are read back from the log or refused. */
export interface Flight {
  readonly afterCommit: number;
  readonly envelopes: readonly FlightEnvelope[];
}
export interface FlightEnvelope {
  readonly bytes: Bytes;
  /** Intents whose entries it carries. */
  readonly intents: readonly number[];
  /** Acknowledged seq; undefined until then. */
  readonly seq: number | undefined;
}

/** An own commit between its writing and its fate in the log (protocol.md 3). */
export interface PendingCommit {
  readonly envelope: Bytes;
  readonly envelopeId: Bytes;
  readonly state: Bytes;
  readonly afterCommit: number;
  readonly position: number;
  readonly welcome: Bytes | undefined;
  /** Devices added, with their mailboxes at the named position. */
  readonly welcomed: readonly {
    readonly device: DeviceId;
    readonly mailbox: LogId;
    /** It was here before and has folded everything up to this seq (SPEC B5). */
    readonly since: number | undefined;
  }[];
}

/** Mail that must still reach mailboxes; made after acceptance, sent until acknowledged. */
export interface FollowUps {
  readonly mails: readonly { readonly mailbox: LogId; readonly envelope: Bytes }[];
}

/** One item of the timeline as stored; pages are lists of them. */
export interface TimelineRecord {
  readonly order: number;
  readonly relayAt: number;
  readonly author: PersonId | undefined;
  /** The entry as its author signed it, to be handed on and checked again. */
  readonly proof: { readonly epochTag: Bytes; readonly entry: Bytes } | undefined;
  readonly effects: readonly Effect[];
  /** Set when there is no entry to show. */
  readonly gap: { readonly count: number; readonly reason: 'missing' | 'unreadable' | 'forked' } | undefined;
  /** Handed over by a member, not read from the log by ourselves. */
  readonly isHistory: boolean;
}

/** An intent as a tab wrote it, or as the engine left it: an entry on its way. */
export interface EntryIntent {
  readonly type: 'entry';
  readonly log: number;
  readonly entry: EntryId;
  readonly body: EntryBody;
  readonly writtenAt: number;
  /** Given once, strictly before the first send. */
  readonly counter: number | undefined;
  readonly salt: Bytes;
  /** The relay has acknowledged it at this seq. */
  readonly seq: number | undefined;
  /**
   * A text that may have reached some goes as `carried`: it had this counter in a log that was lost, or waited
   * when the town moved, in a profile that may have gone back.
   */
  readonly carried?: Given | 'maybe';
}

export interface Given {
  readonly log: LogId;
  readonly epochTag: Bytes;
  readonly counter: number;
}

/** Who this device is. Secrets are sealed by the vault like everything else. */
export interface Identity {
  readonly device: DeviceId;
  readonly signatureSecret: Bytes;
  readonly signatureKey: Bytes;
  readonly relaySecret: Bytes;
  readonly relayKey: Bytes;
  readonly packages: readonly {
    readonly keyPackage: Bytes;
    readonly secret: Bytes;
    readonly createdAt: number;
  }[];
  readonly mailbox: { readonly log: LogId; readonly readKey: Bytes };
  readonly person: PersonId;
  readonly name: string;
  /** http(s) origin of the relay. */
  readonly relay: string;
}
