/**
 * A slow phone: every renderer of a browser runs a quarter of the time. CDP's throttle would slow the main thread
 * only, while the engine works in a worker.
 */
import { readFileSync, readdirSync } from 'node:fs';

const PERIOD_MS = 80;
const SHARE = 0.25;

/** Answers the way to let it run freely again. */
export function slowRenderers(browserPid: number): () => void {
  let isOver = false;
  let held: readonly number[] = [];
  const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
    for (const pid of pids)
      try {
        process.kill(pid, name);
      } catch {
        // gone already
      }
  };
  const hold = (): void => {
    if (isOver) return;
    held = renderersOf(browserPid);
    signal(held, 'SIGSTOP');
    setTimeout(release, PERIOD_MS * (1 - SHARE));
  };
  const release = (): void => {
    signal(held, 'SIGCONT');
    held = [];
    if (!isOver) setTimeout(hold, PERIOD_MS * SHARE);
  };
  hold();
  return () => {
    isOver = true;
    release();
  };
}

function renderersOf(browserPid: number): readonly number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((pid) => isRenderer(pid, browserPid));
}

function isRenderer(pid: number, browserPid: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('--type=renderer') && ancestorsOf(pid).includes(browserPid);
  } catch {
    return false; // it has ended meanwhile
  }
}

/** A renderer is a child of the zygote, which is a child of the browser. */
function ancestorsOf(pid: number): readonly number[] {
  const parents: number[] = [];
  for (let at = pid; at > 1;) {
    const stat = readFileSync(`/proc/${at}/stat`, 'utf8');
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    parents.push(at);
  }
  return parents;
}
