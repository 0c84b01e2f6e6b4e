/** What a phone's camera would read from a picture. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const require = createRequire(import.meta.url);

export async function readQr(picture: Uint8Array): Promise<readonly string[]> {
  const wasm = await readFile(require.resolve('zxing-wasm/reader/zxing_reader.wasm'));
  await prepareZXingModule({
    overrides: { wasmBinary: new Uint8Array(wasm).buffer },
    fireImmediately: true,
  });
  const found = await readBarcodes(picture, { formats: ['QRCode'] });
  return found.map((code) => code.text);
}
