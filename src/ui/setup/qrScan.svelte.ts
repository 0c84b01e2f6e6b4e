/**
 * Scanning an invitation: the camera, or a picture from the phone. The camera is on only while a
 * scan runs and is let go as soon as a code is found, the page closes or the app is hidden.
 */
import { createBarcodeReader, type BarcodeReader } from './barcodeReader';

export type ScanStep =
  | 'starting'
  | 'looking'
  | 'reading-picture'
  /** The person or the device said no. */
  | 'refused'
  | 'no-camera'
  | 'camera-busy'
  /** The part that reads codes could not be loaded. */
  | 'no-reader'
  | 'nothing-in-picture'
  | 'found';

const PAUSE_MS = 120;

export class QrScan {
  #step = $state<ScanStep>('starting');
  #stream: MediaStream | undefined;
  #reader: Promise<BarcodeReader> | undefined;
  #run = 0;
  readonly #onText: (text: string) => boolean;

  /** `onText` answers whether that was what we are looking for; if not, the search goes on. */
  constructor(onText: (text: string) => boolean) {
    this.#onText = onText;
  }

  get step(): ScanStep {
    return this.#step;
  }

  async start(video: HTMLVideoElement): Promise<void> {
    this.stop();
    const run = this.#run;
    this.#step = 'starting';
    const stream = await this.#openCamera();
    if (stream === undefined) return;
    if (run !== this.#run) {
      release(stream);
      return;
    }
    this.#stream = stream;
    video.srcObject = stream;
    const reader = await this.#loadReader();
    if (reader === undefined || run !== this.#run) return;
    await playing(video);
    this.#step = 'looking';
    await this.#look(video, reader, run);
  }

  stop(): void {
    this.#run += 1;
    if (this.#stream !== undefined) release(this.#stream);
    this.#stream = undefined;
  }

  async readPicture(file: Blob): Promise<void> {
    this.stop();
    this.#step = 'reading-picture';
    const reader = await this.#loadReader();
    if (reader === undefined) return;
    const texts = await textsIn(file, reader);
    this.#step = texts.some((text) => this.#onText(text)) ? 'found' : 'nothing-in-picture';
  }

  async #look(video: HTMLVideoElement, reader: BarcodeReader, run: number): Promise<void> {
    while (run === this.#run) {
      const texts = await reader.read(video).catch((): readonly string[] => []);
      if (run !== this.#run) return;
      if (texts.some((text) => this.#onText(text))) {
        this.#step = 'found';
        this.stop();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #openCamera(): Promise<MediaStream | undefined> {
    const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
    if (devices === undefined) {
      this.#step = 'no-camera';
      return undefined;
    }
    try {
      return await devices.getUserMedia({
        audio: false,
        video: { facingMode: 'environment', width: { ideal: 1280 } },
      });
    } catch (error) {
      this.#step = cameraProblem(error);
      return undefined;
    }
  }

  async #loadReader(): Promise<BarcodeReader | undefined> {
    this.#reader ??= createBarcodeReader();
    try {
      return await this.#reader;
    } catch {
      this.#reader = undefined;
      this.stop();
      this.#step = 'no-reader';
      return undefined;
    }
  }
}

export function cameraProblem(error: unknown): 'refused' | 'no-camera' | 'camera-busy' {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotReadableError' || name === 'AbortError') return 'camera-busy';
  return 'no-camera';
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function playing(video: HTMLVideoElement): Promise<void> {
  await video.play().catch(() => undefined);
}

/** Large photographs are tried once more at a smaller size: fine noise hides a code from the reader. */
async function textsIn(file: Blob, reader: BarcodeReader): Promise<readonly string[]> {
  for (const width of [undefined, 1_200]) {
    try {
      const picture = await createImageBitmap(
        file,
        width === undefined ? {} : { resizeWidth: width, resizeQuality: 'high' },
      );
      const texts = await reader.read(picture);
      picture.close();
      if (texts.length > 0) return texts;
    } catch {
      // Not a picture this browser can open: nothing in it for us.
    }
  }
  return [];
}
