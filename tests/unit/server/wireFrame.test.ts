import { expect, test } from 'vitest';
import { wireFrameOf } from '../../../server/wireFrame';

test.each([
  [0, [0x82, 0]],
  [125, [0x82, 125]],
  [126, [0x82, 126, 0, 126]],
  [65_535, [0x82, 126, 0xff, 0xff]],
  [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  [1_048_576, [0x82, 127, 0, 0, 0, 0, 0, 16, 0, 0]],
])('a message of %i bytes: final, binary, unmasked (RFC 6455 §5.2)', (length, head) => {
  const payload = new Uint8Array(length).fill(7);
  const wire = wireFrameOf(payload);
  expect([...wire.subarray(0, head.length)]).toEqual(head);
  expect(wire.subarray(head.length).equals(payload)).toBe(true);
});

test('the same frame is built once, another one anew', () => {
  const [one, other] = [Uint8Array.of(1), Uint8Array.of(1)];
  expect(wireFrameOf(one)).toBe(wireFrameOf(one));
  expect(wireFrameOf(other)).not.toBe(wireFrameOf(one));
});
