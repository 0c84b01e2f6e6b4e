/** A QR code as one SVG path in a square of `size` units; runs of dark modules become one stroke of the pen. */
import { encode } from 'uqr';

export interface QrDrawing {
  /** Quiet zone included. */
  readonly size: number;
  readonly path: string;
}

/** Undefined when the text is too long for a code that a phone could still read from a screen. */
export function qrPath(text: string): QrDrawing | undefined {
  let code: ReturnType<typeof encode>;
  try {
    code = encode(text, { ecc: 'M', border: 4, maxVersion: 25 });
  } catch {
    return undefined;
  }
  const path = code.data
    .flatMap((row, y) => runs(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`))
    .join('');
  return { size: code.size, path };
}

function runs(row: readonly boolean[]): readonly (readonly [start: number, length: number])[] {
  const found: [number, number][] = [];
  row.forEach((isDark, x) => {
    const last = found.at(-1);
    if (!isDark) return;
    if (last !== undefined && last[0] + last[1] === x) last[1] += 1;
    else found.push([x, 1]);
  });
  return found;
}
