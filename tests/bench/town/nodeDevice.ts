/** A device without a browser: the real engine over a vault in memory, with real sockets to a real relay. */
import { WebSocket } from 'ws';
import { platformRandom } from '../../../src/crypto/random';
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import type { AppClient } from '../../../src/engine/client';
import { Engine } from '../../../src/engine/engine';
import { platformClock } from '../../../src/engine/platform';
import { VaultClient } from '../../../src/engine/vaultClient';
import type { Network } from '../../../src/lib/services';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import { MemoryStore } from '../../../src/vault/memoryStore';
import { insist } from '../row';

export class NodeDevice {
  readonly engine: Engine;
  readonly client: AppClient;

  private constructor(engine: Engine, client: AppClient) {
    this.engine = engine;
    this.client = client;
  }

  static async start(origin: string): Promise<NodeDevice> {
    const store = new MemoryStore();
    const services = { clock: platformClock, random: platformRandom };
    const engine = await Engine.start({
      ...services,
      vault: createMemoryVault({ store }),
      network: nodeNetwork,
      groups: createTsMlsGroupCrypto({ now: Date.now, random: platformRandom }),
      onEnd: () => undefined,
    });
    insist(engine instanceof Engine, 'an engine over an empty vault');
    const records = await SealedRecords.over(createMemoryVault({ store }));
    insist(records.ok, 'a vault in memory');
    const client = new VaultClient({
      ...services,
      records: records.value,
      origin,
      onErased: () => undefined,
    });
    return new NodeDevice(engine, client);
  }

  stop(): void {
    this.engine.stop();
  }
}

/** This Node need not have a WebSocket of its own. */
const nodeNetwork: Network = {
  connect(address, events) {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    socket.on('open', () => events.onOpen());
    socket.on('message', (data: Buffer) => events.onFrame(new Uint8Array(data)));
    socket.on('close', () => events.onClose());
    socket.on('error', () => undefined); // the close event follows
    return {
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(frame);
      },
      close: () => socket.close(),
    };
  },
};
