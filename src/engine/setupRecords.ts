/** Where this device stands on its way into a town, as the vault keeps it. */
import type { Bytes } from '../lib/bytes';
import type { EntryBody } from '../domain/body';
import type { EntryId } from '../domain/ids';
import type { EntryIntent } from '../records/logRecords';
import type { Intent } from './intents';
import type { FoundingStep, JoiningStep, SetupProblem } from './views';

export type SetupRecord =
  | { readonly phase: 'empty' }
  | {
      readonly phase: 'founding';
      readonly token: Bytes;
      readonly townName: string;
      readonly step: FoundingStep;
      readonly problem: SetupProblem | undefined;
    }
  | {
      readonly phase: 'joining';
      readonly secret: Bytes;
      readonly founding: Bytes;
      readonly since: number;
      readonly step: JoiningStep;
      readonly townName: string | undefined;
      /** Made once, so that sending it again changes nothing. */
      readonly request: Bytes;
      readonly problem: SetupProblem | undefined;
    }
  | { readonly phase: 'ready' }
  | { readonly phase: 'ended'; readonly townName: string };

/** What a tab writes: the wish, with everything that is chosen once. */
export interface Ask {
  readonly type: 'ask';
  readonly intent: Intent;
  readonly entry: EntryId;
  readonly salt: Bytes;
  readonly askedAt: number;
}
export type StoredIntent = Ask | EntryIntent;

export function entryOfAsk(ask: Ask, log: number, body: EntryBody): EntryIntent {
  return {
    type: 'entry',
    log,
    entry: ask.entry,
    body,
    writtenAt: ask.askedAt,
    counter: undefined,
    salt: ask.salt,
    seq: undefined,
  };
}
