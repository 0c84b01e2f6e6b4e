/** Runs in a thread of its own: without the mend this never returns, and no timer would fire. */
import { parentPort } from 'node:worker_threads';
import {
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  defaultCapabilities,
  defaultLifetime,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroupExternal,
} from 'ts-mls';

const suite = await getCiphersuiteImpl(
  getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'),
);
const make = (name) =>
  generateKeyPackage(
    { credentialType: 'basic', identity: new TextEncoder().encode(name) },
    defaultCapabilities(),
    defaultLifetime,
    [],
    suite,
  );
const founder = await make('founder');
const stranger = await make('stranger');
const group = await createGroup(new Uint8Array(4), founder.publicPackage, founder.privatePackage, [], suite);
const info = await createGroupInfoWithExternalPubAndRatchetTree(group, [], suite);
const joined = await joinGroupExternal(info, stranger.publicPackage, stranger.privatePackage, true, suite);
parentPort.postMessage(Number(joined.newState.groupContext.epoch));
