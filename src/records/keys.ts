/** Which number means what in the vault. Changing one is a migration. */
import type { VaultKey } from '../vault/vault';
import { ENTRIES_PER_ENVELOPE } from '../domain/entry';

/** Local numbers of logs. Conversations have random ones between the bounds. */
export const TOWN_LOG = 1;
export const MAILBOX_LOG = 2;
/** In `rows` only: removals and blocks of the town's log, as signed, to be carried over (SPEC Q8). */
export const TOWN_PROOFS = 3;
export const FIRST_CONVERSATION = 1_000;
export const LAST_CONVERSATION = 2 ** 40;
/** Accepted document updates of conversation n lie in `rows` under n + this. */
const DOCUMENT_ROWS = 2 ** 42;

export const META = {
  identity: [1, 0],
  setup: [2, 0],
  textBlocks: [3, 0],
  invitations: [4, 0],
  relay: [5, 0],
  back: [6, 0],
} as const satisfies Record<string, VaultKey>;

export const VIEW = {
  setup: [1, 0],
  status: [2, 0],
  list: [3, 0],
  directory: [4, 0],
  invitations: [5, 0],
  succession: [6, 0],
  /** Written by the tab that leads (decision 0021). */
  engine: [7, 0],
} as const satisfies Record<string, VaultKey>;

export function conversationViewKey(number: number): VaultKey {
  return [10, number];
}
export function presenceKey(number: number): VaultKey {
  return [11, number];
}

/** Parts of a log's state, so that the large ones are written only when they change. */
export const LOG_PART = {
  core: 0,
  progress: 1,
  group: 2,
  fold: 3,
  flight: 4,
  pendingCommit: 5,
  followUps: 6,
} as const;
export type LogPart = keyof typeof LOG_PART;
const PARTS = 16;

/** Logs are stored as [number, part]; numbers × parts stay far below 2^53. */
export function logKey(number: number, part: LogPart): VaultKey {
  return [number, LOG_PART[part]];
}
export const LOG_PARTS_END = PARTS - 1;

export function rowKey(number: number, order: number): VaultKey {
  return [number, order];
}
export function documentRowKey(number: number, order: number): VaultKey {
  return [number + DOCUMENT_ROWS, order];
}

/**
 * Place in the timeline of the entry at `index` of the envelope at `seq`. What a log continues stands
 * below it; in front of its first envelope there is room for what was handed over of the log before.
 */
export function orderOf(seq: number, index: number, generation = 0): number {
  const first = generation === 0 ? 0 : generation * GENERATION_ORDERS + HANDED_ORDERS;
  return first + seq * ENTRIES_PER_ENVELOPE + index;
}
/** Of the first item of a generation, which says that it begins. */
export function generationOrder(generation: number): number {
  return generation * GENERATION_ORDERS;
}
export function generationOfOrder(order: number): number {
  return Math.floor(order / GENERATION_ORDERS);
}
/** The seq in the log of that generation; 0 for what stands in front of it. */
export function seqOfOrder(order: number, generation = 0): number {
  return Math.max(0, Math.floor((order - orderOf(0, 0, generation)) / ENTRIES_PER_ENVELOPE));
}
const GENERATION_ORDERS = 2 ** 44;
const HANDED_ORDERS = 2 ** 20;
/** Waiting items stand below everything that is in the log. */
export const WAITING_ORDER = 2 ** 52;
