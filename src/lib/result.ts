/** Expected failures are values. `throw` is for bugs only. */
export type Result<T, E> = Ok<T> | Err<E>;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}
export function err<E>(error: E): Err<E> {
  return { ok: false, error };
}

/**
 * What the caller of a failed step should do: `ignore` the input and go on, `retry` the same
 * thing later, or `stop` and tell the user.
 */
export type Disposition = 'ignore' | 'retry' | 'stop';

export interface Failure {
  readonly type: string;
  readonly then: Disposition;
  readonly detail?: string;
}
