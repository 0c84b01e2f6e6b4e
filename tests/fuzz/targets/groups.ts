/** MLS messages and receipts: what members and strangers say about who is in and how far they have read. */
import { sealBytes } from '../../../src/crypto/seal';
import { signLabelled } from '../../../src/crypto/signature';
import { encodePosition } from '../../../src/domain/position';
import { idToBytes } from '../../../src/domain/ids';
import { concatBytes, equalBytes, type Bytes } from '../../../src/lib/bytes';
import { encodeCbor } from '../../../src/protocol/codec';
import type { Group } from '../../../src/sync/logState';
import { openReceipt, sealReceipt } from '../../../src/sync/receipts';
import { accept, valueOf } from '../../unit/crypto/groupFixture';
import type { Party } from '../../unit/sync/party';
import { must, valueOrRefusal, type Target } from '../target';

/** `ours` and `theirs`: one group as the first two of the party have it; the third is a newcomer. */
export async function groupTargets(party: Party, ours: Group, theirs: Group): Promise<readonly Target[]> {
  const { crypto } = party.fixture;
  const newcomer = party.member(2).test;
  const { welcome = new Uint8Array() } = await party.commit(0, ours, {
    add: [newcomer.keyPackage.keyPackage],
  });
  const joined = valueOf(await crypto.join(newcomer.self, welcome, [newcomer.keyPackage]));
  const authenticatedData = encodePosition({ generation: 0, seq: 9, chain: new Uint8Array(32) });
  const { commit } = valueOf(
    await crypto.commit(ours.state, party.member(0).test.self, { authenticatedData }),
  );
  const before = crypto.encode(theirs.state);
  const packages = party.members.map(({ test }) => test.keyPackage.keyPackage);

  return [
    {
      name: 'key packages (G9)',
      samples: packages,
      runs: 120,
      async check(input) {
        const parsed = valueOrRefusal(await crypto.parseKeyPackage(input));
        if (parsed === undefined) return false;
        must(parsed.device.length === 16 && parsed.signatureKey.length === 32, 'a package names a device');
        must(
          packages.some((one) => equalBytes(input, one)),
          'a changed package does not hold',
        );
        return true;
      },
    },
    {
      name: 'welcomes (J3)',
      samples: [welcome],
      runs: 60,
      async check(input) {
        const state = valueOrRefusal(await crypto.join(newcomer.self, input, [newcomer.keyPackage]));
        if (state === undefined) return false;
        must(
          equalBytes(crypto.epochAuthenticator(state), crypto.epochAuthenticator(joined)),
          'a welcome leads into its group or nowhere',
        );
        return true;
      },
    },
    {
      name: 'commits, and the valid one behind them (G4)',
      samples: [commit],
      runs: 50,
      async check(input) {
        const processed = valueOrRefusal(await crypto.process(theirs.state, input, accept));
        must(equalBytes(crypto.encode(theirs.state), before), 'the state is only read');
        must((await crypto.process(theirs.state, commit, accept)).ok, 'the valid commit still holds');
        must(processed === undefined || equalBytes(input, commit), 'a changed commit does not hold');
        return processed !== undefined;
      },
    },
    {
      name: 'stored group states (G1)',
      samples: [before],
      runs: 120,
      check(input) {
        const state = valueOrRefusal(crypto.decode(input));
        if (state === undefined) return false;
        crypto.members(state);
        crypto.groupId(state);
        crypto.context(state);
        crypto.encode(state);
        return true;
      },
    },
    ...(await receiptTargets(party, ours)),
  ];
}

async function receiptTargets(party: Party, group: Group): Promise<readonly Target[]> {
  const { device, test } = party.member(1);
  const secret = test.self.signatureSecret;
  const log = idToBytes(party.log);
  const sealData = encodeCbor(['depesche/receipt-seal/1', log]);
  const open = async (value: Bytes): Promise<boolean> => {
    const receipt = await openReceipt(party.log, group, value);
    if (receipt === undefined) return false;
    must(
      receipt.device === device && receipt.delivered === 9 && receipt.read === 4,
      'as its device signed it',
    );
    return true;
  };
  const chain = new Uint8Array(32).fill(5);
  const signature = await signLabelled(secret, 'receipt-link', log, idToBytes(device), 9, 4, chain);
  return [
    {
      name: 'receipts (A1)',
      samples: [await sealReceipt(party.log, group, secret, { device, delivered: 9, read: 4, chain })],
      runs: 100,
      check: open,
    },
    {
      name: 'receipts inside a seal that holds (A2)',
      samples: [encodeCbor([device, 9, 4, chain, signature])],
      runs: 100,
      check: async (input) => open(concatBytes(group.tag, await sealBytes(group.key, sealData, input))),
    },
  ];
}
