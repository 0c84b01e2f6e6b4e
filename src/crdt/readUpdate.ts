/**
 * Reads a Yjs update (format V1) without building anything Yjs would build: `Y.decodeUpdate` allocates
 * what a hostile header asks for. Every count is bounded before its loop, and only the content that
 * documents here use is understood. The result says what an update claims; `checkUpdate` says whether
 * it is true. Strings are decoded by the same lib0 code as in Yjs, so lengths agree.
 */
import * as decoding from 'lib0/decoding';
import { ok, type Result } from '../lib/result';
import { DOCUMENT_LIMITS as LIMITS } from './documentLimits';
import { refuse, type DocumentRefusal, type DocumentRefusalType } from './documentRefusal';

export interface StructId {
  readonly client: number;
  readonly clock: number;
}

export type StructKind = 'gc' | 'deleted' | 'string' | 'scalars' | 'type';

export interface StructClaim {
  readonly clock: number;
  readonly length: number;
  readonly kind: StructKind;
  readonly origin: StructId | undefined;
  readonly rightOrigin: StructId | undefined;
  /** Named only when there is neither origin nor right origin; else it is theirs. */
  readonly parent: { readonly root: string } | StructId | undefined;
  readonly key: string | undefined;
  /** Of kind 'string'. */
  readonly text: string | undefined;
}

export interface DeleteRange extends StructId {
  readonly length: number;
}

export interface UpdateClaim {
  /** Undefined when the update only deletes. */
  readonly client: number | undefined;
  /** Clocks of the structs: from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
  readonly structs: readonly StructClaim[];
  readonly deletes: readonly DeleteRange[];
  /** Where the delete set begins in the bytes. */
  readonly deletesAt: number;
}

export function readUpdate(update: Uint8Array): Result<UpdateClaim, DocumentRefusal> {
  if (update.length > LIMITS.updateBytes) return refuse('over-limit', 'bytes');
  try {
    return ok(new Reader(update).read());
  } catch (error) {
    if (error instanceof Refused) return refuse(error.type, error.message);
    // lib0 throws plain errors at the end of the input, on numbers beyond 2^53 and on broken UTF-8.
    return refuse('malformed', error instanceof Error ? error.message : 'unreadable');
  }
}

/** The struct of this update that holds `id`, if it is one of its own. */
export function structAt(
  { client, start, end, structs }: UpdateClaim,
  id: StructId,
): StructClaim | undefined {
  if (id.client !== client || id.clock < start || id.clock >= end) return undefined;
  let low = 0;
  let high = structs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((structs[middle]?.clock ?? 0) <= id.clock) low = middle;
    else high = middle - 1;
  }
  return structs[low];
}

/** Leaves the reader from any depth; never leaves this file. */
class Refused extends Error {
  constructor(
    readonly type: DocumentRefusalType,
    detail: string,
  ) {
    super(detail);
  }
}

const BARE = {
  origin: undefined,
  rightOrigin: undefined,
  parent: undefined,
  key: undefined,
  text: undefined,
};
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_KEY = 0x20;
const CONTENT_BITS = 0x1f;
const DELETED = 1;
const STRING = 4;
const TYPE = 7;
const SCALARS = 8;
const CONTENT_KINDS: ReadonlySet<number> = new Set([DELETED, STRING, TYPE, SCALARS]);
/** Array, map, text; what follows in Yjs is XML. */
const LAST_TYPE_REF = 2;

class Reader {
  readonly #decoder: decoding.Decoder;

  constructor(update: Uint8Array) {
    this.#decoder = decoding.createDecoder(update);
  }

  read(): UpdateClaim {
    const sections = this.#number();
    // One session per update: an entry names one session, and an honest tab merges into one section.
    if (sections > 1) throw new Refused('foreign-client', 'several clients');
    const structs: StructClaim[] = [];
    let client: number | undefined;
    let start = 0;
    let end = 0;
    if (sections === 1) {
      const count = this.#number();
      if (count === 0) throw new Refused('malformed', 'empty section');
      if (count > LIMITS.structs) throw new Refused('over-limit', 'structs');
      client = this.#number();
      start = this.#number();
      if (start >= LIMITS.clock) throw new Refused('over-limit', 'clock');
      end = start;
      for (let i = 0; i < count; i++) {
        const struct = this.#struct(end);
        end += struct.length;
        if (end - start > LIMITS.updateLength) throw new Refused('over-limit', 'length');
        if (end >= LIMITS.clock) throw new Refused('over-limit', 'clock');
        structs.push(struct);
      }
    }
    const deletesAt = this.#decoder.pos;
    const deletes = this.#deletes();
    if (decoding.hasContent(this.#decoder)) throw new Refused('malformed', 'trailing bytes');
    return { client, start, end, structs, deletes, deletesAt };
  }

  #struct(clock: number): StructClaim {
    const info = this.#byte();
    const content = info & CONTENT_BITS;
    if (content === 0) {
      if (info !== 0) throw new Refused('malformed', 'flags on gc');
      const length = this.#length();
      return { ...BARE, clock, length, kind: 'gc' };
    }
    // JSON, binary, embeds, formatting (Yjs answers it with edits of its own), subdocuments, skips.
    if (!CONTENT_KINDS.has(content)) throw new Refused('forbidden-content', `content ${content}`);
    const origin = (info & HAS_ORIGIN) !== 0 ? this.#id() : undefined;
    const rightOrigin = (info & HAS_RIGHT_ORIGIN) !== 0 ? this.#id() : undefined;
    const isAnchored = origin !== undefined || rightOrigin !== undefined;
    const parent = isAnchored ? undefined : this.#parent();
    const key = !isAnchored && (info & HAS_KEY) !== 0 ? this.#text(LIMITS.keyLength) : undefined;
    return { clock, origin, rightOrigin, parent, key, text: undefined, ...this.#content(content) };
  }

  #parent(): { readonly root: string } | StructId {
    const isRoot = this.#number();
    if (isRoot > 1) throw new Refused('malformed', 'parent info');
    return isRoot === 1 ? { root: this.#text(LIMITS.keyLength) } : this.#id();
  }

  #content(content: number): { kind: StructKind; length: number; text?: string } {
    if (content === DELETED) return { kind: 'deleted', length: this.#length() };
    if (content === STRING) {
      const text = decoding.readVarString(this.#decoder);
      if (text === '') throw new Refused('malformed', 'empty string');
      return { kind: 'string', length: text.length, text };
    }
    if (content === TYPE) {
      if (this.#number() > LAST_TYPE_REF) throw new Refused('forbidden-content', 'type');
      return { kind: 'type', length: 1 };
    }
    const length = this.#length();
    if (length > LIMITS.scalarsPerStruct) throw new Refused('over-limit', 'scalars');
    for (let i = 0; i < length; i++) this.#scalar();
    return { kind: 'scalars', length };
  }

  /** lib0's "any", without objects, arrays, bytes and big integers: those nest or have no JSON form. */
  #scalar(): void {
    const tag = this.#byte();
    switch (tag) {
      case 119:
        this.#text(LIMITS.scalarLength);
        return;
      case 120:
      case 121:
      case 126:
      case 127:
        return;
      case 123:
        this.#skip(8);
        return;
      case 124:
        this.#skip(4);
        return;
      case 125:
        decoding.readVarInt(this.#decoder);
        if (this.#decoder.pos > this.#decoder.arr.length) throw new Refused('malformed', 'truncated');
        return;
      default:
        throw new Refused('forbidden-content', `scalar ${tag}`);
    }
  }

  #deletes(): DeleteRange[] {
    const clients = this.#number();
    if (clients > LIMITS.deleteRanges) throw new Refused('over-limit', 'delete ranges');
    const seen = new Set<number>();
    const deletes: DeleteRange[] = [];
    let deleted = 0;
    for (let i = 0; i < clients; i++) {
      const client = this.#number();
      if (seen.has(client)) throw new Refused('malformed', 'client twice');
      seen.add(client);
      const count = this.#number();
      if (deletes.length + count > LIMITS.deleteRanges) throw new Refused('over-limit', 'delete ranges');
      let free = 0;
      for (let j = 0; j < count; j++) {
        const clock = this.#number();
        const length = this.#number();
        if (length === 0 || clock < free) throw new Refused('malformed', 'delete range');
        free = clock + length;
        if (free >= LIMITS.clock) throw new Refused('over-limit', 'clock');
        deleted += length;
        if (deleted > LIMITS.deletedLength) throw new Refused('over-limit', 'deleted length');
        deletes.push({ client, clock, length });
      }
    }
    return deletes;
  }

  #id(): StructId {
    const client = this.#number();
    return { client, clock: this.#number() };
  }

  #length(): number {
    const length = this.#number();
    if (length === 0) throw new Refused('malformed', 'empty struct');
    if (length > LIMITS.updateLength) throw new Refused('over-limit', 'length');
    return length;
  }

  #text(limit: number): string {
    const text = decoding.readVarString(this.#decoder);
    if (text.length > limit) throw new Refused('over-limit', 'text');
    return text;
  }

  #number(): number {
    const value = decoding.readVarUint(this.#decoder);
    if (!Number.isSafeInteger(value)) throw new Refused('malformed', 'number');
    return value;
  }

  /** lib0 reads past the end as undefined. */
  #byte(): number {
    this.#skip(1);
    return this.#decoder.arr[this.#decoder.pos - 1] ?? 0;
  }

  #skip(count: number): void {
    if (this.#decoder.pos + count > this.#decoder.arr.length) throw new Refused('malformed', 'truncated');
    this.#decoder.pos += count;
  }
}
