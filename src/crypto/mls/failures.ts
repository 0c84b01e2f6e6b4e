/** Failures as values, whatever the library throws. */
import { err, ok, type Disposition, type Result } from '../../lib/result';
import type { GroupFailure } from '../group';

/** The library throws its own errors, raw TypeErrors, and `undefined`. */
export async function attempt<T>(step: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return ok(await step());
  } catch (error) {
    return err(describe(error));
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : 'the library threw no error';
}

export function badCommit(detail: string): Result<never, GroupFailure> {
  return fail('bad-commit', 'ignore', detail);
}

export function fail(
  type: GroupFailure['type'],
  then: Disposition,
  detail?: string,
): Result<never, GroupFailure> {
  return err(detail === undefined ? { type, then } : { type, then, detail });
}
