/** A server as a process of its own: ours or a peer, started alike, on a port that is known before. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { root } from '../folders';

export type ServerName = 'depesche' | 'y-websocket' | 'hocuspocus';

const MAIN = join(root, 'dist/server/main.js');
const HOCUSPOCUS = fileURLToPath(new URL('hocuspocus.mjs', import.meta.url));
/** Collects garbage when it is told to, so that memory is what is held and not what is left lying about. */
const COLLECTABLE = [
  '--expose-gc',
  '--import',
  "data:text/javascript,process.on('SIGUSR2',()=>{globalThis.gc();globalThis.gc()})",
];
const PATIENCE_MS = 30_000;
const TICKS_PER_SECOND = 100;

export interface ServerOptions {
  readonly name: ServerName;
  /** Of the peers' packages; not needed for ours. */
  readonly peers?: string;
  /** Where ours keeps its data. */
  readonly folder: string;
  readonly canCollect?: boolean;
}

export class ServerProcess {
  readonly name: ServerName;
  readonly port: number;
  /** From the start of the process to the first message of a WebSocket. */
  readonly startMs: number;
  readonly #child: ChildProcess;
  readonly #said: () => string;

  private constructor(
    name: ServerName,
    port: number,
    startMs: number,
    child: ChildProcess,
    said: () => string,
  ) {
    this.name = name;
    this.port = port;
    this.startMs = startMs;
    this.#child = child;
    this.#said = said;
  }

  static async start(options: ServerOptions): Promise<ServerProcess> {
    const port = await freePort();
    const { file, args, env } = commandOf(options, port);
    const flags = options.canCollect === true ? COLLECTABLE : [];
    const began = performance.now();
    const child = spawn(process.execPath, [...flags, file, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const hear = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    while (!(await answers(options.name, port))) {
      const isOver = child.exitCode !== null || performance.now() - began > PATIENCE_MS;
      if (isOver) {
        child.kill('SIGKILL');
        throw new Error(`${options.name} did not start:\n${output}`);
      }
    }
    const startMs = performance.now() - began;
    return new ServerProcess(options.name, port, startMs, child, () => output);
  }

  /** Of ours, while it has no admin. It is printed after the port is open. */
  async setupToken(): Promise<string> {
    for (;;) {
      const token = /einrichten\/([\w-]{43})/.exec(this.#said())?.[1];
      if (token !== undefined) return token;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All its threads, user and system, ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
  }

  /** Resident after its garbage is gone, bytes. */
  async memory(): Promise<number> {
    process.kill(this.pid, 'SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

function commandOf({ name, peers = '', folder }: ServerOptions, port: number) {
  const env = { HOST: '127.0.0.1', PORT: String(port) };
  switch (name) {
    case 'depesche': {
      const flags = [
        '--no-app',
        '--log-level',
        'error',
        '--max-connections',
        '20000',
        '--max-per-address',
        '20000',
      ];
      const args = ['--host', '127.0.0.1', '--port', String(port), '--data', folder, ...flags];
      return { file: MAIN, args, env: {} };
    }
    case 'y-websocket':
      return { file: join(peers, 'node_modules/@y/websocket-server/src/server.js'), args: [], env };
    case 'hocuspocus':
      return { file: HOCUSPOCUS, args: [peers, String(port)], env };
  }
}

/** Two servers must not wish for the same port, and this one must know it before the process does. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/** Hocuspocus waits for the client to speak first; for it, an open socket is an answer. */
function answers(name: ServerName, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(addressOf(name, port), { perMessageDeflate: false });
    const done = (isUp: boolean): void => {
      socket.terminate();
      if (isUp) resolve(true);
      else setTimeout(() => resolve(false), 2);
    };
    socket.once(name === 'hocuspocus' ? 'open' : 'message', () => done(true));
    socket.on('error', () => done(false));
  });
}

export function addressOf(name: ServerName, port: number): string {
  const path = { depesche: 'relay', 'y-websocket': 'room', hocuspocus: '' }[name];
  return `ws://127.0.0.1:${port}/${path}`;
}
