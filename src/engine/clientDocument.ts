/** A tab's end of a shared document: accepted rows and own waiting edits in the vault, presence beside. */
import { bytesToHex, hexToBytes, type Bytes } from '../lib/bytes';
import { assert } from '../lib/assert';
import { ok, type Result } from '../lib/result';
import { CanonicalDoc } from '../crdt/canonicalDoc';
import type { DocumentChannel, SaveFailure } from '../crdt/documentChannel';
import type { DeviceId } from '../domain/ids';
import { documentRowKey, presenceKey } from '../records/keys';
import type { SealedRecords } from '../records/sealedRecords';
import { IntentReader } from './intentReader';
import type { Intent } from './intents';
import type { DocumentRow } from './documents';
import type { PresenceFrame } from './presence';
import type { StoredIntent } from './setupRecords';
import type { ConversationNumber } from './views';

interface Content {
  readonly rows: readonly DocumentRow[];
  /** Own updates that are not in the log yet. */
  readonly waiting: readonly Bytes[];
}

export function openDocumentChannel(
  records: SealedRecords,
  device: DeviceId,
  conversation: ConversationNumber,
  document: string,
  intend: (intent: Intent) => Promise<Result<unknown, SaveFailure>>,
): DocumentChannel {
  const deviceBytes = hexToBytes(device);
  assert(deviceBytes, 'a device id is hex');
  const range = {
    from: documentRowKey(conversation, 0),
    to: documentRowKey(conversation, Number.MAX_SAFE_INTEGER),
  };
  const intentReader = new IntentReader(records);
  const allIntents = { from: [0, 0], to: [Number.MAX_SAFE_INTEGER, 0] } as const;

  async function contentOf(
    rows: Parameters<typeof records.openRows>[1],
    intents: typeof rows,
  ): Promise<Content> {
    const [opened, waiting] = await Promise.all([
      records.openRows<DocumentRow>('rows', rows),
      intentReader.open(intents),
    ]);
    return {
      rows: opened.map((row) => row.value).filter((row) => row.document === document),
      waiting: waiting.flatMap(({ value }) => updateOf(value, conversation, document) ?? []),
    };
  }

  return {
    device: deviceBytes,
    async load() {
      const [rows, intents] = await Promise.all([
        records.vault.range('rows', range),
        records.vault.range('intents', allIntents),
      ]);
      const content = await contentOf(rows, intents);
      return [...content.rows.map(updateOfRow), ...content.waiting];
    },
    observeUpdates(onUpdates, onRebuild) {
      let known: ReadonlySet<string> | undefined;
      let waitingBefore: readonly string[] = [];
      let turn = Promise.resolve();
      return records.vault.observe(
        async (reader) => ({
          rows: await reader.range('rows', range),
          intents: await reader.range('intents', allIntents),
        }),
        (raw) => {
          turn = turn.then(async () => {
            const content = await contentOf(raw.rows, raw.intents);
            const updates = content.rows.map(updateOfRow);
            const names = updates.map(bytesToHex);
            const waiting = content.waiting.map(bytesToHex);
            const seen = known ?? new Set(names);
            const fresh = updates.filter((_, index) => !seen.has(names[index] ?? ''));
            // What waited and is neither waiting nor accepted was refused.
            const isRefused = waitingBefore.some((name) => !waiting.includes(name) && !names.includes(name));
            known = new Set(names);
            waitingBefore = waiting;
            if (isRefused) onRebuild();
            else if (fresh.length > 0) onUpdates(fresh);
          });
        },
      );
    },
    async send(session, update) {
      const saved = await intend({ type: 'edit-document', conversation, document, session, update });
      return saved.ok ? ok(undefined) : saved;
    },
    sendPresence(bytes) {
      void intend({ type: 'presence', conversation, document, bytes });
    },
    observePresence(onPresence) {
      let last = -1;
      const key = presenceKey(conversation);
      return records.vault.observe(
        (reader) => reader.get('views', key),
        (sealed) => {
          if (sealed === undefined) return;
          void records.open<readonly PresenceFrame[]>('views', key, sealed).then((frames) => {
            if (!frames.ok) return;
            for (const frame of frames.value)
              if (frame.count > last && frame.document === document) onPresence(frame.bytes);
            last = Math.max(last, ...frames.value.map((frame) => frame.count));
          });
        },
      );
    },
  };
}

function updateOfRow(row: DocumentRow): Bytes {
  if (!('state' in row)) return row.update;
  const doc = CanonicalDoc.fromState(row.document, row.state);
  return doc.ok ? doc.value.stateAsUpdate() : new Uint8Array([0, 0]);
}

function updateOf(intent: StoredIntent, conversation: number, document: string): Bytes | undefined {
  if (intent.type === 'entry') {
    const { body } = intent;
    return intent.log === conversation && body.kind === 'document' && body.document === document
      ? body.update
      : undefined;
  }
  const wish = intent.intent;
  if (wish.type !== 'edit-document' || wish.conversation !== conversation || wish.document !== document)
    return undefined;
  return new Uint8Array(wish.update);
}
