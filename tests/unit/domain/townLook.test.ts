import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/domain/body';
import { ARMS_BYTES, ARMS_POINTS } from '../../../src/domain/townLook';

/** As far as the header goes. */
function png(width: number, height: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

const isValid = (body: unknown): boolean => parseBody('town-look', body).ok;
const text = (words: string) => new TextEncoder().encode(words.padEnd(60));

describe("a town's look (SPEC D9)", () => {
  it('is a colour, a coat of arms, both or neither', () => {
    for (const body of [
      {},
      { accent: '#0a5c2f' },
      { arms: png(64, 80) },
      { accent: '#0a5c2f', arms: png(1, 1) },
    ])
      expect(parseBody('town-look', body)).toEqual({ ok: true, value: { kind: 'town-look', ...body } });
  });

  it.each([
    '',
    'red',
    '#0A5C2F',
    '#0a5c2',
    '#0a5c2ff',
    ' #0a5c2f',
    '#0a5c2f;',
    'url(x)',
    '#0a5c2f\n',
    7,
    null,
  ])('takes no colour like %j', (accent) => expect(isValid({ accent })).toBe(false));

  it('takes arms up to their bounds in bytes and points, and no further', () => {
    expect(isValid({ arms: png(ARMS_POINTS, ARMS_POINTS, ARMS_BYTES) })).toBe(true);
    expect(isValid({ arms: png(64, 64, ARMS_BYTES + 1) })).toBe(false);
    for (const [width, height] of [
      [ARMS_POINTS + 1, 1],
      [1, ARMS_POINTS + 1],
      [0, 10],
      [10, 0],
      [2 ** 31, 1],
    ] as const)
      expect(isValid({ arms: png(width, height) }), `${width} × ${height}`).toBe(false);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a drawing', text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a page', text('<!doctype html><script>alert(1)</script>')],
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, ...new Uint8Array(60))],
    ['a GIF', text('GIF89a')],
    ['the beginning of a PNG', png(8, 8).subarray(0, 23)],
    ['a PNG that begins with another chunk', Uint8Array.from(png(8, 8), (b, at) => (at === 12 ? 0x74 : b))],
    ['a text', 'data:image/png;base64,iVBORw0KGgo='],
  ])('takes %s for no coat of arms', (_name, arms) => expect(isValid({ arms })).toBe(false));

  it('takes nothing beside the two', () => {
    expect(isValid({ accent: '#0a5c2f', font: 'x' })).toBe(false);
  });
});
