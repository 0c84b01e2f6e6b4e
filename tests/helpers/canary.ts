/**
 * Looks for words where they must not be, in every encoding a careless program could leave them in
 * (promise P4): raw, UTF-16 both ways, hex, base64 at each alignment, URL-encoded, JSON-escaped.
 */
export function encodingsOf(word: string): readonly Buffer[] {
  const utf8 = Buffer.from(word, 'utf8');
  const utf16 = Buffer.from(word, 'utf16le');
  const escaped = JSON.stringify(word).slice(1, -1);
  const ascii = [...word]
    .map((char) =>
      char.charCodeAt(0) > 127 ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char,
    )
    .join('');
  return [
    utf8,
    utf16,
    Buffer.from(utf16).swap16(),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(utf8.toString('hex').toUpperCase()),
    ...[0, 1, 2].map((shift) => Buffer.from(base64Core(utf8, shift))),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(base64Core(utf8, shift).replaceAll('+', '-').replaceAll('/', '_')),
    ),
    Buffer.from(encodeURIComponent(word)),
    Buffer.from(escaped),
    Buffer.from(ascii),
  ];
}

/** The part of a base64 text that depends on the word alone, when it begins `shift` bytes into a group. */
function base64Core(bytes: Buffer, shift: number): string {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
  const text = padded.toString('base64').replace(/=+$/, '');
  const start = Math.ceil((shift * 8) / 6);
  const end = Math.floor((padded.length * 8) / 6);
  return text.slice(start, end);
}

/** The words found, each with the place it was found in. */
export function findCanaries(
  words: readonly string[],
  places: Iterable<{ readonly name: string; readonly bytes: Uint8Array }>,
): readonly string[] {
  const wanted = words.map((word) => ({ word, encodings: encodingsOf(word) }));
  const found: string[] = [];
  for (const { name, bytes } of places) {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const { word, encodings } of wanted)
      if (encodings.some((encoding) => haystack.includes(encoding))) found.push(`${word} in ${name}`);
  }
  return found;
}
