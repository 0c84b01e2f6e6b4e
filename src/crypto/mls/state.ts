/**
 * A group's state as a value: what is kept of the library's, how it is written and read back, and when it
 * is acceptable at all. `GroupState` is opaque to everyone else.
 */
import { assert } from '../../lib/assert';
import type { Bytes } from '../../lib/bytes';
import { ok, type Result } from '../../lib/result';
import type { GroupFailure, GroupState } from '../group';
import { groupClientConfig } from './clientConfig';
import { contextOf } from './commitRules';
import { describe, fail } from './failures';
import { faultOfTree } from './leafRules';
import { decodeGroupState, encodeGroupState, type ClientState } from './library';
import { leafAt } from './members';
import { SUITE } from './suite';

/** The value behind the opaque `GroupState`. Private, so that printing a state shows no secret. */
class Opened {
  readonly #library: ClientState;

  constructor(library: ClientState) {
    this.#library = library;
  }

  static read(value: unknown): ClientState {
    assert(value instanceof Opened, 'a group state comes from this module');
    return value.#library;
  }
}

/** Neither a signature secret nor past epochs are kept (the library's `retainKeysForEpochs: 0` keeps all). */
export function toGroupState(state: ClientState): GroupState {
  const kept: ClientState = {
    ...state,
    signaturePrivateKey: new Uint8Array(0),
    historicalReceiverData: new Map(),
    unappliedProposals: {},
  };
  // The interface's brand exists in types only; `toClientState` checks what it is given.
  return new Opened(kept) as unknown as GroupState;
}

export function toClientState(state: GroupState): ClientState {
  return Opened.read(state);
}

const STATE_VERSION = 1;

export function encodeState(state: GroupState): Bytes {
  const body = encodeGroupState(toClientState(state));
  const out = new Uint8Array(1 + body.length);
  out[0] = STATE_VERSION;
  out.set(body, 1);
  return out;
}

export function decodeState(bytes: Uint8Array): Result<GroupState, GroupFailure> {
  if (bytes[0] !== STATE_VERSION) return fail('bad-state', 'stop', 'version');
  try {
    // A copy: the library's values are views into the bytes they were read from.
    const body = bytes.slice(1);
    const decoded = decodeGroupState(body, 0);
    if (decoded === undefined || decoded[1] !== body.length) return fail('bad-state', 'stop', 'malformed');
    const state: ClientState = { ...decoded[0], clientConfig: groupClientConfig };
    const fault = faultOfState(state);
    return fault === undefined ? ok(toGroupState(state)) : fail('bad-state', 'stop', fault);
  } catch (error) {
    return fail('bad-state', 'stop', describe(error));
  }
}

/** Key material of an epoch that is over. Leaf and node keys live on in the next state. */
export function wipe(state: GroupState): void {
  const { keySchedule, secretTree } = toClientState(state);
  const secrets: Record<keyof typeof keySchedule, Uint8Array> = keySchedule;
  for (const secret of Object.values(secrets)) secret.fill(0);
  for (const { handshake, application } of secretTree) {
    for (const ratchet of [handshake, application]) {
      ratchet.secret.fill(0);
      for (const unused of Object.values(ratchet.unusedGenerations)) unused.fill(0);
    }
  }
}

export function faultOfState(state: ClientState): string | undefined {
  if (state.groupContext.cipherSuite !== SUITE) return 'cipher suite';
  if (state.groupActiveState.kind !== 'active') return 'group is not active';
  if (state.groupContext.epoch > BigInt(Number.MAX_SAFE_INTEGER)) return 'epoch';
  if (contextOf(state.groupContext.extensions) === undefined) return 'group context holds something else';
  if (leafAt(state.ratchetTree, state.privatePath.leafIndex) === undefined) return 'own leaf is blank';
  return faultOfTree(state.ratchetTree);
}
