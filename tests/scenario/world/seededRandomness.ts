import { createCipheriv, createHash } from 'node:crypto';

/** An endless stream of bytes of a seed: AES-CTR over nothing. Everybody who knows the seed knows them. */
export function seededRandomness(seed: string): (length: number) => Buffer {
  const key = createHash('sha256').update(`depesche/world/1:${seed}`).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (length) => stream.update(Buffer.alloc(length));
}
