/**
 * WebSockets on `/relay`: who may connect, and the flow between a socket and the relay. Everything a
 * stranger could use up is bounded: frame size, connections, frames waiting for an answer, bytes
 * waiting for the network, and the time one may stay without having proved anything.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { LIMITS } from '../src/protocol/limits';
import { AddressBook, type ConnectionLimits } from './addressBook';
import { CLOSE } from './peer';
import type { Relay } from './relay';
import { DeviceSocket } from './deviceSocket';
import { Outbox } from './outbox';

export interface SocketOptions {
  readonly relay: Relay;
  readonly isBehindProxy: boolean;
  readonly limits: ConnectionLimits;
  /** A bug while a frame was handled: its name, for the operator's log. */
  readonly onError: (error: unknown) => void;
  readonly strangerMs?: number;
  readonly now?: () => number;
  readonly pingMs?: number;
}

export interface Sockets {
  /** Waits for clients to say goodbye, then hangs up. */
  close(graceMs: number): Promise<void>;
}

/** How often strangers are looked at. */
const SWEEP_MS = 1_000;

export function attachSockets(server: Server, options: SocketOptions): Sockets {
  const { relay, isBehindProxy } = options;
  const addresses = new AddressBook(options.limits, options.now ?? Date.now);
  const house = { relay, outbox: new Outbox(), onError: options.onError };
  const wss = new WebSocketServer({
    noServer: true,
    WebSocket: DeviceSocket,
    maxPayload: LIMITS.frameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', destroyThis);
    const host = hostOf(request, isBehindProxy);
    const address = addressOf(request, isBehindProxy);
    const path = request.url?.split('?', 1)[0];
    if (path !== '/relay') return hangUp(socket, '404 Not Found');
    if (host === undefined) return hangUp(socket, '400 Bad Request');
    if (!isOwnOrigin(request.headers.origin, host)) return hangUp(socket, '403 Forbidden');
    if (!addresses.enter(address)) return hangUp(socket, '503 Service Unavailable');
    leaveOnClose(socket, addresses, address);
    wss.handleUpgrade(request, socket, head, (ws) => {
      ws.serve(socket, host, house);
    });
  });

  const pings = setInterval(() => {
    for (const ws of wss.clients) ws.pingOrEnd();
  }, options.pingMs ?? 45_000);
  pings.unref();
  const strangerMs = options.strangerMs ?? 30_000;
  const sweeps = setInterval(
    () => {
      relay.sendAwayIdle(strangerMs);
    },
    Math.min(strangerMs, SWEEP_MS),
  );
  sweeps.unref();

  return {
    async close(graceMs) {
      clearInterval(pings);
      clearInterval(sweeps);
      house.outbox.flush();
      const all = [...wss.clients];
      const gone = Promise.all(
        all.map(
          (ws) =>
            new Promise<void>((resolve) =>
              ws.once('close', () => {
                resolve();
              }),
            ),
        ),
      );
      for (const ws of all) ws.close(CLOSE.goingAway, 'restart');
      const hangUpLate = setTimeout(() => {
        for (const ws of wss.clients) ws.terminate();
      }, graceMs);
      if (all.length > 0) await gone;
      clearTimeout(hangUpLate);
      wss.close();
    },
  };
}

/** Apart from the handler above: a listener made there would keep the whole request alive. */
function leaveOnClose(socket: Duplex, addresses: AddressBook, address: string): void {
  socket.once('close', () => {
    addresses.leave(address);
  });
}

function destroyThis(this: Duplex): void {
  this.destroy();
}

function hangUp(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** As the client addressed this relay: what it signs, and what its page's origin must be. */
export function hostOf(request: IncomingMessage, isBehindProxy: boolean): string | undefined {
  const forwarded = isBehindProxy ? firstOf(request.headers['x-forwarded-host']) : undefined;
  const named = (forwarded ?? request.headers.host)?.trim().toLowerCase();
  // some proxies name the port that a browser leaves out
  const host = isBehindProxy ? named?.replace(/:(443|80)$/, '') : named;
  return host === undefined || host === '' || host.length > 255 ? undefined : host;
}

/** A proxy appends the address it saw, so the last one is the one to believe. */
export function addressOf(request: IncomingMessage, isBehindProxy: boolean): string {
  const forwarded = isBehindProxy ? request.headers['x-forwarded-for'] : undefined;
  const list = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  return list?.split(',').at(-1)?.trim() ?? request.socket.remoteAddress ?? '';
}

/** Browsers send the origin of the page; other clients send none. */
function isOwnOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  const parsed = URL.canParse(origin) ? new URL(origin) : undefined;
  return parsed?.host === host;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header?.split(',', 1)[0];
}
