/**
 * Why an update is not part of the document. Everyone reaches the same verdict, so a refused update
 * is kept out everywhere: `ignore` it; its author rebuilds what the screen shows.
 */
import { err, type Err, type Failure } from '../lib/result';

export type DocumentRefusalType =
  /** Too many bytes, structs, ranges, or too deep, too long. */
  | 'over-limit'
  /** Not an update, truncated, or followed by something else. */
  | 'malformed'
  /** Structs in another session's name. */
  | 'foreign-client'
  /** Does not begin where the session's accepted structs end. */
  | 'clock-gap'
  /** A kind of content that documents here do not use. */
  | 'forbidden-content'
  /** Refers to, or deletes, what the document does not hold. */
  | 'unknown-reference'
  /** Left and right neighbours of different lists, or the wrong way round. */
  | 'crossed-neighbours'
  /** Would cut a surrogate pair in two. */
  | 'cut-character'
  /** The device has used up what it may add to this document. */
  | 'quota'
  /** Yjs cannot integrate it, or puts it where no honest author could have put it. */
  | 'not-integrable';

export type DocumentRefusal = Failure & { readonly type: DocumentRefusalType; readonly then: 'ignore' };

export function refuse(type: DocumentRefusalType, detail: string): Err<DocumentRefusal> {
  return err({ type, then: 'ignore', detail });
}
