/** A large group: what it costs to add everybody, one more, remove one, and to catch up with many commits. */
import type { GroupState } from '../../../src/crypto/group';
import { platformRandom } from '../../../src/crypto/random';
import { groupOf } from '../../../src/sync/logState';
import { groups, newDevice, valueOf, type TestDevice } from './twoDevices';

export interface Change {
  /** Making the commit, ms. */
  readonly made: readonly number[];
  /** Taking it in at another member: processed, exported, encoded for the vault; ms. */
  readonly taken: readonly number[];
  readonly commitBytes: number;
  readonly welcomeBytes: number;
}

export interface GroupFigures {
  readonly addAll: Change;
  readonly addOne: Change;
  readonly removeOne: Change;
  readonly update: Change;
  /** A newcomer's way in, ms. */
  readonly joined: readonly number[];
  readonly stateBytes: number;
}

const NOTHING = { authenticatedData: new Uint8Array(0) };

class Tally {
  readonly made: number[] = [];
  readonly taken: number[] = [];
  commitBytes = 0;
  welcomeBytes = 0;
}

interface Pair {
  sender: GroupState;
  receiver: GroupState;
}

export async function measureGroups(count: number, rounds: number): Promise<GroupFigures> {
  const devices: TestDevice[] = [];
  for (let n = 0; n < count + rounds - 1; n++) devices.push(await newDevice());
  const [anna, ben] = devices;
  if (anna === undefined || ben === undefined) throw new Error('a group of two at least');
  const tally = { addAll: new Tally(), addOne: new Tally(), removeOne: new Tally(), update: new Tally() };
  const joined: number[] = [];
  let pair: Pair | undefined;

  // Everybody but the last, three times over; the last state goes on.
  for (let round = 0; round < 3; round++) {
    const founded = await groups.found(anna.self, platformRandom.bytes(32), platformRandom.bytes(80));
    const add = devices.slice(1, count - 1).map(({ keyPackage }) => keyPackage.keyPackage);
    const from = performance.now();
    const made = valueOf(await groups.commit(founded, anna.self, { add, ...NOTHING }));
    tally.addAll.made.push(performance.now() - from);
    tally.addAll.commitBytes = made.commit.length;
    tally.addAll.welcomeBytes = made.welcome?.length ?? 0;
    if (made.welcome === undefined) throw new Error('an add has a welcome');
    const welcomed = performance.now();
    const receiver = valueOf(await groups.join(ben.self, made.welcome, [ben.keyPackage]));
    joined.push(performance.now() - welcomed);
    pair = { sender: made.pending, receiver };
  }
  if (pair === undefined) throw new Error('no group');

  for (let round = 0; round < rounds; round++) {
    const newcomer = devices[count - 1 + round];
    if (newcomer === undefined) throw new Error('no newcomer');
    const request = { add: [newcomer.keyPackage.keyPackage], ...NOTHING };
    await change(pair, anna, request, tally.addOne);
    if (groups.members(pair.receiver).length !== count) throw new Error('not that many devices');
    const last = groups.members(pair.sender).find(({ device }) => same(device, newcomer.self.device));
    if (last === undefined) throw new Error('the newcomer is not in it');
    await change(pair, anna, { remove: [last.leaf], ...NOTHING }, tally.removeOne);
  }
  for (let round = 0; round < rounds * 2; round++) await change(pair, anna, NOTHING, tally.update);
  return { ...tally, joined, stateBytes: groups.encode(pair.receiver).length };
}

async function change(
  pair: Pair,
  committer: TestDevice,
  request: Parameters<typeof groups.commit>[2],
  tally: Tally,
): Promise<void> {
  const from = performance.now();
  const made = valueOf(await groups.commit(pair.sender, committer.self, request));
  tally.made.push(performance.now() - from);
  tally.commitBytes = made.commit.length;
  tally.welcomeBytes = made.welcome?.length ?? 0;
  const taking = performance.now();
  const { state } = valueOf(await groups.process(pair.receiver, made.commit, () => true));
  await groupOf(groups, state);
  groups.encode(state);
  tally.taken.push(performance.now() - taking);
  if (!same(groups.epochAuthenticator(state), groups.epochAuthenticator(made.pending)))
    throw new Error('two epochs');
  pair.sender = made.pending;
  pair.receiver = state;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
