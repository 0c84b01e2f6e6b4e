/** The built relay as a process of its own: can be stopped, killed and started again on its port and data. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));
const PATIENCE_MS = 30_000;

export interface TestRelayOptions {
  /** A new one under the system's temporary folder, removed by `end`, when left out. */
  readonly dataFolder?: string;
  /** Any free one when left out. */
  readonly port?: number;
  readonly args?: readonly string[];
  /** Another build than that in `dist`. */
  readonly main?: string;
  /** For Node itself, e.g. to run a TypeScript `main`. */
  readonly nodeArgs?: readonly string[];
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export class TestRelay {
  readonly dataFolder: string;
  readonly #ownsFolder: boolean;
  readonly #args: readonly string[];
  readonly #main: string;
  readonly #nodeArgs: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #port: number;
  #child: ChildProcess | undefined;
  #address = '';
  #setupLink: string | undefined;
  #output = '';

  private constructor(
    dataFolder: string,
    ownsFolder: boolean,
    port: number,
    { args = [], main = MAIN, nodeArgs = [], env = {} }: TestRelayOptions,
  ) {
    this.dataFolder = dataFolder;
    this.#ownsFolder = ownsFolder;
    this.#port = port;
    this.#args = args;
    this.#main = main;
    this.#nodeArgs = nodeArgs;
    this.#env = env;
  }

  static async start(options: TestRelayOptions = {}): Promise<TestRelay> {
    const folder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'depesche-relay-')));
    const owns = options.dataFolder === undefined;
    const relay = new TestRelay(folder, owns, options.port ?? 0, options);
    await relay.start();
    return relay;
  }

  get address(): string {
    return this.#address;
  }

  get port(): number {
    return this.#port;
  }

  /** While no town exists. A new one after every start. */
  get setupLink(): string | undefined {
    return this.#setupLink;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Everything it has written so far, all runs together. */
  get output(): string {
    return this.#output;
  }

  /** After `stop` or `kill`: the same port, the same data. */
  async start(): Promise<void> {
    if (!existsSync(this.#main)) throw new Error('dist/server/main.js is missing: npm run build');
    const args = [
      '--host',
      'localhost',
      '--port',
      String(this.#port),
      '--data',
      this.dataFolder,
      ...this.#args,
    ];
    const child = spawn(process.execPath, [...this.#nodeArgs, this.#main, ...args], {
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const text = await this.#outputUntilReady(child);
    const address = /https?:\/\/\S+?:(\d+)(?=\s)/.exec(text);
    if (address?.[1] === undefined) throw new Error(`no address in what the relay said:\n${text}`);
    this.#address = address[0];
    this.#port = Number(address[1]);
    this.#setupLink = /https?:\/\/\S+#\/einrichten\/\S+/.exec(text)?.[0];
  }

  /** In order, as a service manager would. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Without warning. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Stops for good and removes the data. */
  async end(): Promise<void> {
    await this.stop();
    if (this.#ownsFolder) await rm(this.dataFolder, { recursive: true, force: true });
  }

  #outputUntilReady(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the relay did not start:\n${text}`));
      }, PATIENCE_MS);
      const heard = (chunk: Buffer): void => {
        this.#output += chunk.toString();
        text += chunk.toString();
      };
      child.stdout?.on('data', heard);
      child.stderr?.on('data', heard);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`the relay ended with ${code ?? signal ?? 'nothing'}:\n${text}`));
      });
      void untilHealthy(() => /https?:\/\/\S+?:\d+(?=\s)/.exec(text)?.[0], child).then(() => {
        clearTimeout(timer);
        resolve(text);
      });
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

/** The address is printed before the rest; a served answer means that everything has been said. */
async function untilHealthy(addressOf: () => string | undefined, child: ChildProcess): Promise<void> {
  for (;;) {
    const address = addressOf();
    if (address !== undefined) {
      const answer = await fetch(`${address}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
    }
    if (child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
