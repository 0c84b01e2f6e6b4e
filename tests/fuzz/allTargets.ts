/** Everything that reads what others have written, each with samples that the real code made. */
import { Party } from '../unit/sync/party';
import type { Target } from './target';
import { documentTargets } from './targets/documents';
import { bareEntryTargets, sealedEntryTargets } from './targets/entries';
import { foldTargets } from './targets/folds';
import { groupTargets } from './targets/groups';
import { handoverTargets } from './targets/handovers';
import { recordTargets } from './targets/records';
import { ingestTargets, relayClientTarget, relayTarget } from './targets/streams';
import { wireTargets } from './targets/wire';

export async function allTargets(): Promise<readonly Target[]> {
  const party = await Party.of('fuzz', 4);
  const [ours, theirs] = await party.groups(2);
  if (ours === undefined || theirs === undefined) throw new Error('a group of two');
  return [
    ...wireTargets,
    ...bareEntryTargets,
    ...(await sealedEntryTargets(party, ours)),
    ...(await groupTargets(party, ours, theirs)),
    ...(await handoverTargets(party, ours)),
    ...documentTargets(),
    ...foldTargets,
    ...(await recordTargets()),
    await relayTarget(),
    relayClientTarget(),
    ...(await ingestTargets(party, ours, theirs)),
  ];
}
