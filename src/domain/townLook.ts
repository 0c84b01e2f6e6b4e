/**
 * How a town shows itself: one colour and a coat of arms. Both are judged here, by every device alike, so that
 * nothing but a small picture of points is ever handed to a decoder; whether the colour can be read is the
 * screen's business, which does not use one that cannot.
 */
import * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import { anyMap } from '../protocol/fields';

export const ARMS_BYTES = 49_152;
/** Width and height, in points. */
export const ARMS_POINTS = 256;

const PNG_BEGINNING = [
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  // The first chunk: 13 bytes, "IHDR".
  ...[0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
];

/** Absent fields mean Depesche's own. */
export const townLookSchema = v.pipe(
  anyMap,
  v.strictObject({
    /** `#rrggbb`, as used on a light ground; others are made from it. */
    accent: v.exactOptional(v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/))),
    /** A PNG. */
    arms: v.exactOptional(v.custom<Bytes>(isSmallPng, 'a small PNG')),
  }),
);
export type TownLook = Readonly<v.InferOutput<typeof townLookSchema>>;

function isSmallPng(value: unknown): boolean {
  if (!(value instanceof Uint8Array) || value.length < 24 || value.length > ARMS_BYTES) return false;
  if (PNG_BEGINNING.some((byte, at) => value[at] !== byte)) return false;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return [view.getUint32(16), view.getUint32(20)].every((points) => points >= 1 && points <= ARMS_POINTS);
}
