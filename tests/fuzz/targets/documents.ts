/** Updates of shared documents, presence, and documents at rest. */
import * as Y from 'yjs';
import { CanonicalDoc } from '../../../src/crdt/canonicalDoc';
import { documentClientId } from '../../../src/crdt/documentClientId';
import { DOCUMENT_LIMITS } from '../../../src/crdt/documentLimits';
import { decodeState } from '../../../src/crdt/documentState';
import { addItem, setText, setTitle } from '../../../src/crdt/noticeBoard';
import { encodePresence, ownPresence, PresenceFilter } from '../../../src/crdt/presenceFrames';
import { readUpdate } from '../../../src/crdt/readUpdate';
import { copyBytes, type Bytes } from '../../../src/lib/bytes';
import { must, mustBeSame, valueOrRefusal, type Target } from '../target';

const DOCUMENT = 'board';
const b = (length: number, fill = 1): Bytes => new Uint8Array(length).fill(fill);
const device = b(16, 4);
const session = b(16, 5);

/** What an honest author's transactions look like, one after the other. */
function honestUpdates(): readonly Bytes[] {
  const doc = new Y.Doc();
  doc.clientID = documentClientId(device, DOCUMENT, session);
  const updates: Bytes[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(copyBytes(update)));
  setTitle(doc, 'Dienst');
  setText(doc, 'Fahrzeug 3 ist 🚒 in der Werkstatt');
  addItem(doc, 'a', 'Reifen');
  setText(doc, 'Fahrzeug 3 ist zurück');
  setTitle(doc, 'Dienst am Freitag');
  return updates;
}

export function documentTargets(): readonly Target[] {
  const updates = honestUpdates();
  const start = updates.slice(0, 3);
  const [next] = updates.slice(3);
  if (next === undefined) throw new Error('there are updates');
  const withStart = (): CanonicalDoc => {
    const doc = CanonicalDoc.empty(DOCUMENT);
    for (const update of start) must(doc.apply({ device, session, update }).ok, 'honest updates are taken');
    return doc;
  };
  const shared = withStart();
  const state = shared.encodeState();

  return [
    {
      name: 'what an update claims (X3, X4)',
      samples: updates,
      runs: 1_500,
      check(input) {
        const claim = valueOrRefusal(readUpdate(input));
        if (claim === undefined) return false;
        must(input.length <= DOCUMENT_LIMITS.updateBytes, 'an update has its size');
        must(
          claim.structs.length <= input.length && claim.deletes.length <= input.length,
          'no more claims than bytes',
        );
        must(claim.start <= claim.end && claim.deletesAt <= input.length, 'clocks do not go back');
        return true;
      },
    },
    {
      name: 'updates in a document, and the honest one behind them (X3–X6)',
      samples: updates.slice(0, 4),
      runs: 250,
      check(input) {
        const attacked = withStart();
        const before = copyBytes(attacked.stateAsUpdate());
        const verdict = attacked.apply({ device, session, update: input });
        if (!verdict.ok) {
          valueOrRefusal(verdict);
          mustBeSame(before, attacked.stateAsUpdate(), 'a refused update changes nothing (X6)');
          must(attacked.apply({ device, session, update: next }).ok, 'the honest update still counts');
        }
        attacked.readBoard();
        const stored = CanonicalDoc.fromState(DOCUMENT, attacked.encodeState());
        must(stored.ok, 'a document can be stored and read back');
        stored.value.destroy();
        attacked.destroy();
        return verdict.ok;
      },
    },
    {
      name: 'documents at rest (X1)',
      samples: [state],
      runs: 200,
      check: (input) => valueOrRefusal(decodeState(input)) !== undefined,
    },
    {
      name: 'presence (X8)',
      samples: [
        encodePresence({
          client: 7,
          clock: 1,
          state: JSON.stringify({ person: 'a1'.repeat(16), field: 'text' }),
        }),
        encodePresence({ client: 8, clock: 2, state: 'null' }),
      ],
      runs: 500,
      check(input) {
        ownPresence(input, 7);
        const accepted = new PresenceFilter(1).accept(input);
        if (accepted === undefined) return false;
        const again = new PresenceFilter(1).accept(accepted.bytes);
        must(again !== undefined, 'what was narrowed is taken');
        mustBeSame(accepted.bytes, again.bytes, 'presence has one form');
        return true;
      },
    },
  ];
}
