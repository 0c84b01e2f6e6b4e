/**
 * The only place where raw secret bytes live in code that passes them on. It does not print, does
 * not serialise by accident, and is wiped when its owner says so.
 */
import type { Bytes } from '../lib/bytes';
import { assert } from '../lib/assert';

export class SecretKey {
  readonly #bytes: Bytes;
  #wiped = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes);
  }

  /** For the cipher that needs them; never store the returned view. */
  expose(): Bytes {
    assert(!this.#wiped, 'a wiped key is not used');
    return this.#bytes;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  toJSON(): string {
    return '[secret]';
  }

  toString(): string {
    return '[secret]';
  }
}
