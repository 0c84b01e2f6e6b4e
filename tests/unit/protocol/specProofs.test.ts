/** SPEC.md says which tests fail when a rule is broken: those tests exist, under those names. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'src/protocol/SPEC.md'), 'utf8');
const files = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const tests = files.map((name) => readFileSync(join(root, 'tests', name), 'utf8')).join('\n');

const proofs = page.split('\n').flatMap((line) => {
  const [, ...parts] = line.split('Proof: ');
  const words = /Proof unless named: |Proof: /.test(line) ? parts.join(' ') || line : '';
  return words === '' ? [] : [words];
});

describe('the proofs that SPEC.md names', () => {
  const named = proofs.flatMap((proof) => [...proof.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name));
  const paths = proofs.flatMap((proof) =>
    [...proof.matchAll(/`([\w/.-]+\.(?:test|contract)\.ts)`/g)].map(([, path = '']) => path),
  );

  it('are many', () => {
    expect(named.length).toBeGreaterThan(60);
    expect(paths.length).toBeGreaterThan(40);
  });

  it.each([...new Set(paths)])('%s is a file', (path) => {
    expect(files.some((name) => name.endsWith(path))).toBe(true);
  });

  it.each([...new Set(named)])('“%s” is a test', (name) => {
    const beginning = name.replace(/…$/, '').trim();
    expect(tests.includes(beginning)).toBe(true);
  });
});
