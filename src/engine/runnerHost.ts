/** What the engine is to its runners. */
import type { EntryBody } from '../domain/body';
import { continuationOf } from '../domain/succession';
import { MAILBOX_LOG, TOWN_LOG } from '../records/keys';
import type { Identity } from '../records/logRecords';
import type { LogRunner } from '../sync/logRunner';
import { readableUpTo } from '../sync/logState';
import type { RunnerHost } from '../sync/runnerHost';
import type { RelayClient } from '../sync/relayClient';
import type { Engine } from './engine';
import { groupSelfOf } from './identity';

export function runnerHost(engine: Engine, identity: Identity, relay: RelayClient): RunnerHost {
  const { clock, groups } = engine.services;
  return {
    clock,
    groups,
    relay,
    records: engine.records,
    term: engine.term,
    self: groupSelfOf(identity),
    identity: { device: identity.device, person: identity.person },
    documents: engine.documents,
    directory: () => engine.directory(),
    town: () => town(engine),
    isOwnRequest: (request) => engine.back.isOwnRequest(request),
    isEnded: () => engine.back.isEnded,
    waitingIntents: (log) => engine.book.waiting(log),
    intentChanged: (number, intent) => {
      engine.book.set(number, intent);
      engine.conversationChanged(intent.log);
      engine.statusChanged();
    },
    addEntry: (log, body) => engine.addEntry(log, body),
    isRemovalWaiting: () => engine.book.waiting(TOWN_LOG).some(({ intent }) => isRemoval(intent.body)),
    mayCreate: (runner) => mayCreate(engine, runner),
    receiveMail: (seq, envelope) => engine.mailroom.receive(seq, envelope),
    changed: (change) => {
      engine.runnerChanged(change);
    },
    needTown: () => engine.runners.get(TOWN_LOG)?.refresh(),
    readToHead: (runner) => {
      if (runner.state.number === TOWN_LOG) engine.townMoved(runner);
      engine.mailroom.lookAgain();
      engine.lostMail.look();
    },
    watch: (runner) => void engine.watch([runner]),
    storageFailed: (type) => {
      engine.storageFailed(type);
    },
  };
}

function town({ runners, townLinks }: Engine): ReturnType<RunnerHost['town']> {
  const runner = runners.get(TOWN_LOG);
  const progress = runner?.state.progress;
  return {
    generation: runner?.state.core.generation ?? 0,
    seq: progress?.cursor ?? 0,
    sureUpTo: progress === undefined ? 0 : readableUpTo(progress),
    chain: progress?.chain ?? new Uint8Array(32),
    readsBegun: runner?.readsBegun ?? 0,
    readDone: runner?.readDone ?? 0,
    since: townLinks.since,
    linkAt: (seq) => townLinks.at(seq),
  };
}

function mayCreate(engine: Engine, runner: LogRunner): boolean {
  const { core, number } = runner.state;
  if (number === TOWN_LOG || number === MAILBOX_LOG) return engine.setup.mayCreate();
  if (core.continues !== undefined)
    return continuationOf(engine.directory(), core.continues.log).next?.log === core.log;
  if (core.kind !== 'direct' || core.partner === undefined || engine.identity === undefined) return true;
  return engine.desk.ownsClaim(core.partner, core.log);
}

function isRemoval(body: EntryBody): boolean {
  return body.kind === 'town-blocked' || body.kind === 'town-person-removed';
}
