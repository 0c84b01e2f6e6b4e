/**
 * Entries of a lost log, posted into the one that continues it by whoever still has them (SPEC Q8). Each
 * keeps its author's signature for the old log; what does not hold is passed over.
 */
import { bytesToHex } from '../lib/bytes';
import type { EntryBody } from '../domain/body';
import type { Directory } from '../domain/directory';
import { parseContent, parseEntry } from '../domain/entry';
import type { DeviceId, EntryId, LogId } from '../domain/ids';
import { rowKey } from '../records/keys';
import type { Fold, TimelineRecord } from '../records/logRecords';
import type { SealedRecords } from '../records/sealedRecords';
import { verifyEntry, type OpenedEntry } from './entrySeal';

export interface CarriedEntry extends OpenedEntry {
  /** For which it was signed; whether that may be carried here says the fold. */
  readonly log: LogId;
  readonly epochTag: Uint8Array<ArrayBuffer>;
}

/** The log whose entries may be carried into the town's. */
export function predecessorOf(fold: Fold): LogId | undefined {
  return fold.type === 'town' ? fold.directory.continuation?.old : undefined;
}

export async function openCarried(body: EntryBody, directory: Directory): Promise<CarriedEntry | undefined> {
  if (body.kind !== 'carried') return undefined;
  const wire = parseEntry(body.entry);
  if (!wire.ok) return undefined;
  const device = bytesToHex(wire.value.device) as DeviceId;
  const author = directory.devices[device];
  const content = parseContent(wire.value.content);
  if (author === undefined || !content.ok) return undefined;
  if (!(await verifyEntry(body.log, body.epochTag, author.facts.signatureKey, wire.value))) return undefined;
  return {
    wire: wire.value,
    id: bytesToHex(wire.value.id) as EntryId,
    device,
    content: content.value,
    epochTag: body.epochTag,
    log: body.log,
  };
}

/** An author chooses ids; so nobody's entry can hide another's. */
export function heldName(device: DeviceId, id: EntryId): string {
  return `${device}/${id}`;
}

/** Names of the entries in a conversation's timeline, from an order on. */
export async function heldEntries(records: SealedRecords, number: number, from = 0): Promise<Set<string>> {
  const rows = await records.range<readonly TimelineRecord[]>('rows', {
    from: rowKey(number, from),
    to: rowKey(number, Number.MAX_SAFE_INTEGER),
  });
  const names = new Set<string>();
  for (const { value } of rows)
    for (const { proof } of value) {
      const wire = proof === undefined ? undefined : parseEntry(proof.entry);
      if (wire?.ok !== true) continue;
      names.add(heldName(bytesToHex(wire.value.device) as DeviceId, bytesToHex(wire.value.id) as EntryId));
    }
  return names;
}

/** What binds though its log is lost: who was put out stays out. */
export function isPuttingOut(body: EntryBody): boolean {
  if (body.kind === 'town-admin') return !body.isAdmin;
  return body.kind === 'town-blocked' || body.kind === 'town-person-removed';
}

/** Ids of this device's entries that these rows show, as signed: anybody may give an entry the id of another's. */
export function entriesIn(rows: readonly TimelineRecord[], by: DeviceId): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { proof } of rows) {
    const entry = proof === undefined ? undefined : parseEntry(proof.entry);
    if (entry?.ok === true && bytesToHex(entry.value.device) === by) ids.add(bytesToHex(entry.value.id));
  }
  return ids;
}
