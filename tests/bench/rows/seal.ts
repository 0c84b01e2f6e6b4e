/** How many messages a device seals and opens in a second. */
import { computed } from '../page/openBench';
import type { SealFigures } from '../page/sealAndOpen';
import type { Row } from '../row';
import { median, ratios, spread, times } from '../stats';

const ROUNDS = 7;
const MESSAGES = 512;

export const sealRow: Row = {
  name: 'seal',
  title: 'Seal and open, in a worker of Chromium',
  async run(context) {
    const { ours, stored, mls, mlsOverOurs, ourBytes, mlsBytes } = await computed<SealFigures>(context, {
      type: 'seal',
      rounds: ROUNDS,
      messages: MESSAGES,
    });
    const withStorage = median(ratios(stored, mls));
    return [
      {
        what: 'sealed, opened and stored, messages a second',
        ours: spread(stored, '/s'),
        peer: `MLS PrivateMessage by ts-mls as it comes, nothing stored: ${spread(mls, '/s')}`,
        ratio: `${times(withStorage)} as many`,
        target: '≥4×',
        isMet: withStorage >= 4,
        note: `one entry an envelope, signed, padded, sealed, opened, verified, parsed, written to IndexedDB; 64 side by side as in flights and ingest, which a ratchet does not allow; ${ROUNDS} interleaved rounds in one worker`,
      },
      {
        what: 'sealed and opened only, messages a second',
        ours: spread(ours, '/s'),
        peer: `ts-mls over the primitives of our own group code: ${spread(mlsOverOurs, '/s')}`,
        ratio: `${times(median(ratios(ours, mlsOverOurs)))} as many`,
        note: `${ourBytes} bytes an envelope, padded; ${mlsBytes} bytes a PrivateMessage, not padded`,
      },
    ];
  },
};
