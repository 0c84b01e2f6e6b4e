/**
 * Flags and environment, read once. A flag beats its variable; anything that is not understood ends
 * the start with one line that says what was expected.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { err, ok, type Result } from '../src/lib/result';

const whole = (what: string, min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d+$/, `${what}: ganze Zahl erwartet`),
    v.transform(Number),
    v.minValue(min, `${what}: mindestens ${String(min)}`),
    v.maxValue(max, `${what}: höchstens ${String(max)}`),
  );
const yesNo = (what: string) =>
  v.pipe(
    v.picklist(['on', 'off', '1', '0', 'true', 'false', 'yes', 'no'], `${what}: on oder off erwartet`),
    v.transform((text) => ['on', '1', 'true', 'yes'].includes(text)),
  );

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

const schema = v.object({
  host: v.pipe(v.string(), v.nonEmpty('--host: darf nicht leer sein')),
  port: whole('--port', 0, 65_535),
  data: v.pipe(
    v.string(),
    v.nonEmpty('--data: darf nicht leer sein'),
    v.transform((path) => resolve(path)),
  ),
  behindProxy: yesNo('--behind-proxy'),
  publicUrl: v.optional(
    v.pipe(
      v.string(),
      v.url('--public-url: vollständige Adresse erwartet, z. B. https://depesche.stadt.de'),
      v.regex(/^https?:\/\//, '--public-url: http:// oder https:// erwartet'),
      v.transform((url) => url.replace(/\/+$/, '')),
    ),
  ),
  app: yesNo('--app'),
  retentionDays: whole('--retention-days', 1, 3_650),
  maxConnections: whole('--max-connections', 1, 1_000_000),
  maxPerAddress: whole('--max-per-address', 1, 1_000_000),
  blobQuotaMb: whole('--blob-quota-mb', 0, 1_000_000),
  logLevel: v.picklist(LOG_LEVELS, `--log-level: eines von ${LOG_LEVELS.join(', ')} erwartet`),
});

export type Config = v.InferOutput<typeof schema>;

export type Command =
  | { readonly type: 'serve'; readonly config: Config }
  | { readonly type: 'reset-admin'; readonly config: Config }
  | { readonly type: 'backup' | 'restore'; readonly config: Config; readonly folder: string }
  | { readonly type: 'help' }
  | { readonly type: 'version' };

const options = {
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  'behind-proxy': { type: 'boolean' },
  'public-url': { type: 'string' },
  app: { type: 'boolean' },
  'no-app': { type: 'boolean' },
  'retention-days': { type: 'string' },
  'max-connections': { type: 'string' },
  'max-per-address': { type: 'string' },
  'blob-quota-mb': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The error is one line for the operator. */
export function parseCommand(args: readonly string[], env: Environment): Result<Command, string> {
  const parsed = parseFlags(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help === true) return ok({ type: 'help' });
  if (values.version === true) return ok({ type: 'version' });

  const config = v.safeParse(schema, {
    host: values.host ?? variable(env, 'HOST') ?? 'localhost',
    port: values.port ?? variable(env, 'PORT') ?? '8080',
    data: values.data ?? variable(env, 'DATA') ?? 'data',
    behindProxy: flag(values['behind-proxy']) ?? variable(env, 'BEHIND_PROXY') ?? 'off',
    publicUrl: values['public-url'] ?? variable(env, 'PUBLIC_URL'),
    app: (values['no-app'] === true ? 'off' : flag(values.app)) ?? variable(env, 'APP') ?? 'on',
    retentionDays: values['retention-days'] ?? variable(env, 'RETENTION_DAYS') ?? '30',
    maxConnections: values['max-connections'] ?? variable(env, 'MAX_CONNECTIONS') ?? '12000',
    maxPerAddress: values['max-per-address'] ?? variable(env, 'MAX_PER_ADDRESS') ?? '2000',
    blobQuotaMb: values['blob-quota-mb'] ?? variable(env, 'BLOB_QUOTA_MB') ?? '4096',
    logLevel: values['log-level'] ?? variable(env, 'LOG_LEVEL') ?? 'info',
  });
  if (!config.success) return err(config.issues[0].message);

  const [command, ...rest] = positionals;
  if (command === undefined) return ok({ type: 'serve', config: config.output });
  if (command === 'reset-admin' && rest.length === 0)
    return ok({ type: 'reset-admin', config: config.output });
  if ((command === 'backup' || command === 'restore') && rest.length === 1 && rest[0] !== undefined)
    return ok({ type: command, config: config.output, folder: resolve(rest[0]) });
  return err(`unbekannter Befehl: ${positionals.join(' ')} (siehe --help)`);
}

function parseFlags(args: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }));
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n', 1)[0] : undefined;
    return err(`${detail ?? 'Optionen nicht verstanden'} (siehe --help)`);
  }
}

/** An empty variable is one that is not set: compose files leave them like that. */
function variable(env: Environment, name: string): string | undefined {
  const value = env[`DEPESCHE_${name}`]?.trim();
  return value === '' ? undefined : value;
}

function flag(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'on' : 'off';
}
