/** A process that appends and tells what was acknowledged until it is killed. */
import { randomBytes } from 'node:crypto';
import { hexToBytes } from '../../src/lib/bytes';
import { encodeEnvelope } from '../../src/protocol/envelope';
import { envelopeId } from '../../server/hashes';
import { openSqliteLogStore } from '../../server/stores/sqliteLogStore';

const [file = '', ...hexes] = process.argv.slice(2);

async function main(): Promise<void> {
  const opened = await openSqliteLogStore({ file });
  if (!opened.ok) throw new Error(opened.error.type);
  const store = opened.value;
  const write = async (hex: string): Promise<never> => {
    for (;;) {
      const bytes = encodeEnvelope({
        isCommit: false,
        epochTag: new Uint8Array(8),
        sealed: new Uint8Array(randomBytes(200)),
      });
      const [outcome] = await store.append([
        {
          log: hexToBytes(hex) ?? new Uint8Array(32),
          afterCommit: 0,
          pseudonym: new Uint8Array(8),
          envelopes: [{ bytes, isCommit: false }],
          maxEnvelopes: 1e9,
          maxOfPass: Number.MAX_SAFE_INTEGER,
          commitWait: 0,
          at: 1,
        },
      ]);
      const seq = outcome?.appended[0]?.seq;
      if (seq !== undefined) process.send?.([hex, seq, Buffer.from(envelopeId(bytes)).toString('hex')]);
    }
  };
  await Promise.all(hexes.flatMap((hex) => Array.from({ length: 8 }, () => write(hex))));
}

void main();
