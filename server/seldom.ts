/**
 * Says the same thing at most once a minute, and then how often it was left unsaid: a full disk fails
 * every write, and a line for each would fill what is left of it.
 */
const QUIET_MS = 60_000;

export function seldom(
  now: () => number,
  say: (what: string, unsaid: number) => void,
): (what: string) => void {
  const said = new Map<string, { at: number; unsaid: number }>();
  return (what) => {
    const before = said.get(what);
    if (before !== undefined && now() - before.at < QUIET_MS) {
      before.unsaid += 1;
      return;
    }
    say(what, before?.unsaid ?? 0);
    said.set(what, { at: now(), unsaid: 0 });
  };
}
