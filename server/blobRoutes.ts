/**
 * Blobs over HTTP, because browsers stream and resume it well:
 *   PUT  /blob/<id>/<index>   a sealed chunk; 201 new, 200 there already
 *   GET  /blob/<id>/<index>
 *   HEAD /blob/<id>           which chunks are there, as ranges in the header `depesche-chunks`
 * with `Authorization: Bearer <token>`, the token from the socket (`OP.token`). Ids are random and
 * known to members only; a token shows that somebody with a pass is asking.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { base64UrlToBytes, type Bytes } from '../src/lib/bytes';
import type { Relay } from './relay';
import { mapKeyOf, pseudonymOf } from './hashes';
import { BLOB_CHUNK_MAX_BYTES, type BlobFailure, type BlobStore } from './stores/blobStore';

export interface BlobRoutesOptions {
  readonly relay: Relay;
  readonly blobs: BlobStore;
  readonly pseudonymSecret: Bytes;
}

const blobId = v.pipe(
  v.string(),
  v.length(43),
  v.transform(base64UrlToBytes),
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 32),
);
const index = v.pipe(v.string(), v.regex(/^(0|[1-9]\d{0,5})$/), v.transform(Number));
const chunkParams = v.object({ id: blobId, index });
const blobParams = v.object({ id: blobId });

const STATUS: Record<BlobFailure['type'], number> = {
  'not-found': 404,
  'too-large': 413,
  differs: 409,
  'not-owner': 403,
  quota: 507,
  storage: 503,
};

/** Chunks of a pass on their way in or out; each lies in memory meanwhile. */
const CHUNKS_AT_ONCE = 16;

/** In place of a log id, so that the pseudonym is of no log. */
const BLOBS = new Uint8Array(32);

export function addBlobRoutes(app: FastifyInstance, options: BlobRoutesOptions): void {
  const { relay, blobs } = options;
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  const underWay = new Map<string, number>();

  /** Before a body is read: whoever may not send one must not fill the memory with it. */
  const enter = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const passKey = passOf(request);
    if (passKey === undefined) {
      await refuse(reply.header('connection', 'close'), 401);
      return;
    }
    const pass = mapKeyOf(passKey);
    const count = underWay.get(pass) ?? 0;
    if (count >= CHUNKS_AT_ONCE) {
      await refuse(reply.header('connection', 'close').header('retry-after', '1'), 429);
      return;
    }
    underWay.set(pass, count + 1);
    reply.raw.once('close', () => {
      const left = (underWay.get(pass) ?? 1) - 1;
      if (left === 0) underWay.delete(pass);
      else underWay.set(pass, left);
    });
  };

  app.put(
    '/blob/:id/:index',
    { bodyLimit: BLOB_CHUNK_MAX_BYTES, onRequest: enter },
    async (request, reply) => {
      const passKey = passOf(request);
      if (passKey === undefined) return refuse(reply, 401);
      const params = v.safeParse(chunkParams, request.params);
      const { body } = request;
      if (!params.success || !(body instanceof Uint8Array)) return refuse(reply, 400);
      const owner = pseudonymOf(options.pseudonymSecret, BLOBS, passKey);
      const put = await blobs.put(params.output.id, params.output.index, body, owner);
      if (!put.ok) return refuse(reply, STATUS[put.error.type]);
      return reply.code(put.value === 'stored' ? 201 : 200).send();
    },
  );

  app.get('/blob/:id/:index', { exposeHeadRoute: false, onRequest: enter }, async (request, reply) => {
    const params = v.safeParse(chunkParams, request.params);
    if (!params.success) return refuse(reply, 400);
    const chunk = await blobs.get(params.output.id, params.output.index);
    if (!chunk.ok) return refuse(reply, STATUS[chunk.error.type]);
    return reply
      .header('cache-control', 'private, max-age=31536000, immutable')
      .type('application/octet-stream')
      .send(Buffer.from(chunk.value));
  });

  app.head('/blob/:id', async (request, reply) => {
    if (passOf(request) === undefined) return refuse(reply, 401);
    const params = v.safeParse(blobParams, request.params);
    if (!params.success) return refuse(reply, 400);
    const chunks = await blobs.chunks(params.output.id);
    return reply
      .code(chunks.length === 0 ? 404 : 200)
      .header('cache-control', 'no-store')
      .header('depesche-chunks', rangesOf(chunks))
      .send();
  });

  /** The pass behind the token, as long as it is one. */
  function passOf(request: FastifyRequest): Bytes | undefined {
    const match = /^Bearer ([\w-]{43})$/.exec(request.headers.authorization ?? '');
    const token = match?.[1] === undefined ? undefined : base64UrlToBytes(match[1]);
    const passKey = token === undefined ? undefined : relay.tokens.passOf(token);
    return relay.passes.has(passKey) ? passKey : undefined;
  }
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send();
}

/** [0,1,2,5] → "0-2,5" */
export function rangesOf(indexes: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const at of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === at - 1) last[1] = at;
    else ranges.push([at, at]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${String(from)}-${String(to)}`)).join(',');
}
