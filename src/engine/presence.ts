/** Who is at the notice board right now: frames that the relay passes on and nobody keeps. */
import { concatBytes, equalBytes, type Bytes } from '../lib/bytes';
import { openBytes, sealBytes } from '../crypto/seal';
import { idToBytes, type LogId } from '../domain/ids';
import { decodeCbor, encodeCbor } from '../protocol/codec';
import { EPOCH_TAG_BYTES } from '../protocol/envelope';
import { OP } from '../protocol/frames';
import { presenceKey } from '../records/keys';
import type { Engine } from './engine';

const FRAMES_KEPT = 16;

export interface PresenceFrame {
  readonly count: number;
  readonly document: string;
  readonly bytes: Bytes;
}

export class Presence {
  readonly #engine: Engine;
  readonly #frames = new Map<number, readonly PresenceFrame[]>();
  #count = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async castOut(number: number, document: string, bytes: Bytes): Promise<void> {
    const { relay, runners } = this.#engine;
    const runner = runners.get(number);
    const group = runner?.state.group;
    if (runner === undefined || group === undefined || relay?.isOnline !== true) return;
    if (this.#engine.back.isEnded) return;
    const sealed = await sealBytes(group.key, presenceData(runner.log), encodeCbor([document, bytes]));
    const { core } = runner.state;
    relay.tell([OP.cast, idToBytes(core.log), core.writeKey, concatBytes(group.tag, sealed)]);
  }

  async castIn(log: LogId, bytes: Bytes): Promise<void> {
    const runner = this.#engine.runnerOf(log);
    const group = runner?.state.group;
    if (runner === undefined || group === undefined) return;
    if (!equalBytes(bytes.subarray(0, EPOCH_TAG_BYTES), group.tag)) return;
    const plain = await openBytes(group.key, presenceData(log), bytes.subarray(EPOCH_TAG_BYTES));
    const value = plain.ok ? decodeCbor(plain.value) : undefined;
    if (value?.ok !== true || !Array.isArray(value.value)) return;
    const [document, frame] = value.value as readonly unknown[];
    if (typeof document !== 'string' || !(frame instanceof Uint8Array)) return;
    const { number } = runner.state;
    const frames = [
      ...(this.#frames.get(number) ?? []),
      { count: ++this.#count, document, bytes: new Uint8Array(frame) },
    ];
    this.#frames.set(number, frames.slice(-FRAMES_KEPT));
    this.#engine.views.mark(presenceKey(number), () => this.#frames.get(number) ?? []);
  }
}

function presenceData(log: LogId): Bytes {
  return encodeCbor(['depesche/presence-seal/1', idToBytes(log)]);
}
