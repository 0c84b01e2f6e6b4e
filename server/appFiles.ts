/**
 * The built app. Files whose name carries their hash never change; everything else is asked for
 * anew. The app routes by fragment, so there is no path that means a page but the two that exist.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const MISSING = `<!doctype html>
<html lang="de"><meta charset="utf-8"><title>Depesche</title>
<h1>Das Relay läuft, aber die App ist noch nicht gebaut.</h1>
<p><code>npm run build</code> baut sie; danach das Relay neu starten.</p>
<p lang="en">The relay runs, but the app has not been built yet: <code>npm run build</code>, then restart.</p>
</html>
`;

export async function addAppFiles(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async (_request, reply) =>
      reply.code(503).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(MISSING),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      response.setHeader(
        'cache-control',
        /[/\\]assets[/\\]/.test(path.slice(folder.length))
          ? 'public, max-age=31536000, immutable'
          : 'no-cache',
      );
    },
  });
}
