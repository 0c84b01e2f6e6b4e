/**
 * A browser's way to the network, with a switch: a SOCKS proxy of its own that passes bytes on while it
 * is on, and drops every connection while it is off. Unlike a browser's emulation it also covers
 * workers, open sockets, and the time before the first page.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const GREETING_DONE = Buffer.from([5, 0]);
const CONNECTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
const REFUSED = Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
const BY_NAME = 3;

export class SwitchableNetwork {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOn = true;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#keep(socket);
      void this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async open(): Promise<SwitchableNetwork> {
    const network = new SwitchableNetwork();
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  /** For Chromium: everything goes through, loopback as well. */
  get browserArgs(): readonly string[] {
    const { port } = this.#server.address() as AddressInfo;
    return [`--proxy-server=socks5://127.0.0.1:${port}`, '--proxy-bypass-list=<-loopback>'];
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  turnOff(): void {
    this.#isOn = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  turnOn(): void {
    this.#isOn = true;
  }

  async close(): Promise<void> {
    this.turnOff();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(client: Socket): Promise<void> {
    if (!this.#isOn) {
      client.destroy();
      return;
    }
    await nextChunk(client);
    client.write(GREETING_DONE);
    const { host, port } = readRequest(await nextChunk(client));
    const target = this.#keep(connect(port, host));
    target.once('connect', () => {
      client.write(CONNECTED);
      client.pipe(target).pipe(client);
    });
    target.once('error', () => client.end(REFUSED));
    target.once('close', () => client.destroy());
    client.once('close', () => target.destroy());
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('close', () => {
      reject(new Error('closed'));
    });
  });
}

/** Version, command, reserved, kind of address, address, port. */
function readRequest(bytes: Buffer): { readonly host: string; readonly port: number } {
  const length = bytes[3] === BY_NAME ? (bytes[4] ?? 0) : 4;
  const start = bytes[3] === BY_NAME ? 5 : 4;
  const address = bytes.subarray(start, start + length);
  return {
    host: bytes[3] === BY_NAME ? address.toString('latin1') : [...address].join('.'),
    port: bytes.readUInt16BE(start + length),
  };
}
