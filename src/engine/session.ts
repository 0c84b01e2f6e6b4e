/** The device's connection to its town's relay: who it is there, and what comes from there. */
import type { Bytes } from '../lib/bytes';
import { SecretKey } from '../crypto/secretKey';
import { signLabelled } from '../crypto/signature';
import { idToBytes } from '../domain/ids';
import { OP, watchResult } from '../protocol/frames';
import type { Identity } from '../records/logRecords';
import type { LogRunner } from '../sync/logRunner';
import type { RunnerHost } from '../sync/runnerHost';
import { RelayClient } from '../sync/relayClient';
import type { Engine } from './engine';
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
      onOnline: () => void engine.online(),
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

export async function watchLogs(relay: RelayClient, runners: readonly LogRunner[]): Promise<void> {
  if (runners.length === 0) return;
  const wanted = runners.map(({ state }) => {
    const { core, progress } = state;
    return [idToBytes(core.log), core.readKey, progress.cursor, progress.putCursor] as [
      Bytes,
      Bytes,
      number,
      number,
    ];
  });
  const answer = await relay.request([OP.watch, wanted], watchResult);
  if (!answer.ok) return;
  const told = new Map(answer.value.map((item) => [item[0], item]));
  for (const [index, runner] of runners.entries()) {
    const item = told.get(index);
    if (item === undefined) runner.watched(runner.state.progress.cursor, []);
    else if (item.length === 2) runner.unknownAtRelay();
    else runner.watched(item[1], item[4]);
  }
}
