/** What a runner needs from the engine around it, and what it tells it. */
import type { Bytes } from '../lib/bytes';
import type { Clock } from '../lib/services';
import type { GroupCrypto, GroupSelf } from '../crypto/group';
import type { Directory } from '../domain/directory';
import type { DeviceId, PersonId } from '../domain/ids';
import type { EntryIntent, TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import type { VaultWrite } from '../vault/vault';
import type { VerifiedBackRequest } from './backRequest';
import type { WaitingIntent } from './flight';
import type { DocumentChange } from './ingest';
import type { LogRunner } from './logRunner';
import type { RelayClient } from './relayClient';

export interface DocumentGate {
  /** Has the documents of a log at hand, so that `accept` need not wait. */
  prepare(log: number): Promise<void>;
  accept(log: number, change: DocumentChange): boolean;
  /** What was accepted since could not be stored: forget and rebuild from the vault. */
  reset(log: number): Promise<void>;
  states(log: number): Promise<Readonly<Record<string, Bytes>>>;
}

export interface RunnerChange {
  readonly runner: LogRunner;
  readonly items: readonly TimelineRecord[];
  readonly foldChanged: boolean;
  readonly groupChanged: boolean;
  readonly documentsChanged: boolean;
  readonly intentsDone: readonly number[];
  readonly links: readonly (readonly [seq: number, chain: Bytes])[];
}

export interface ReceivedMail {
  readonly writes: readonly VaultWrite[];
  /** To be called once that is written. */
  readonly done: () => Promise<void>;
}

export interface RunnerHost {
  readonly clock: Clock;
  readonly groups: GroupCrypto;
  readonly records: SealedRecords;
  readonly term: number;
  readonly self: GroupSelf;
  readonly identity: { readonly device: DeviceId; readonly person: PersonId };
  readonly relay: RelayClient;
  readonly documents: DocumentGate;
  directory(): Directory;
  town(): {
    readonly generation: number;
    readonly seq: number;
    /** Less than that while what stands behind it could not be read (SPEC B1). */
    readonly sureUpTo: number;
    readonly chain: Bytes;
    /** Reads begun so far, and the latest of them that ended at the log's head. */
    readonly readsBegun: number;
    readonly readDone: number;
    readonly since: number;
    linkAt(seq: number): Bytes | undefined;
  };
  /** A request of this device to be taken back, written here and not by a copy of it. */
  isOwnRequest(request: VerifiedBackRequest): boolean;
  /** A copy of this profile has taken its place in the town (SPEC B7). */
  isEnded(): boolean;
  waitingIntents(log: number): readonly WaitingIntent[];
  /** An own intent was given its counter, or its acknowledgement. */
  intentChanged(number: number, intent: EntryIntent): void;
  /** False when it could not be stored. */
  addEntry(log: number, body: EntryIntent['body']): Promise<boolean>;
  /** A removal from the town that was asked for here is not in its log yet. */
  isRemovalWaiting(): boolean;
  /** A direct conversation may live only under the pair's first claim. */
  mayCreate(runner: LogRunner): boolean;
  /** Mail of the own mailbox: what it writes, and what to do once that is written. */
  receiveMail(seq: number, envelope: Bytes): Promise<ReceivedMail>;
  changed(change: RunnerChange): void;
  needTown(): void;
  /** A log has been read to its head. */
  readToHead(runner: LogRunner): void;
  watch(runner: LogRunner): void;
  storageFailed(type: 'fenced' | 'storage-full' | 'storage-failed' | 'too-new'): void;
}
