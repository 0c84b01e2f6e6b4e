/** Very many sockets, held by several processes: one has neither the file descriptors nor the ports for all. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bytesToHex } from '../../../src/lib/bytes';
import type { CrowdOrder, CrowdReport } from './crowdProcess';
import { bytesOf } from './hex';
import { RelayTown, type BenchLog } from './relayTown';
import type { ServerProcess } from './serverProcess';

const CHILD = fileURLToPath(new URL('crowdProcess.ts', import.meta.url));
const PER_PROCESS = 2_500;

export class CrowdProcesses {
  readonly #server: ServerProcess;
  readonly #children: ChildProcess[] = [];
  #town: { readonly town: RelayTown; readonly log: BenchLog } | undefined;

  constructor(server: ServerProcess) {
    this.#server = server;
  }

  async connect(count: number): Promise<void> {
    for (let left = count; left > 0; left -= PER_PROCESS)
      await this.#connectSome(Math.min(left, PER_PROCESS));
  }

  async countOpen(): Promise<number> {
    let open = 0;
    for (const child of this.#children) open += (await this.#order(child, { type: 'count' })).open;
    return open;
  }

  end(): void {
    this.#town?.town.close();
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #connectSome(count: number): Promise<void> {
    const child = fork(CHILD, [], { execArgv: ['--import', 'tsx'] });
    this.#children.push(child);
    const { name, port } = this.#server;
    const { keys } = await this.#order(child, { type: 'prepare', name, port, count });
    if (name !== 'depesche') {
      await this.#order(child, { type: 'connect', log: '', key: '' });
      return;
    }
    const { town, log } = await this.#ourTown();
    await town.admit(keys.map(bytesOf));
    await this.#order(child, { type: 'connect', log: bytesToHex(log.log), key: bytesToHex(log.key) });
  }

  async #ourTown(): Promise<{ readonly town: RelayTown; readonly log: BenchLog }> {
    if (this.#town === undefined) {
      const town = await RelayTown.of(this.#server);
      this.#town = { town, log: await town.createLog() };
    }
    return this.#town;
  }

  async #order(child: ChildProcess, order: CrowdOrder): Promise<CrowdReport> {
    const exit = once(child, 'exit').then(() => {
      throw new Error('a process with connections ended');
    });
    exit.catch(() => undefined);
    child.send(order);
    const [report] = (await Promise.race([once(child, 'message'), exit])) as [CrowdReport];
    return report;
  }
}
