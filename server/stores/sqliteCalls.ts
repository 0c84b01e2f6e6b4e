/** What the main thread may ask of the SQLite thread, and what it hears back. */
import type { SqliteLogs } from './sqliteLogs';
import type { OpenFailure, SqliteOptions } from './sqliteSchema';
import type { StoreFailure, StoreIdentity } from './logStore';
import type { Err } from '../../src/lib/result';

/** Verbs that change the database: they share one transaction per group. */
export type WriteVerb =
  | 'create'
  | 'append'
  | 'put'
  | 'closeLog'
  | 'redact'
  | 'truncate'
  | 'expire'
  | 'admit'
  | 'revoke'
  | 'setClaimToken'
  | 'claim'
  | 'probe';
export type ReadVerb = 'describe' | 'read' | 'watch' | 'passes';
export type Verb = WriteVerb | ReadVerb;

export type Answer<V extends Verb> = ReturnType<SqliteLogs[V]>;
export type Call = { [V in Verb]: { id: number; verb: V; args: Parameters<SqliteLogs[V]> } }[Verb];
/** A failure stands for whatever the verb would have answered. */
export interface Reply {
  readonly id: number;
  readonly outcome: Answer<Verb> | Err<StoreFailure>;
}

export interface WorkerData {
  readonly options: SqliteOptions;
}
export type FromWorker =
  | { readonly type: 'opened'; readonly identity: StoreIdentity }
  | { readonly type: 'not-opened'; readonly failure: OpenFailure }
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  | { readonly type: 'trouble'; readonly code: string };
export type ToWorker = { readonly type: 'calls'; readonly calls: readonly Call[] } | { readonly type: 'end' };

const writeVerbs: ReadonlySet<Verb> = new Set<WriteVerb>([
  'create',
  'append',
  'put',
  'closeLog',
  'redact',
  'truncate',
  'expire',
  'admit',
  'revoke',
  'setClaimToken',
  'claim',
  'probe',
]);

export function isWrite(call: Call): boolean {
  return writeVerbs.has(call.verb);
}

export function runCall(logs: SqliteLogs, call: Call): Answer<Verb> {
  switch (call.verb) {
    case 'create':
      return logs.create(...call.args);
    case 'append':
      return logs.append(...call.args);
    case 'put':
      return logs.put(...call.args);
    case 'closeLog':
      return logs.closeLog(...call.args);
    case 'redact':
      return logs.redact(...call.args);
    case 'truncate':
      return logs.truncate(...call.args);
    case 'expire':
      return logs.expire(...call.args);
    case 'admit':
      return logs.admit(...call.args);
    case 'revoke':
      return logs.revoke(...call.args);
    case 'setClaimToken':
      return logs.setClaimToken(...call.args);
    case 'claim':
      return logs.claim(...call.args);
    case 'probe':
      return logs.probe();
    case 'describe':
      return logs.describe(...call.args);
    case 'read':
      return logs.read(...call.args);
    case 'watch':
      return logs.watch(...call.args);
    case 'passes':
      return logs.passes();
  }
}
