/**
 * A hit's text in three parts, cut down around the match so that it is in sight on a small screen.
 * Offsets from elsewhere are not trusted to lie within the text or between characters.
 */
export interface MatchParts {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

const LEAD = 42;
const TRAIL = 160;

export function splitMatch(text: string, matchStart: number, matchEnd: number): MatchParts {
  const start = boundary(text, Math.min(Math.max(0, matchStart), text.length));
  const end = boundary(text, Math.min(Math.max(start, matchEnd), text.length));
  return {
    before: lead(text.slice(0, start)),
    match: text.slice(start, end),
    after: trail(text.slice(end)),
  };
}

function lead(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  if (line.length <= LEAD) return line;
  const cut = boundary(line, line.length - LEAD);
  const space = line.indexOf(' ', cut);
  return `… ${line.slice(space === -1 || space === line.length - 1 ? cut : space + 1)}`;
}

function trail(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= TRAIL ? line : `${line.slice(0, boundary(line, TRAIL))} …`;
}

/** Never between the halves of one character. */
function boundary(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 0 && at < text.length && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
