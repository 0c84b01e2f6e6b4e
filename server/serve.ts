/**
 * Puts the relay together and takes it apart again. Everything with a clock or a timer is here or in
 * the sockets; the relay itself is asked.
 */
import { pino, type Logger } from 'pino';
import { err, ok, type Result } from '../src/lib/result';
import type { Config } from './config';
import { openDataFolder } from './dataFolder';
import { messages } from './messages';
import { seldom } from './seldom';
import { Relay } from './relay';
import { issueSetupLink } from './setupLink';
import { BlobStore } from './stores/blobStore';
import { openSqliteLogStore } from './stores/sqliteLogStore';
import { SCHEMA_VERSION } from './stores/sqliteSchema';

export interface RunningRelay {
  readonly address: string;
  /** While no town exists. */
  readonly setupLink: string | undefined;
  stop(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SWEEP_MS = 60 * 60 * 1000;
const GOODBYE_MS = 2_000;

/** The error is one line for the operator. */
export async function serve(
  config: Config,
  appFolder: string,
  log: Logger = pino({ enabled: false }),
): Promise<Result<RunningRelay, string>> {
  const folder = openDataFolder(config.data);
  if (!folder.ok)
    return err(
      folder.error.type === 'in-use'
        ? messages.folderInUse(config.data)
        : messages.unreadable(folder.error.detail),
    );
  const { database, blobs: blobFolder, release } = folder.value;
  const now = (): number => Date.now();
  // The database's thread starts while the web server's code is being read.
  const opening = openSqliteLogStore({
    file: database,
    onTrouble: seldom(now, (code, unsaid) => {
      log.error({ code, unsaid }, 'store');
    }),
  });
  const { createHttp } = await import('./http');
  const opened = await opening;
  if (!opened.ok) {
    release();
    return err(
      opened.error.type === 'newer-schema'
        ? messages.newerSchema(opened.error.found, SCHEMA_VERSION)
        : messages.unreadable(opened.error.detail),
    );
  }
  const store = opened.value;
  const giveUp = async (line: string): Promise<Result<never, string>> => {
    await store.end();
    release();
    return err(line);
  };

  const relay = new Relay({ store, now });
  const passes = await relay.open();
  if (!passes.ok) return giveUp(messages.unreadable(passes.error.type));
  const blobs = await BlobStore.open({
    folder: blobFolder,
    now,
    quotaBytes: config.blobQuotaMb * 1024 * 1024,
  });
  const http = await createHttp({
    relay,
    blobs,
    pseudonymSecret: store.identity.pseudonymSecret,
    isBehindProxy: config.behindProxy,
    appFolder: config.app ? appFolder : undefined,
    limits: { total: config.maxConnections, perAddress: config.maxPerAddress },
    onError: (error) => {
      // the stack names code, not people; messages may quote input, so they stay out
      log.error({ name: nameOf(error), at: placeOf(error) }, 'bug');
    },
  });

  let port: number;
  try {
    port = await http.listen(config.host, config.port);
  } catch (error) {
    await http.close(0);
    return giveUp(
      codeOf(error) === 'EADDRINUSE'
        ? messages.portTaken(config.port)
        : messages.badOption(`--host ${config.host}: ${codeOf(error) ?? 'unbrauchbar'}`),
    );
  }
  const address = config.publicUrl ?? `http://${urlHost(config.host)}:${String(port)}`;
  const setupLink = relay.passes.hasAdmin() ? undefined : await issueSetupLink(store, address);

  const retentionMs = config.retentionDays * DAY_MS;
  const sweep = async (): Promise<void> => {
    const envelopes = await relay.expire(retentionMs);
    const removedBlobs = await blobs.expire(retentionMs);
    log.info({ envelopes, blobs: removedBlobs, connections: relay.connections }, 'swept');
  };
  const sweepNow = (): void => {
    sweep().catch((error: unknown) => {
      log.error({ name: nameOf(error), at: placeOf(error) }, 'sweep');
    });
  };
  const sweeping = setInterval(sweepNow, SWEEP_MS);
  sweepNow();
  log.info({ port, retentionDays: config.retentionDays }, 'started');

  return ok({
    address,
    setupLink: setupLink?.ok === true ? setupLink.value : undefined,
    async stop() {
      clearInterval(sweeping);
      await relay.stop();
      await http.close(GOODBYE_MS);
      await store.end();
      release();
      log.info('stopped');
    },
  });
}

/** What a person on this machine can open: wildcards are no address. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

function placeOf(error: unknown): string | undefined {
  const line = error instanceof Error ? error.stack?.split('\n').find((l) => l.includes(' at ')) : undefined;
  return line?.trim().replace(/\(?file:\/\/.*\//, '(');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
