/**
 * A picture file as a coat of arms: decoded by the browser, drawn anew and small, encoded as PNG. Whatever else
 * the file held (place, camera, a second format) does not survive; drawings with code inside are not taken.
 */
import { ARMS_BYTES } from '../../domain/townLook';
import { err, ok, type Result } from '../../lib/result';
import type { Bytes } from '../../lib/bytes';

export type ArmsProblem = 'not-a-picture' | 'too-large' | 'too-detailed';

const fileBytes = 20 * 1024 * 1024;
const filePoints = 40_000_000;
/** Tried in turn until the bytes fit. */
const sides = [192, 160, 128, 96, 64];
const RASTER = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/bmp', 'image/avif']);

export async function readArms(file: Blob): Promise<Result<Bytes, ArmsProblem>> {
  if (!RASTER.has(file.type)) return err('not-a-picture');
  if (file.size > fileBytes) return err('too-large');
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return err('not-a-picture');
  }
  try {
    if (picture.width * picture.height > filePoints) return err('too-large');
    for (const side of sides) {
      const bytes = await drawn(picture, side);
      if (bytes !== undefined && bytes.length <= ARMS_BYTES) return ok(bytes);
    }
    return err('too-detailed');
  } finally {
    picture.close();
  }
}

async function drawn(picture: ImageBitmap, side: number): Promise<Bytes | undefined> {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  return blob ? new Uint8Array(await blob.arrayBuffer()) : undefined;
}
