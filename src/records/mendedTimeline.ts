/**
 * What was handed over goes between what a device has (SPEC B6). Where the others have an entry is where it
 * stands; holes are filled; what nobody else has, because the relay showed it here alone, stands behind all
 * of it and says so, and what of that is our own is given back, to be said again. Rows are rewritten from the
 * first one that changes on.
 */
import { bytesToHex } from '../lib/bytes';
import { parseContent, parseEntry, type WireEntry } from '../domain/entry';
import type { DeviceId } from '../domain/ids';
import type { VaultWrite } from '../vault/vault';
import { rowKey } from './keys';
import type { Progress, TimelineRecord } from './logRecords';
import type { SealedRecords } from './sealedRecords';
import { addToTimeline, type TimelineWrites } from './timelineRows';

/** What the others have. */
export interface Handed {
  /** Texts that hold, with rising orders. */
  readonly history: readonly TimelineRecord[];
  /** Where each entry stands that was mentioned, whether it holds or not. */
  readonly places: ReadonlyMap<string, number>;
  /** Last counter they have folded, by author. */
  readonly counters: Progress['counters'];
  readonly self: DeviceId;
  /** From this order on whoever handed over has all texts, and handed over all it has. */
  readonly wholeFrom: number;
  /** From here on nothing could be read any more: holes behind it are those of a device that was away. */
  readonly lostFrom: number;
  /** Behind all of it: the first order of the envelope that let us in, which shows nothing. */
  readonly end: number;
  /** Own texts under counters that the others have passed, of which they have nothing: kept, and marked. */
  readonly unheard: readonly TimelineRecord[];
  /** Whether it was signed for this log: counters of another say nothing here. */
  isOfThisLog(item: TimelineRecord): Promise<boolean>;
}

export interface Mended extends TimelineWrites {
  /** Of what was handed over, what was not here before. */
  readonly added: readonly TimelineRecord[];
  /** Own entries that nobody else has; they are in the timeline no more. */
  readonly unsaid: readonly WireEntry[];
  /** Names of others' entries that stand here only. */
  readonly strays: readonly string[];
  readonly lastOrder: number;
}

/** Whoever handed over has it not, though it may have passed its counter: it counts as delivered to nobody. */
const FORKED = { count: 0, reason: 'forked' } as const;
/** Orders of one envelope. */
const STRAYS_KEPT = 255;

export async function mendTimeline(
  records: SealedRecords,
  number: number,
  kept: { readonly tail: readonly number[]; readonly lastOrder: number },
  handed: Handed,
): Promise<Mended> {
  const whole = { from: rowKey(number, 0), to: rowKey(number, Number.MAX_SAFE_INTEGER) };
  const rows = await records.range<readonly TimelineRecord[]>('rows', whole);
  const sorted = await sortOut(
    rows.flatMap(({ value }) => value),
    handed,
  );
  const firstApart = handed.unheard.length > 0 ? handed.end : Infinity;
  const from = Math.min(handed.history[0]?.order ?? Infinity, sorted.firstMoved, firstApart);
  if (from === Infinity)
    return { writes: [], tail: kept.tail, added: [], unsaid: [], strays: [], lastOrder: kept.lastOrder };
  const rewritten = rows.filter(({ key }) => key[1] >= from);
  const first = rewritten[0]?.value[0]?.order ?? from;
  const staying = sorted.staying.filter(({ order }) => order >= Math.min(first, from));
  const known = new Set(staying.map(({ order }) => order));
  const added = handed.history.filter(({ order }) => !known.has(order));
  const apart = [...sorted.strays, ...handed.unheard].slice(-STRAYS_KEPT).map((item, at): TimelineRecord => ({
    ...item,
    order: handed.end + 1 + at,
    gap: FORKED,
  }));
  const own = new Set(handed.unheard.map(nameOf));
  const mended = [...staying, ...added, ...apart].sort((a, b) => a.order - b.order);
  const gone = new Set(rewritten.flatMap((row) => row.value).map(({ order }) => order));
  const tail = kept.tail.filter((order) => !gone.has(order));
  const written = await addToTimeline(records, number, tail, mended);
  return {
    writes: [
      { store: 'rows', deleteRange: { from: rowKey(number, from), to: whole.to } } satisfies VaultWrite,
      ...written.writes,
    ],
    tail: written.tail,
    added,
    unsaid: sorted.unsaid,
    strays: apart.flatMap((item) => (own.has(nameOf(item)) ? [] : (nameOf(item) ?? []))),
    lastOrder: Math.max(mended.at(-1)?.order ?? 0, rows.findLast(({ key }) => key[1] < from)?.key[1] ?? 0),
  };
}

interface Sorted {
  readonly staying: readonly TimelineRecord[];
  readonly strays: readonly TimelineRecord[];
  readonly unsaid: readonly WireEntry[];
  readonly firstMoved: number;
}

async function sortOut(rows: readonly TimelineRecord[], handed: Handed): Promise<Sorted> {
  const firstHanded = handed.history[0]?.order ?? Infinity;
  const taken = new Map(handed.history.map((item) => [item.order, nameOf(item)]));
  const unsaid: WireEntry[] = [];
  const strays: TimelineRecord[] = [];
  const moved: TimelineRecord[] = [];
  const still: TimelineRecord[] = [];
  let firstMoved = Infinity;
  for (const item of rows) {
    const [wire, name] = [wireOf(item), nameOf(item)];
    const place = (name === undefined ? undefined : handed.places.get(name)) ?? item.order;
    const isHanded = name !== undefined && taken.get(place) === name;
    const isOnlyHere = wire !== undefined && isUnknown(wire, handed) && (await handed.isOfThisLog(item));
    if (wire === undefined && item.order >= Math.min(firstHanded, handed.lostFrom)) {
      firstMoved = Math.min(firstMoved, item.order);
      continue;
    }
    if (!isOnlyHere && place === item.order && (isHanded || !taken.has(place))) {
      const isMissed = name !== undefined && item.order >= handed.wholeFrom && !handed.places.has(name);
      // Newcomers are handed texts only: what else was done in front of them they can hand to nobody.
      const isMarked = isMissed && isText(wire) && (await handed.isOfThisLog(item));
      still.push(isMarked ? { ...item, gap: item.gap ?? FORKED } : item);
      if (isMarked) firstMoved = Math.min(firstMoved, item.order);
      continue;
    }
    firstMoved = Math.min(firstMoved, item.order, place);
    if (isOnlyHere && bytesToHex(wire.device) === handed.self) unsaid.push(wire);
    else if (isOnlyHere || (taken.has(place) && !isHanded)) strays.push(item);
    else if (!isHanded) moved.push({ ...item, order: place });
  }
  const orders = new Set(moved.map(({ order }) => order));
  const pushedOut = still.filter(({ order }) => orders.has(order));
  return {
    staying: [...still.filter(({ order }) => !orders.has(order)), ...moved],
    strays: [...strays, ...pushedOut],
    unsaid,
    firstMoved,
  };
}

function isText(wire: WireEntry | undefined): boolean {
  const content = wire === undefined ? undefined : parseContent(wire.content);
  return content?.ok === true && content.value.body.kind === 'text';
}

/** The others have not folded it: it was shown to nobody but us, or to some who are not among them. */
function isUnknown(wire: WireEntry, { counters }: Handed): boolean {
  return wire.counter > (counters[bytesToHex(wire.device) as DeviceId] ?? 0);
}

/** By author and id: an author chooses ids, so nobody's entry can hide another's. */
export function nameOf(item: TimelineRecord): string | undefined {
  const wire = wireOf(item);
  return wire === undefined ? undefined : `${bytesToHex(wire.device)}/${bytesToHex(wire.id)}`;
}

function wireOf({ proof }: TimelineRecord): WireEntry | undefined {
  const entry = proof === undefined ? undefined : parseEntry(proof.entry);
  return entry?.ok === true ? entry.value : undefined;
}
