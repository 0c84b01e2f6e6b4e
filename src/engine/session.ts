/** The device's connection to its town's relay: who it is there, and what comes from there. */
import type * as v from 'valibot';
import type { Bytes } from '../lib/bytes';
import { SecretKey } from '../crypto/secretKey';
import { signLabelled } from '../crypto/signature';
import { idToBytes } from '../domain/ids';
import { OP, watchResult } from '../protocol/frames';
import { LIMITS } from '../protocol/limits';
import type { Identity } from '../records/logRecords';
import type { LogRunner } from '../sync/logRunner';
import type { RunnerHost } from '../sync/runnerHost';
import { RelayClient } from '../sync/relayClient';
import type { Engine } from './engine';
import { inChunks } from './inChunks';
import { runnerHost } from './runnerHost';

export interface Session {
  readonly relay: RelayClient;
  readonly host: RunnerHost;
}

/** Connects to nothing yet: `relay.start()` does. */
export function openSession(engine: Engine, identity: Identity): Session {
  const { host } = new URL(identity.relay);
  const secret = new SecretKey(identity.relaySecret);
  const relay = new RelayClient(
    engine.services,
    `${identity.relay.replace(/^http/, 'ws')}/relay`,
    {
      relayKey: identity.relayKey,
      sign: (nonce) => signLabelled(secret, 'relay-auth', host.toLowerCase(), nonce),
    },
    {
      onState: (state) => {
        engine.relayState(state);
      },
      onOnline: (incarnation, relayTime) => void engine.online(incarnation, relayTime),
      onVersion: () => {
        engine.succession.versionRefused();
      },
      onNews: (log, envelopes) => {
        if (!engine.setup.news(log, envelopes) && !engine.invitations.news(log, envelopes))
          engine.runnerOf(log)?.news(envelopes);
      },
      onSlot: (log, number, _slot, value) => engine.runnerOf(log)?.slot(number, value),
      onCast: (log, bytes) => void engine.presence.castIn(log, bytes),
      onClosed: () => undefined,
    },
  );
  return { relay, host: runnerHost(engine, identity, relay) };
}

/**
 * What the relay said of these logs; undefined when the connection went, `later` when it has no time. `behind`,
 * and no runner is told, when it does not have what one of them has read; `no-pass` when it no longer admits
 * this device.
 */
export async function watchLogs(
  relay: RelayClient,
  runners: readonly LogRunner[],
): Promise<'watched' | 'behind' | 'no-pass' | 'later' | undefined> {
  if (runners.length === 0) return undefined;
  const told = new Map<number, WatchItem>();
  const asked = new Map<LogRunner, number>();
  for (const [nth, chunk] of inChunks(runners, LIMITS.watchLogs).entries()) {
    for (const runner of chunk) asked.set(runner, runner.state.progress.cursor);
    const answer = await relay.request([OP.watch, chunk.map(wantedOf)], watchResult);
    if (!answer.ok) return answer.error.type === 'offline' ? undefined : 'later';
    for (const item of answer.value) told.set(nth * LIMITS.watchLogs + item[0], item);
  }
  if (runners.some((runner, index) => isBehind(runner, asked.get(runner) ?? 0, told.get(index))))
    return 'behind';
  for (const [index, runner] of runners.entries()) {
    const item = told.get(index);
    if (item === undefined) runner.watched(runner.state.progress.cursor, []);
    else if (item.length === 2) runner.unknownAtRelay();
    // What was pushed while the answer was on its way is no less there than what the answer knew of.
    else runner.watched(Math.max(item[1], runner.state.progress.cursor), item[4]);
  }
  return [...told.values()].some((item) => item[1] === 'no-pass') ? 'no-pass' : 'watched';
}

type WatchItem = v.InferOutput<typeof watchResult>[number];

function wantedOf({ state: { core, progress } }: LogRunner): [Bytes, Bytes, number, number] {
  return [idToBytes(core.log), core.readKey, progress.cursor, progress.putCursor];
}

/** `asked`: the cursor the relay was asked with. It may have moved on since, by what was pushed. */
function isBehind({ state }: LogRunner, asked: number, item: WatchItem | undefined): boolean {
  const { core, progress } = state;
  if (item?.length !== 5 || core.kind === 'mailbox' || !progress.isMember) return false;
  return item[1] < asked;
}
