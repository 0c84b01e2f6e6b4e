import { hexToBytes, type Bytes } from '../../../src/lib/bytes';
import { insist } from '../row';

/** Between our own processes. */
export function bytesOf(hex: string): Bytes {
  const bytes = hexToBytes(hex);
  insist(bytes !== undefined, 'hex between our own processes');
  return bytes;
}
