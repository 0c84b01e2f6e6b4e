import { equalBytes } from '../../src/lib/bytes';
import type { LogFacts } from './logStore';

/** Whether a repeated `create` means the log that is there already. */
export function areSameFacts(a: LogFacts, b: LogFacts): boolean {
  return (
    a.kind === b.kind &&
    equalBytes(a.readHash, b.readHash) &&
    equalBytes(a.writeHash, b.writeHash) &&
    equalBytes(a.closeHash, b.closeHash)
  );
}
