/** A process that holds connections and is told what to do by `CrowdProcesses`. */
import { WebSocket } from 'ws';
import { bytesToHex } from '../../../src/lib/bytes';
import { bytesOf } from './hex';
import { connect } from './depescheCrowd';
import { DeviceKey, type RelayConnection } from './relayClient';
import type { ServerName } from './serverProcess';
import { connectYjs } from './yjsCrowd';

export type CrowdOrder =
  | { readonly type: 'prepare'; readonly name: ServerName; readonly port: number; readonly count: number }
  /** Hex, for ours; the peers need none. */
  | { readonly type: 'connect'; readonly log: string; readonly key: string }
  | { readonly type: 'count' };

export interface CrowdReport {
  /** Hex; of those that must be let in. */
  readonly keys: readonly string[];
  readonly open: number;
}

let name: ServerName = 'depesche';
let port = 0;
let count = 0;
let keys: readonly DeviceKey[] = [];
let connections: readonly (RelayConnection | WebSocket)[] = [];

async function obey(order: CrowdOrder): Promise<void> {
  switch (order.type) {
    case 'prepare':
      ({ name, port, count } = order);
      keys = name === 'depesche' ? Array.from({ length: count }, () => new DeviceKey()) : [];
      break;
    case 'connect':
      connections =
        name === 'depesche'
          ? await connect(port, keys, { log: bytesOf(order.log), key: bytesOf(order.key) })
          : await connectYjs(name, port, count);
      break;
    case 'count':
      break;
  }
  const open = connections.filter((one) =>
    one instanceof WebSocket ? one.readyState === WebSocket.OPEN : one.isOpen,
  ).length;
  const report: CrowdReport = { keys: keys.map(({ publicKey }) => bytesToHex(publicKey)), open };
  process.send?.(report);
}

process.on('message', (order: CrowdOrder) => void obey(order));
