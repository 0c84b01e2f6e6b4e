/** MLSMessage (RFC 9420 §6) to and from bytes. */
import { copyBytes, type Bytes } from '../../lib/bytes';
import { decodeMlsMessage, encodeMlsMessage, type KeyPackage, type MLSMessage } from './library';

export function encodeMessage(message: MLSMessage): Bytes {
  return copyBytes(encodeMlsMessage(message));
}

/** Undefined for anything but exactly one message; the bytes are copied, the library keeps views. */
export function decodeMessage(bytes: Uint8Array): MLSMessage | undefined {
  try {
    const own = copyBytes(bytes);
    const decoded = decodeMlsMessage(own, 0);
    return decoded?.[1] === own.length ? decoded[0] : undefined;
  } catch {
    return undefined;
  }
}

export function decodeKeyPackageMessage(bytes: Uint8Array): KeyPackage | undefined {
  const message = decodeMessage(bytes);
  return message?.wireformat === 'mls_key_package' ? message.keyPackage : undefined;
}
