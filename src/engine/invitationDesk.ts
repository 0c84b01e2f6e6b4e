/**
 * An admin's device at the door (SPEC J2): opens the logs of open invitations, takes requests into the
 * directory, and tells the newcomers. Any admin's device that is online may do it; the directory's fold
 * decides which admission counted.
 */
import { sha256 } from '../crypto/hash';
import { cleanLine } from '../domain/body';
import type { DirectoryInvitation } from '../domain/directory';
import { idToBytes, type DeviceId, type InvitationId, type LogId } from '../domain/ids';
import { invitationLinkText } from '../domain/invitationLink';
import { bytesToHex, equalBytes } from '../lib/bytes';
import { LIMITS } from '../protocol/limits';
import {
  LOG_KINDS,
  OP,
  appendResult,
  doneResult,
  readResult,
  watchResult,
  type StoredEnvelope,
} from '../protocol/frames';
import { TOWN_LOG, VIEW } from '../records/keys';
import {
  invitationKeys,
  openInvitationMessage,
  sealInvitationMessage,
  type InvitationKeys,
  type InvitationMessage,
  type JoinRequest,
} from '../sync/invitationLog';
import type { Engine } from './engine';
import { admitPass } from './passes';
import type { InvitationView } from './views';

/** As long as the relay keeps what was said there. */
const WAITED_FOR_MS = 30 * 86_400_000;

interface Door {
  readonly id: InvitationId;
  readonly keys: InvitationKeys;
  readonly requests: Map<DeviceId, JoinRequest>;
  readonly answered: Set<DeviceId>;
  /** An entry that takes them in waits, or is in the log. */
  readonly admitting: Set<DeviceId>;
  cursor: number;
  isOpen: boolean;
}

export class InvitationDesk {
  readonly #engine: Engine;
  readonly #doors = new Map<InvitationId, Door>();
  #queue: Promise<void> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async online(): Promise<void> {
    for (const door of this.#doors.values()) door.isOpen = false;
    await this.#openDoors();
  }

  async townChanged(): Promise<void> {
    await this.#openDoors();
    await this.admitted();
    this.show();
  }

  /** Opening is idempotent: the log, its keys and its hashes all come from the secret. */
  async #openDoors(): Promise<void> {
    const { relay } = this.#engine;
    if (relay?.isOnline !== true || !this.#engine.isAdmin) return;
    for (const invitation of Object.values(this.#engine.directory().invitations)) {
      if (!this.#isLive(invitation)) continue;
      const door = this.#doorOf(invitation);
      if (door.isOpen) continue;
      door.isOpen = true;
      const log = idToBytes(door.keys.log);
      const hashes = [
        sha256(door.keys.readKey),
        sha256(door.keys.writeKey),
        sha256(door.keys.closeKey),
      ] as const;
      const created = await relay.request([OP.create, log, LOG_KINDS.invitation, ...hashes], doneResult);
      if (!created.ok && created.error.type !== 'exists') {
        door.isOpen = false;
        continue;
      }
      await relay.request([OP.watch, [[log, door.keys.readKey, door.cursor, 0]]], watchResult);
      await this.#read(door);
    }
    this.show();
  }

  /** To the head; what fails is read with the next news, or the next connection. */
  async #read(door: Door): Promise<void> {
    for (;;) {
      const before = door.cursor;
      const read = await this.#engine.relay?.request(
        [OP.read, idToBytes(door.keys.log), door.keys.readKey, before, LIMITS.readBytes],
        readResult,
      );
      if (read?.ok !== true) return;
      const [envelopes, head] = read.value;
      if (envelopes.length > 0) this.news(door.keys.log, envelopes);
      if (door.cursor >= head || door.cursor === before) return;
    }
  }

  #doorOf(invitation: DirectoryInvitation): Door {
    let door = this.#doors.get(invitation.id);
    if (door === undefined) {
      door = {
        id: invitation.id,
        keys: invitationKeys(invitation.secret),
        requests: new Map(),
        answered: new Set(),
        admitting: new Set(),
        cursor: 0,
        isOpen: false,
      };
      this.#doors.set(invitation.id, door);
    }
    return door;
  }

  news(log: LogId, envelopes: readonly StoredEnvelope[]): boolean {
    const door = [...this.#doors.values()].find((candidate) => candidate.keys.log === log);
    if (door === undefined) return false;
    // There was too much to push.
    if (envelopes.length === 0) void this.#read(door);
    for (const stored of envelopes) {
      if (stored.length === 6 || stored[0] <= door.cursor) continue;
      door.cursor = stored[0];
      const message = openInvitationMessage(door.keys, stored[3]);
      if (message?.type === 'request') door.requests.set(message.device.id, message);
      else if (message?.type === 'back') void this.#engine.back.heardAtDoor(message.request);
      else if (message !== undefined) door.answered.add(message.device);
    }
    void this.#workLater([door]);
    return true;
  }

  /** The relay has the passes of everybody in the directory: newcomers may be told. */
  async admitted(): Promise<void> {
    await this.#workLater([...this.#doors.values()]);
  }

  /** One after the other: a request that is being taken in must not be met half-way. */
  #workLater(doors: readonly Door[]): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      for (const door of doors) await this.#work(door);
    });
    return this.#queue;
  }

  async #work(door: Door): Promise<void> {
    if (this.#engine.back.isEnded) return;
    for (const request of door.requests.values()) {
      if (door.answered.has(request.device.id)) continue;
      const directory = this.#engine.directory();
      const invitation = directory.invitations[door.id];
      const device = directory.devices[request.device.id];
      if (invitation === undefined) continue;
      if (device !== undefined) {
        await this.#accept(door, request);
        continue;
      }
      if (this.#isAdmissionWaiting(request.device.id) || !this.#engine.isAdmin) continue;
      // Read back, and nobody came of it: by the directory's rules it was void.
      const isVoid = door.admitting.delete(request.device.id);
      const refusal = (await this.#refusal(door, invitation, request)) ?? (isVoid ? 'damaged' : undefined);
      if (refusal !== undefined) {
        await this.#answer(door, { type: 'refused', device: request.device.id, reason: refusal });
        continue;
      }
      const isAdded = await this.#engine.addEntry(TOWN_LOG, {
        kind: 'town-admitted',
        invitation: door.id,
        person: request.person,
        name: request.name,
        device: request.device,
      });
      if (isAdded) door.admitting.add(request.device.id);
    }
    this.show();
  }

  #isAdmissionWaiting(device: DeviceId): boolean {
    return this.#engine.book
      .waiting(TOWN_LOG)
      .some(({ intent: { body } }) => body.kind === 'town-admitted' && body.device.id === device);
  }

  async #refusal(
    door: Door,
    invitation: DirectoryInvitation,
    request: JoinRequest,
  ): Promise<Extract<InvitationMessage, { type: 'refused' }>['reason'] | undefined> {
    if (invitation.isWithdrawn) return 'withdrawn';
    if (this.#engine.services.clock.now() > invitation.expiresAt) return 'expired';
    if (invitation.guests.length + door.admitting.size >= invitation.uses) {
      const isStillOpen = [...door.admitting].some(
        (device) => this.#engine.directory().devices[device] === undefined,
      );
      // Somebody else is being admitted on the last place: the directory will say who had it.
      if (!isStillOpen || invitation.guests.length >= invitation.uses) return 'used';
    }
    const parsed = await this.#engine.services.groups.parseKeyPackage(request.device.keyPackage);
    const isWhole =
      parsed.ok &&
      bytesToHex(parsed.value.device) === request.device.id &&
      bytesToHex(parsed.value.signatureKey) === bytesToHex(request.device.signatureKey) &&
      cleanLine(request.name) === request.name;
    return isWhole ? undefined : 'damaged';
  }

  async #accept(door: Door, request: JoinRequest): Promise<void> {
    door.admitting.delete(request.device.id);
    const { relay } = this.#engine;
    if (relay === undefined) return;
    // Before the newcomer comes back with its key, the relay must know it; the key is the directory's,
    // whatever else the request said.
    const facts = this.#engine.directory().devices[request.device.id]?.facts;
    if (facts === undefined || !equalBytes(facts.relayKey, request.device.relayKey)) return;
    if (!(await admitPass(this.#engine, request.device.id))) return;
    await this.#answer(door, {
      type: 'accepted',
      device: request.device.id,
      townName: this.#engine.directory().townName,
    });
  }

  async #answer(door: Door, message: InvitationMessage & { readonly device: DeviceId }): Promise<void> {
    const { relay, services } = this.#engine;
    if (relay === undefined || door.answered.has(message.device)) return;
    door.answered.add(message.device);
    const envelope = sealInvitationMessage(door.keys, message, services.random);
    const sent = await relay.request(
      [OP.append, idToBytes(door.keys.log), door.keys.writeKey, 0, [envelope]],
      appendResult,
    );
    if (!sent.ok || sent.value[1] !== null) door.answered.delete(message.device);
  }

  /** Somebody may ask there to be taken in, or wait to be let in who was (SPEC B2). */
  #isLive({ isWithdrawn, expiresAt, guests }: DirectoryInvitation): boolean {
    const over = this.#engine.services.clock.now() - expiresAt;
    if (!isWithdrawn && over <= 0) return true;
    return guests.length > 0 && over <= WAITED_FOR_MS && this.#isAnybodySilent;
  }

  get #isAnybodySilent(): boolean {
    const { silent } = this.#engine.runners.get(TOWN_LOG)?.state.fold ?? {};
    return Object.keys(silent ?? {}).length > 0;
  }

  show(): void {
    this.#engine.views.mark(VIEW.invitations, () => this.#view());
  }

  #view(): readonly InvitationView[] {
    const engine = this.#engine;
    const directory = engine.directory();
    const origin = engine.identity?.relay ?? '';
    const linkOf = (secret: Uint8Array<ArrayBuffer>, expiresAt: number) =>
      invitationLinkText({ origin, secret, expiresAt, founding: directory.founding });
    const waiting = engine.book.waiting(TOWN_LOG).flatMap(({ intent }): InvitationView[] => {
      const { body } = intent;
      if (body.kind !== 'town-invited' || directory.invitations[body.invitation] !== undefined) return [];
      return [
        {
          id: body.invitation,
          link: linkOf(body.secret, body.expiresAt),
          createdAt: intent.writtenAt,
          expiresAt: body.expiresAt,
          usesLeft: body.uses,
          state: 'waiting-for-network',
          guests: [],
        },
      ];
    });
    const known = Object.values(directory.invitations).map((invitation): InvitationView => {
      const door = this.#doors.get(invitation.id);
      const joining = [...(door?.admitting ?? [])].filter(
        (device) => directory.devices[device] === undefined,
      );
      const guests = joining.flatMap((device) => door?.requests.get(device)?.name ?? []);
      return {
        id: invitation.id,
        link: linkOf(invitation.secret, invitation.expiresAt),
        createdAt: invitation.createdAt,
        expiresAt: invitation.expiresAt,
        usesLeft: invitation.uses - invitation.guests.length,
        state: this.#stateOf(invitation, joining.length > 0),
        guests: [...invitation.guests, ...guests],
      };
    });
    return [...waiting, ...known].sort((a, b) => b.createdAt - a.createdAt);
  }

  #stateOf(invitation: DirectoryInvitation, isJoining: boolean): InvitationView['state'] {
    if (invitation.isWithdrawn) return 'withdrawn';
    if (invitation.guests.length >= invitation.uses) return 'used';
    if (isJoining) return 'joining';
    return this.#engine.services.clock.now() > invitation.expiresAt ? 'expired' : 'open';
  }
}
