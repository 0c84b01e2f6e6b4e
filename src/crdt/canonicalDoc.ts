/**
 * The document as everybody agrees on it: accepted updates in log order and nothing else. Same log
 * prefix, same verdicts, same document, on every device (protocol.md 10).
 *
 *   SPEC X6  An update is read, judged and only then applied; a refusal leaves the document as it was.
 *   SPEC X6  What Yjs makes of an accepted update is looked at before it counts: if it throws, leaves
 *       something pending, moves another client's clock or puts a struct where no honest author could
 *       have put it (`causalOrder`), the document is rebuilt from accepted updates alone.
 *   SPEC X7  A device may add so much and no more (`deviceCharge`), so that one member's flood ends while
 *       the others go on writing. The sums are part of the state.
 *
 * Limits: the caller has verified the author device; one update is given once per entry (a repeated
 * one is harmless but is charged again).
 */
import * as Y from 'yjs';
import { bytesToHex, concatBytes, copyBytes, type Bytes } from '../lib/bytes';
import { ok, type Result } from '../lib/result';
import { isCausal } from './causalOrder';
import { checkUpdate } from './checkUpdate';
import { decodeState, encodeState, type StateFailure } from './documentState';
import { documentClientId } from './documentClientId';
import { DOCUMENT_LIMITS as LIMITS } from './documentLimits';
import { refuse, type DocumentRefusal } from './documentRefusal';
import { readBoard, type BoardContent } from './noticeBoard';
import { readUpdate, type UpdateClaim } from './readUpdate';

export interface AuthoredUpdate {
  readonly device: Uint8Array;
  readonly session: Uint8Array;
  readonly update: Uint8Array;
}

/** Accepted updates kept for a rebuild before they are folded into one state. */
const TAIL_UPDATES = 256;

export class CanonicalDoc {
  readonly #documentId: string;
  #doc: Y.Doc;
  /** `#base` and then `#tail` are the accepted updates: what a rebuild starts from. */
  #base: Bytes;
  #tail: Bytes[] = [];
  readonly #chargeByDevice: Map<string, number>;

  private constructor(documentId: string, base: Bytes, chargeByDevice: Map<string, number>) {
    this.#documentId = documentId;
    this.#base = base;
    this.#chargeByDevice = chargeByDevice;
    this.#doc = docFromUpdates([base]);
  }

  static empty(documentId: string): CanonicalDoc {
    return new CanonicalDoc(documentId, Y.encodeStateAsUpdate(new Y.Doc()) as Bytes, new Map());
  }

  /** `bytes` come from this device's own vault; damage there is a failure, not an exception. */
  static fromState(documentId: string, bytes: Uint8Array): Result<CanonicalDoc, StateFailure> {
    const state = decodeState(bytes);
    if (!state.ok) return state;
    return ok(new CanonicalDoc(documentId, state.value.update, new Map(state.value.chargeByDevice)));
  }

  apply({ device, session, update }: AuthoredUpdate): Result<void, DocumentRefusal> {
    if (device.length !== LIMITS.deviceIdBytes || session.length !== LIMITS.sessionBytes) {
      return refuse('malformed', 'device or session');
    }
    const claim = readUpdate(update);
    if (!claim.ok) return claim;
    const client = documentClientId(device, this.#documentId, session);
    const verdict = checkUpdate(this.#doc, client, claim.value);
    if (!verdict.ok) return verdict;
    const author = bytesToHex(device);
    const charge =
      Math.max(update.length, LIMITS.leastCharge) + Math.ceil(verdict.value.walk / LIMITS.walkPerByte);
    const spent = (this.#chargeByDevice.get(author) ?? 0) + charge;
    if (spent > LIMITS.deviceCharge) return refuse('quota', 'device');
    const isNew = !verdict.value.isKnown;
    const bytes = isNew ? copyBytes(update) : withoutStructs(update, claim.value);
    if (!this.#integrate(bytes, client, claim.value, isNew)) {
      this.#rebuild();
      return refuse('not-integrable', 'refused by the document');
    }
    this.#chargeByDevice.set(author, spent);
    this.#keep(bytes);
    return ok(undefined);
  }

  /** For the vault: document and sums. */
  encodeState(): Bytes {
    this.#fold();
    return encodeState({ update: this.#base, chargeByDevice: this.#chargeByDevice });
  }

  /** For a tab: what `DocumentChannel.load` may answer in place of all accepted updates. */
  stateAsUpdate(): Bytes {
    this.#fold();
    return this.#base;
  }

  /** For previews and exports; a plain value that nobody's edit changes afterwards. */
  readBoard(): BoardContent {
    return readBoard(this.#doc);
  }

  destroy(): void {
    this.#doc.destroy();
  }

  #integrate(update: Bytes, client: number, claim: UpdateClaim, isNew: boolean): boolean {
    const { store } = this.#doc;
    const clocksBefore = Y.getState(store, client);
    const clientsBefore = store.clients.size;
    try {
      Y.applyUpdate(this.#doc, update);
    } catch {
      return false;
    }
    const isWhole = store.pendingStructs === null && store.pendingDs === null;
    const isOwnClock = Y.getState(store, client) === Math.max(clocksBefore, claim.end);
    const isOneClient = store.clients.size === clientsBefore + (clocksBefore === 0 && claim.end > 0 ? 1 : 0);
    return isWhole && isOwnClock && isOneClient && (!isNew || isCausal(this.#doc, client, claim));
  }

  #keep(update: Bytes): void {
    this.#tail.push(update);
    if (this.#tail.length >= TAIL_UPDATES) this.#fold();
  }

  #fold(): void {
    if (this.#tail.length === 0) return;
    this.#base = copyBytes(Y.encodeStateAsUpdate(this.#doc));
    this.#tail = [];
  }

  #rebuild(): void {
    this.#doc.destroy();
    this.#doc = docFromUpdates([this.#base, ...this.#tail]);
  }
}

function docFromUpdates(updates: readonly Bytes[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

/** No sections, then the delete set as it came. */
function withoutStructs(update: Uint8Array, claim: UpdateClaim): Bytes {
  return concatBytes(new Uint8Array([0]), update.subarray(claim.deletesAt));
}
