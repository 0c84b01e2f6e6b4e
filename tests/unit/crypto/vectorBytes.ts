import { hexToBytes, type Bytes } from '../../../src/lib/bytes';

/** The bytes of a vector's hexadecimal field; anything else is a mistake in the file. */
export function hex(text: string): Bytes {
  const bytes = hexToBytes(text);
  if (bytes === undefined) throw new Error(`not hex: ${text.slice(0, 40)}`);
  return bytes;
}
