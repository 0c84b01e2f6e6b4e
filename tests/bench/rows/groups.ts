/** Groups of 400 devices. */
import { computed } from '../page/openBench';
import type { Change, GroupFigures } from '../page/groups';
import type { Figure, Row } from '../row';
import { short, spread } from '../stats';

const DEVICES = 400;
const ROUNDS = 5;
const OPENMLS = 'OpenMLS in WebAssembly';

export const groupsRow: Row = {
  name: 'groups',
  title: `A group of ${DEVICES} devices, in a worker of Chromium`,
  async run(context) {
    const { addAll, addOne, removeOne, update, joined, stateBytes } = await computed<GroupFigures>(context, {
      type: 'groups',
      devices: DEVICES,
      rounds: ROUNDS,
    });
    return [
      {
        ...made(`add ${DEVICES - 2} at once`, addAll),
        quoted: `${OPENMLS}, add all: 407 ms, 133 kB`,
        target: '≤1.2× of its bytes, ≤2× of its time',
      },
      { what: 'a newcomer joins by Welcome', ours: spread(joined, 'ms') },
      made('add one', addOne),
      taken('add one', addOne),
      made('remove one', removeOne),
      taken('remove one', removeOne),
      {
        ...taken('a leaf’s renewal', update),
        quoted: `${OPENMLS}, process an update: 8 ms`,
        target: '≤2× of its time',
        note: `catching up with many commits costs as often as much; a stored state has ${kilobytes(stateBytes)}`,
      },
    ];
  },
};

function made(what: string, change: Change): Figure {
  const welcome = change.welcomeBytes === 0 ? '' : `, Welcome ${kilobytes(change.welcomeBytes)}`;
  return {
    what: `${what}: commit made`,
    ours: `${spread(change.made, 'ms')}; commit ${kilobytes(change.commitBytes)}${welcome}`,
  };
}

function taken(what: string, change: Change): Figure {
  return { what: `${what}: taken in by another member`, ours: spread(change.taken, 'ms') };
}

function kilobytes(bytes: number): string {
  return `${short(bytes / 1_000)} kB`;
}
