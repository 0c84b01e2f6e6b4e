/**
 * Reads QR codes from pictures: by the browser where it can, otherwise by a reader that is loaded only
 * then. Its WASM lies beside the app's own files; nothing is ever fetched from elsewhere.
 */
export type BarcodePicture = HTMLVideoElement | ImageBitmap;

export interface BarcodeReader {
  /** The texts of all codes in the picture. */
  read(picture: BarcodePicture): Promise<readonly string[]>;
}

interface Detector {
  detect(picture: BarcodePicture): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: ['qr_code'] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

export async function createBarcodeReader(): Promise<BarcodeReader> {
  const detector = (await nativeDetector()) ?? (await ownDetector());
  return {
    async read(picture) {
      const found = await detector.detect(picture);
      return found.map((code) => code.rawValue);
    },
  };
}

/** Some browsers have the class, but no codes it could read (Chromium on Linux and Windows). */
async function nativeDetector(): Promise<Detector | undefined> {
  const native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (native === undefined) return undefined;
  try {
    const formats = await native.getSupportedFormats();
    return formats.includes('qr_code') ? new native({ formats: ['qr_code'] }) : undefined;
  } catch {
    return undefined;
  }
}

async function ownDetector(): Promise<Detector> {
  const [{ BarcodeDetector, prepareZXingModule }, { default: wasmUrl }] = await Promise.all([
    import('barcode-detector/ponyfill'),
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ]);
  await prepareZXingModule({
    overrides: {
      locateFile: (file: string, folder: string) => (file.endsWith('.wasm') ? wasmUrl : folder + file),
    },
    fireImmediately: true,
  });
  return new BarcodeDetector({ formats: ['qr_code'] });
}
