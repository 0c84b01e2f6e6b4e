/** Mail that disappears from a device's mailbox before it was read. */
import { createTsMlsGroupCrypto } from '../../../src/crypto/tsMlsGroup';
import { seededRandom } from '../../../src/crypto/random';
import { idToBytes } from '../../../src/domain/ids';
import { groupSelfOf, keyPackagesOf } from '../../../src/engine/identity';
import { LOG_PART, MAILBOX_LOG, META } from '../../../src/records/keys';
import type { Identity, Progress } from '../../../src/records/logRecords';
import { SealedRecords } from '../../../src/records/sealedRecords';
import { openMail } from '../../../src/sync/mail';
import { createMemoryVault } from '../../../src/vault/memoryVault';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

export async function loseMail(world: World, device: WorldDevice): Promise<void> {
  const records = await SealedRecords.over(createMemoryVault({ store: device.store }));
  if (!records.ok) return;
  const identity = await records.value.get<Identity>('meta', META.identity);
  const progress = await records.value.get<Progress>('logs', [MAILBOX_LOG, LOG_PART.progress]);
  if (identity === undefined || progress === undefined) return;
  const { store } = world.relay;
  const mailbox = idToBytes(identity.mailbox.log);
  const page = await store.read(mailbox, progress.cursor, Infinity);
  if (!page.ok || page.value.envelopes.length === 0) return;
  await store.truncate(mailbox, page.value.head);
  const groups = createTsMlsGroupCrypto({ now: () => device.now(), random: seededRandom('lost mail') });
  for (const { bytes } of page.value.envelopes) {
    const mail = await openMail(groups, groupSelfOf(identity), keyPackagesOf(identity), bytes);
    device.log(`loses ${mail.ok ? `a Welcome into ${mail.value.context.log.slice(0, 8)}` : 'a mail'}`);
  }
}
