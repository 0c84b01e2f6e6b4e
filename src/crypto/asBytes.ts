import { copyBytes, type Bytes } from '../lib/bytes';

/**
 * WebCrypto takes views of unshared memory only; libraries type their results more widely. Copies only
 * when the memory is in fact shared.
 */
export function asBytes(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : copyBytes(bytes);
}
