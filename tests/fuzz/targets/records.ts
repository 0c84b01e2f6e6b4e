/** Rows of the vault: damaged on disk, or written by something that was not us. */
import { openBytes, sealBytes } from '../../../src/crypto/seal';
import { foldQuery, findFolded } from '../../../src/domain/foldText';
import { encodeCbor } from '../../../src/protocol/codec';
import { encodeRecord } from '../../../src/records/recordCodec';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import type { VaultKey } from '../../../src/vault/vault';
import { FRESH_PROGRESS } from '../../../src/sync/logState';
import { must, valueOrRefusal, type Target } from '../target';

const KEY: VaultKey = [7, 1];

export async function recordTargets(): Promise<readonly Target[]> {
  const vault = createMemoryVault();
  const records = valueOrRefusal(await SealedRecords.over(vault));
  const key = valueOrRefusal(await vault.sealKey(() => Promise.reject(new Error('it has a key'))));
  if (records === undefined || key === undefined) throw new Error('a vault in memory opens');
  const record = { ...FRESH_PROGRESS, title: 'Bauhof', preview: undefined, bytes: new Uint8Array(20) };
  const data = encodeCbor(['depesche/vault/1', 'logs', KEY[0], KEY[1]]);

  return [
    {
      name: 'sealed rows (V5)',
      samples: [await records.seal('logs', KEY, record)],
      runs: 150,
      async check(input) {
        const opened = valueOrRefusal(await records.open('logs', KEY, input));
        for (const [store, other] of [
          ['rows', KEY],
          ['logs', [7, 2]],
          ['logs', [1, 7]],
        ] as const)
          must(!(await records.open(store, other, input)).ok, 'a row stands at its own place only');
        return opened !== undefined;
      },
    },
    {
      name: 'rows inside a seal that holds (V5)',
      samples: [encodeRecord(record), encodeRecord([1, { a: undefined }])],
      runs: 200,
      async check(input) {
        const sealed = await sealBytes(key, data, input);
        must((await openBytes(key, data, sealed)).ok, 'the test seals as the vault does');
        return valueOrRefusal(await records.open('logs', KEY, sealed)) !== undefined;
      },
    },
    {
      name: 'words that are searched for',
      samples: ['Straße', 'Müllabfuhr A\u0308rger 🚒', 'a\u0301\u0301 ß', ''].map((text) =>
        new TextEncoder().encode(text),
      ),
      runs: 400,
      check(input) {
        const text = new TextDecoder().decode(input).slice(0, 2_000);
        const half = text.slice(0, Math.ceil(text.length / 2));
        const found = findFolded(text, foldQuery(half));
        must(found !== undefined || foldQuery(half).plain.length > 0, 'nothing is found everywhere');
        must(
          found === undefined || (found.start >= 0 && found.start <= found.end && found.end <= text.length),
          'inside the text',
        );
        return true;
      },
    },
  ];
}
