/**
 * Presence on the wire is y-protocols' awareness update, narrowed: one client per frame, and a state
 * that says person and field or nothing. Inbound is hostile: it may not speak for this client (Yjs
 * would let it), nor fill memory with clients that do not exist.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { copyBytes, type Bytes } from '../lib/bytes';
import { parsePresence } from './boardPresence';

const MAX_BYTES = 1_024;
/** Clients remembered per opening: y-protocols never forgets one. */
const MAX_CLIENTS = 256;

export interface PresenceEntry {
  readonly client: number;
  readonly clock: number;
  /** JSON; 'null' when the client leaves. */
  readonly state: string;
}

/** Only this client's own entry: the provider would announce everybody it has heard of. */
export function ownPresence(update: Uint8Array, client: number): PresenceEntry | undefined {
  return readEntries(update)?.find((entry) => entry.client === client);
}

export function encodePresence({ client, clock, state }: PresenceEntry): Bytes {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
  encoding.writeVarString(encoder, state);
  return copyBytes(encoding.toUint8Array(encoder));
}

export class PresenceFilter {
  readonly #client: number;
  readonly #clients = new Set<number>();

  constructor(client: number) {
    this.#client = client;
  }

  /** What may be handed to awareness, and whether it comes from somebody not heard of before. */
  accept(bytes: Uint8Array): { readonly bytes: Bytes; readonly isNewcomer: boolean } | undefined {
    if (bytes.length > MAX_BYTES) return undefined;
    const entries = readEntries(bytes);
    const entry = entries?.[0];
    if (entry === undefined || entries?.length !== 1 || entry.client === this.#client) return undefined;
    const isNewcomer = !this.#clients.has(entry.client);
    if (isNewcomer && this.#clients.size >= MAX_CLIENTS) return undefined;
    this.#clients.add(entry.client);
    return { bytes: encodePresence(entry), isNewcomer };
  }
}

function readEntries(update: Uint8Array): PresenceEntry[] | undefined {
  try {
    const decoder = decoding.createDecoder(update);
    const count = decoding.readVarUint(decoder);
    const entries: PresenceEntry[] = [];
    // Every entry takes bytes, so a lying count ends at the end of the input.
    for (let i = 0; i < count; i++) {
      const client = decoding.readVarUint(decoder);
      const clock = decoding.readVarUint(decoder);
      const state = narrow(decoding.readVarString(decoder));
      if (!Number.isSafeInteger(client) || !(clock < 2 ** 31)) return undefined;
      entries.push({ client, clock, state });
    }
    return decoding.hasContent(decoder) ? undefined : entries;
  } catch {
    return undefined;
  }
}

/** Whatever is not presence says nothing: 'null', as if the client had left. */
function narrow(json: string): string {
  const presence = parsePresence(JSON.parse(json));
  return JSON.stringify(presence ?? null);
}
