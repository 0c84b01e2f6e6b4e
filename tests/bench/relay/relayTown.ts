/** The admin of a fresh relay: claims it, makes a log, lets devices in. */
import { base64UrlToBytes, type Bytes } from '../../../src/lib/bytes';
import { OP } from '../../../src/protocol/frames';
import { LIMITS } from '../../../src/protocol/limits';
import { randomBytes, sha256 } from '../../../server/hashes';
import { DeviceKey, RelayConnection } from './relayClient';
import type { ServerProcess } from './serverProcess';

export interface BenchLog {
  readonly log: Bytes;
  /** Reads and writes. */
  readonly key: Bytes;
}

export class RelayTown {
  readonly #admin: RelayConnection;

  private constructor(admin: RelayConnection) {
    this.#admin = admin;
  }

  static async of(server: ServerProcess): Promise<RelayTown> {
    const admin = new RelayConnection(server.port);
    await admin.authenticate(new DeviceKey());
    await admin.ask(OP.claim, base64UrlToBytes(await server.setupToken()));
    return new RelayTown(admin);
  }

  async createLog(): Promise<BenchLog> {
    const [log, key] = [randomBytes(32), randomBytes(32)];
    await this.#admin.ask(OP.create, log, 0, sha256(key), sha256(key), sha256(key));
    return { log, key };
  }

  async admit(keys: readonly Bytes[]): Promise<void> {
    for (let at = 0; at < keys.length; at += LIMITS.passesPerFrame) {
      const some = keys.slice(at, at + LIMITS.passesPerFrame);
      await this.#admin.ask(
        OP.admit,
        some.map((key) => [key, false]),
      );
    }
  }

  close(): void {
    this.#admin.close();
  }
}
