/** One port for everything: the app's files, health, blobs, and the socket. */
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { Bytes } from '../src/lib/bytes';
import type { ConnectionLimits } from './addressBook';
import { addBlobRoutes } from './blobRoutes';
import { boundNewcomers } from './newcomers';
import type { Relay } from './relay';
import { securityHeaders } from './securityHeaders';
import { attachSockets } from './sockets';
import type { BlobStore } from './stores/blobStore';

export interface HttpOptions {
  readonly relay: Relay;
  readonly blobs: BlobStore;
  readonly pseudonymSecret: Bytes;
  readonly isBehindProxy: boolean;
  /** Folder of the built app; undefined = relay only. */
  readonly appFolder: string | undefined;
  readonly limits: ConnectionLimits;
  readonly onError: (error: unknown) => void;
  readonly strangerMs?: number;
  /** TCP connections that have asked for nothing yet. */
  readonly maxNewcomers?: number;
}

/** TCP connections beside those of the sockets. */
const MAX_NEWCOMERS = 2_000;

export interface HttpServer {
  readonly app: FastifyInstance;
  /** Answers the port. */
  listen(host: string, port: number): Promise<number>;
  close(graceMs: number): Promise<void>;
}

export async function createHttp(options: HttpOptions): Promise<HttpServer> {
  const { relay, isBehindProxy } = options;
  const app = fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    connectionTimeout: 120_000,
    keepAliveTimeout: 15_000,
    requestTimeout: 120_000, // a chunk of 256 KiB on a bad line
    forceCloseConnections: true,
    http: {
      headersTimeout: 10_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 2_000, // 30 s would make both timeouts as long as that
    },
    return503OnClosing: true,
    // Requests are parsed by valibot; the compilers of JSON schemas need not even be loaded.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  app.server.maxConnections = options.limits.total + MAX_NEWCOMERS;
  boundNewcomers(app.server, options.maxNewcomers ?? MAX_NEWCOMERS / 2);

  const headers = securityHeaders(isBehindProxy);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) options.onError(error);
    return reply.code(status).header('cache-control', 'no-store').send();
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('404\n'),
  );

  app.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true }),
  );
  app.get('/readyz', async (_request, reply) => {
    const reason = !(await relay.isReady())
      ? 'storage'
      : !(await options.blobs.isReady())
        ? 'blobs'
        : undefined;
    return reply
      .code(reason === undefined ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(reason === undefined ? { ok: true } : { ok: false, reason });
  });
  addBlobRoutes(app, options);
  if (options.appFolder !== undefined) {
    const { addAppFiles } = await import('./appFiles');
    await addAppFiles(app, join(options.appFolder));
  }

  const sockets = attachSockets(app.server, options);
  return {
    app,
    async listen(host, port) {
      // after a restart everybody comes back at once; the system caps it by its own limit
      await app.listen({ host, port, backlog: 4_096 });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    async close(graceMs) {
      await sockets.close(graceMs);
      await app.close();
    },
  };
}

function noSchemas(): never {
  throw new Error('routes have no JSON schemas here');
}

function statusOf(error: unknown): number {
  const status: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
