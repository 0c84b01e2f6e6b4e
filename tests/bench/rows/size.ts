/** What a phone loads before the first message: read from the build as the tests do. */
import { spawnSync } from 'node:child_process';
import { root } from '../folders';
import { tool } from '../../checks/tool.mjs';
import { insist, type Figure, type Row } from '../row';

interface Size {
  readonly name: string;
  readonly size: number;
}

const TARGETS: Readonly<Record<string, number>> = { 'staff app, shell': 130, "citizens' pages": 60 };

export const sizeRow: Row = {
  name: 'size',
  title: 'Script and styles before the first message, compressed',
  run() {
    const { stdout } = spawnSync(process.execPath, [tool('size-limit'), '--json'], {
      cwd: root,
      encoding: 'utf8',
    });
    const sizes = JSON.parse(stdout.slice(stdout.indexOf('['))) as readonly Size[];
    insist(sizes.length > 0, 'sizes of the build');
    return Promise.resolve(sizes.map(figure));
  },
};

function figure({ name, size }: Size): Figure {
  const kilobytes = size / 1_000;
  const target = TARGETS[name];
  return {
    what: name,
    ours: `${kilobytes.toFixed(1)} kB`,
    ...(name === 'staff app, shell'
      ? { quoted: 'Matrix web core: 262 KB and 2.1 MB WASM; Evolu: 672 KB' }
      : {}),
    ...(target === undefined ? {} : { target: `≤${target} KB`, isMet: kilobytes <= target }),
  };
}
