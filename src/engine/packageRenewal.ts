/**
 * Last-resort key packages are renewed weekly (protocol.md 4). The new private part is durable before
 * the directory hears of it; old ones are kept until nobody can have used them any more: retention and
 * a week after the successor is in the log.
 */
import type { Identity } from '../records/logRecords';
import { TOWN_LOG } from '../records/keys';
import { equalBytes } from '../lib/bytes';
import type { Engine } from './engine';
import { createPackage } from './identity';

const DAY_MS = 86_400_000;
const RENEW_AFTER_MS = 7 * DAY_MS;
const KEEP_MS = 37 * DAY_MS;

export async function renewPackage(engine: Engine): Promise<void> {
  const { identity } = engine;
  const { clock } = engine.services;
  if (identity === undefined || engine.setup.phase !== 'ready' || engine.back.isEnded) return;
  const newest = identity.packages.at(-1);
  const inDirectory = engine.directory().devices[identity.device]?.facts.keyPackage;
  if (newest === undefined || inDirectory === undefined) return;
  if (engine.book.waiting(TOWN_LOG).some(({ intent }) => intent.body.kind === 'town-package')) return;
  if (!equalBytes(newest.keyPackage, inDirectory)) {
    // Made, but never announced: the app was closed in between.
    await engine.addEntry(TOWN_LOG, { kind: 'town-package', keyPackage: newest.keyPackage });
    return;
  }
  // One that was made in the future was made by a wrong clock; nobody else can use it yet.
  if (Math.abs(clock.now() - newest.createdAt) < RENEW_AFTER_MS) return;
  const made = await createPackage(engine.services, identity);
  const packages = [...identity.packages.filter((old) => isStillNeeded(identity, old, clock.now())), made];
  if (!(await engine.changeIdentity({ ...identity, packages }))) return;
  await engine.addEntry(TOWN_LOG, { kind: 'town-package', keyPackage: made.keyPackage });
}

/** A package is needed while its successor is missing or young. */
function isStillNeeded(identity: Identity, old: Identity['packages'][number], now: number): boolean {
  const successor = identity.packages[identity.packages.indexOf(old) + 1];
  return successor === undefined || now - successor.createdAt < KEEP_MS;
}
