/** The one-time link that makes the browser that opens it the first admin. Only its hash is kept. */
import { bytesToBase64Url } from '../src/lib/bytes';
import { ok } from '../src/lib/result';
import { randomBytes, sha256 } from './hashes';
import type { LogStore, StoreResult } from './stores/logStore';

/** Ends the link before it. The token is in the fragment, which browsers send to nobody. */
export async function issueSetupLink(store: LogStore, baseUrl: string): Promise<StoreResult<string>> {
  const token = randomBytes(32);
  const kept = await store.setClaimToken(sha256(token));
  return kept.ok ? ok(`${baseUrl}/#/einrichten/${bytesToBase64Url(token)}`) : kept;
}
