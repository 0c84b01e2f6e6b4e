/**
 * What `dist/server/main.js` is: runs the relay's code, which lies beside it, from what V8 had compiled of it
 * when it was built. Compiling is a third of a start. V8 takes that from the same version of itself only; any
 * other Node compiles as ever, and so does this one when the two files do not belong together.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const DIGEST_BYTES = 32;
const HEAD = '(function (exports, require, module, __filename, __dirname) {';

const { href } = new URL('./relay.js', import.meta.url);
const file = fileURLToPath(href);
const keptFile = `${file}.compiled`;
const code = readFileSync(file);

const script = new Script(`${HEAD}${code.toString()}\n})`, {
  filename: href,
  columnOffset: -HEAD.length,
  cachedData: kept(),
});

type Run = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;
const module = { exports: {} };
// What V8 answers is the function above.
const run = script.runInThisContext() as Run;
run(module.exports, createRequire(file), module, file, fileURLToPath(new URL('.', import.meta.url)));

/** False when V8 had to compile. */
export const isFromKept = script.cachedDataRejected === false;

/** For the build, once it has run. */
export function keep(): void {
  const compiled = script.createCachedData();
  writeFileSync(keptFile, Buffer.concat([digestOf(compiled), compiled]));
}

/** V8 itself looks at the length of the code only, and takes what is damaged for true. */
function kept(): Buffer | undefined {
  try {
    const bytes = readFileSync(keptFile);
    const compiled = bytes.subarray(DIGEST_BYTES);
    return digestOf(compiled).equals(bytes.subarray(0, DIGEST_BYTES)) ? compiled : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(compiled: Uint8Array): Buffer {
  return createHash('sha256').update(code).update(compiled).digest();
}
