/**
 * IndexedDB as promises, and nothing more. Transactions are plain ones rather than Dexie's, because
 * durability is then chosen for each (Dexie fixes it for a whole instance), a batch is one burst of requests, and
 * native `await` needs no patched promises.
 *
 * I1 A write has happened when the transaction says `complete`, not when its requests succeed.
 * I2 A `step` that fails aborts its transaction, and its own error is the one that is reported.
 * A `step` awaits requests of its transaction only; IndexedDB commits under anything else.
 */

export function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException('a request failed', 'UnknownError'));
  });
}

/** Reads need not wait for the transaction's end. */
export function readTransaction<T>(
  idb: IDBDatabase,
  stores: readonly string[],
  step: (tx: IDBTransaction) => Promise<T>,
): Promise<T> {
  return step(idb.transaction([...stores], 'readonly'));
}

export async function writeTransaction<T>(
  idb: IDBDatabase,
  stores: readonly string[],
  durability: 'strict' | 'relaxed',
  step: (tx: IDBTransaction) => Promise<T> | T,
): Promise<T> {
  const tx = idb.transaction([...stores], 'readwrite', { durability });
  const completion = completionOf(tx);
  // It is awaited below unless the step fails, and then its failure is only an echo.
  completion.catch(() => undefined);
  let value: T;
  try {
    value = await step(tx);
  } catch (error) {
    attempt(() => tx.abort());
    throw error;
  }
  // Saves the browser from waiting whether more requests come.
  attempt(() => tx.commit());
  await completion;
  return value;
}

function completionOf(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new DOMException('a transaction was aborted', 'AbortError'));
  });
}

/** For calls that only throw when what they ask for has already happened. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // Already finished.
  }
}
