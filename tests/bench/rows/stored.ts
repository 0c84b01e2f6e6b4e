/** How fast messages come back from the vault. */
import { computed } from '../page/openBench';
import type { StoredFigures } from '../page/storedMessages';
import type { Row } from '../row';
import { spread } from '../stats';

const ROUNDS = 5;
const MESSAGES = 10_000;

export const storedRow: Row = {
  name: 'stored',
  title: 'Stored messages, read and decrypted',
  async run(context) {
    const { perSecond } = await computed<StoredFigures>(context, {
      type: 'stored',
      rounds: ROUNDS,
      messages: MESSAGES,
    });
    return [
      {
        what: `${MESSAGES.toLocaleString('en')} messages read from IndexedDB, opened and parsed, messages a second`,
        ours: spread(perSecond, '/s'),
        quoted: 'Matrix crypto on encrypted IndexedDB: 819/s',
        target: '≥5× of it',
        note: `in a worker; each text is compared with what was written; ${ROUNDS} rounds`,
      },
    ];
  },
};
