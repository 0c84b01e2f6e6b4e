/**
 * The platform inside a world's process. WebCrypto works in a pool of threads, so its answers come in
 * no certain order; here the same algorithms run at once on Node's synchronous cryptography and answer
 * with resolved promises: all that a world does is microtasks. Randomness is a stream of the seed.
 * Whoever in src or server asks the platform for the time, for chance or for a timer is noted.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type * as NodeCrypto from 'node:crypto';
import { seededRandomness } from './seededRandomness';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const nodeCrypto = createRequire(import.meta.url)('node:crypto') as Mutable<typeof NodeCrypto>;
const original = {
  verify: nodeCrypto.verify,
  randomFillSync: nodeCrypto.randomFillSync,
  now: Date.now,
  chance: Math.random,
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  crypto: Object.getOwnPropertyDescriptor(globalThis, 'crypto'),
};

/** What stands for a CryptoKey. */
interface WorldKey {
  readonly type: 'secret' | 'private' | 'public';
  readonly algorithm: { readonly name: string };
  readonly extractable: boolean;
  readonly usages: readonly string[];
  readonly secret: Buffer | undefined;
  readonly handle: NodeCrypto.KeyObject | undefined;
  /** What the handle was made of. */
  readonly id: string;
}

export interface SeededPlatform {
  /** Uses of the platform that no seed decides, with where they came from. */
  readonly strays: string[];
  uninstall(): void;
}

let random: (length: number) => Buffer = () => {
  throw new Error('no world is running');
};

export function installSeededPlatform(seed: string): SeededPlatform {
  random = seededRandomness(seed);
  const strays: string[] = [];
  const note = (what: string): void => {
    const where = new Error(what).stack?.split('\n').find((line) => /\/(src|server)\//.test(line));
    if (where !== undefined && !where.includes('node_modules')) strays.push(`${what}: ${where.trim()}`);
  };
  Object.defineProperty(globalThis, 'crypto', {
    value: { subtle, getRandomValues, randomUUID: () => random(16).toString('hex') },
    configurable: true,
    writable: true,
  });
  nodeCrypto.verify = verifyAtOnce as typeof nodeCrypto.verify;
  nodeCrypto.randomFillSync = ((target: Uint8Array) =>
    getRandomValues(target)) as typeof nodeCrypto.randomFillSync;
  syncBuiltinESMExports();
  Date.now = () => {
    note('Date.now');
    return original.now();
  };
  Math.random = () => {
    note('Math.random');
    return original.chance();
  };
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    note('setTimeout');
    return original.setTimeout(...args);
  }) as typeof setTimeout;
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    note('setInterval');
    return original.setInterval(...args);
  }) as typeof setInterval;
  return { strays, uninstall };
}

function uninstall(): void {
  if (original.crypto !== undefined) Object.defineProperty(globalThis, 'crypto', original.crypto);
  nodeCrypto.verify = original.verify;
  nodeCrypto.randomFillSync = original.randomFillSync;
  syncBuiltinESMExports();
  Date.now = original.now;
  Math.random = original.chance;
  globalThis.setTimeout = original.setTimeout;
  globalThis.setInterval = original.setInterval;
}

function getRandomValues<T extends Uint8Array>(target: T): T {
  target.set(random(target.length));
  return target;
}

/** The relay checks signatures in the thread pool (server/hashes.ts). */
function verifyAtOnce(
  algorithm: string | null,
  data: Uint8Array,
  key: NodeCrypto.KeyObject,
  signature: Uint8Array,
  callback?: (error: Error | null, isValid: boolean) => void,
): boolean {
  const isValid = original.verify(algorithm, data, key, signature);
  callback?.(null, isValid);
  return isValid;
}

/** Five devices check one signature five times; the answer is a function of what is asked. */
const verdicts = new Map<string, boolean>();

function verifyOnce(key: WorldKey, signature: Uint8Array, data: Uint8Array): boolean {
  const id = `${key.id} ${latin1(signature)} ${latin1(data)}`;
  let verdict = verdicts.get(id);
  if (verdict === undefined) {
    verdict = original.verify(null, data, key.handle!, signature);
    if (verdicts.size > 5_000) verdicts.clear();
    verdicts.set(id, verdict);
  }
  return verdict;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

const subtle = {
  importKey(
    format: string,
    bytes: Uint8Array,
    algorithm: string | { name: string },
    _: boolean,
    usages: string[],
  ) {
    return answer(() => importKey(format, bytes, nameOf(algorithm), usages));
  },
  generateKey(algorithm: { name: string; length: number }, _: boolean, usages: string[]) {
    return answer(() => secretKey(algorithm.name, random(algorithm.length / 8), usages));
  },
  sign(_: string, key: WorldKey, data: Uint8Array) {
    return answer(() => arrayBuffer(nodeCrypto.sign(null, data, key.handle!)));
  },
  verify(_: string, key: WorldKey, signature: Uint8Array, data: Uint8Array) {
    return answer(() => verifyOnce(key, signature, data));
  },
  encrypt(parameters: AesGcmParams, key: WorldKey, plain: Uint8Array) {
    return answer(() => {
      const secret = key.secret!;
      const cipher = nodeCrypto.createCipheriv(gcmOf(secret), secret, parameters.iv as Uint8Array);
      cipher.setAAD(parameters.additionalData as Uint8Array);
      return arrayBuffer(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
    });
  },
  decrypt(parameters: AesGcmParams, key: WorldKey, sealed: Uint8Array) {
    return answer(() => {
      const secret = key.secret!;
      const decipher = nodeCrypto.createDecipheriv(gcmOf(secret), secret, parameters.iv as Uint8Array);
      decipher.setAAD(parameters.additionalData as Uint8Array);
      decipher.setAuthTag(sealed.subarray(sealed.length - 16));
      return arrayBuffer(
        Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()]),
      );
    });
  },
  deriveBits({ public: other }: { public: WorldKey }, own: WorldKey, bits: number) {
    return answer(() =>
      arrayBuffer(
        nodeCrypto.diffieHellman({ privateKey: own.handle!, publicKey: other.handle! }).subarray(0, bits / 8),
      ),
    );
  },
};

/** Synchronous, so that whether a key was cached changes no order of microtasks. */
const handles = new Map<string, NodeCrypto.KeyObject>();
const SPKI_PREFIX = {
  Ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  X25519: Buffer.from('302a300506032b656e032100', 'hex'),
};

function importKey(format: string, bytes: Uint8Array, name: string, usages: string[]): WorldKey {
  if (name === 'AES-GCM') return secretKey(name, Buffer.from(bytes), usages);
  if (name !== 'Ed25519' && name !== 'X25519') throw new Error(`the world knows no ${name}`);
  const id = `${name}/${format}/${latin1(bytes)}`;
  let handle = handles.get(id);
  if (handle === undefined) {
    handle =
      format === 'pkcs8'
        ? nodeCrypto.createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
        : nodeCrypto.createPublicKey({
            key: Buffer.concat([SPKI_PREFIX[name], bytes]),
            format: 'der',
            type: 'spki',
          });
    if (handles.size > 20_000) handles.clear();
    handles.set(id, handle);
  }
  const type = format === 'pkcs8' ? 'private' : 'public';
  return { type, algorithm: { name }, extractable: false, usages, secret: undefined, handle, id };
}

function secretKey(name: string, secret: Buffer, usages: string[]): WorldKey {
  return {
    type: 'secret',
    algorithm: { name },
    extractable: false,
    usages,
    secret,
    handle: undefined,
    id: '',
  };
}

function gcmOf(secret: Buffer): 'aes-128-gcm' | 'aes-256-gcm' {
  return secret.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
}

function nameOf(algorithm: string | { name: string }): string {
  return typeof algorithm === 'string' ? algorithm : algorithm.name;
}

function answer<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

function arrayBuffer(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
