/**
 * Who is who: the pure fold of the town conversation (SPEC D1–D9, J7). Every fact carries the seqs between
 * which it holds, so that any past position can be judged. In the town log an operation is judged by
 * the fold of all that precedes it; one without the right is kept in the timeline and has no effect.
 */
import { equalBytes, type Bytes } from '../lib/bytes';
import { MAX_GENERATION, type DeviceFacts, type EntryBody } from './body';
import type { DeviceId, InvitationId, LogId, PersonId } from './ids';
import type { TownLook } from './townLook';

/** Holds from `from` (inclusive) to `to` (exclusive; undefined = still). */
export interface Span {
  readonly from: number;
  readonly to: number | undefined;
}

export interface DirectoryPerson extends Span {
  readonly id: PersonId;
  readonly name: string;
  readonly admin: readonly Span[];
}

export interface DirectoryDevice extends Span {
  readonly facts: DeviceFacts;
  readonly person: PersonId;
  readonly addedAt: number;
  /** It lost mail before it had read it: the seqs at which it said so, and the relay's time of the last (SPEC J7). */
  readonly mailLost?: { readonly at: number; readonly seqs: readonly number[] };
}

/** A device's word that it lost mail counts at most once in this time. */
export const MAIL_LOST_EVERY_MS = 3_600_000;

export interface DirectoryInvitation {
  readonly id: InvitationId;
  readonly by: PersonId;
  readonly secret: Bytes;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly uses: number;
  readonly guests: readonly string[];
  readonly isWithdrawn: boolean;
}

export interface Directory {
  readonly townName: string;
  readonly rootKey: Bytes;
  /** SHA-256 of the founding entry: names the town in invitations. */
  readonly founding: Bytes;
  readonly persons: Readonly<Record<PersonId, DirectoryPerson>>;
  readonly devices: Readonly<Record<DeviceId, DirectoryDevice>>;
  readonly invitations: Readonly<Record<InvitationId, DirectoryInvitation>>;
  /** Log of the pair's conversation by pairKey. */
  readonly claims: Readonly<Record<string, LogId>>;
  /** Absent until an admin has set one. */
  readonly look?: TownLook;
  /** Why this log and no other is the town's; absent in the town's first (SPEC Q6). */
  readonly continuation?: Continuation;
  /** By the id of a log that was lost with its relay: the one that continues it, and whose claim that was. */
  readonly continued?: Readonly<Record<LogId, ContinuedLog>>;
}

export interface ContinuedLog {
  readonly log: LogId;
  readonly by: PersonId;
  /** Of the town's log in which the claim stands: `log` lives as long as that one. */
  readonly generation: number;
}

export interface Continuation {
  readonly generation: number;
  /** The town's log before. */
  readonly old: LogId;
  /** A `town-continued` entry, signed by an admin of the old directory for this log. */
  readonly statement: Bytes;
}

export const EMPTY_DIRECTORY: Directory = {
  townName: '',
  rootKey: new Uint8Array(32),
  founding: new Uint8Array(32),
  persons: {},
  devices: {},
  invitations: {},
  claims: {},
};

export interface DirectoryStep {
  readonly seq: number;
  /** Relay time, ms. */
  readonly at: number;
  readonly device: DeviceId;
  /** SHA-256 of the entry as signed; used by the founding entry only. */
  readonly entryHash: Bytes;
  readonly body: EntryBody;
}

/** The same directory when the operation has no effect. */
export function foldDirectory(directory: Directory, step: DirectoryStep): Directory {
  const { body, seq } = step;
  if (body.kind === 'town-founded') return foldFounding(directory, step, body);
  const author = directory.devices[step.device];
  if (author === undefined || author.to !== undefined) return directory;
  const isAdmin = isAdminAt(directory, author.person, seq);
  switch (body.kind) {
    case 'town-invited':
      if (!isAdmin || directory.invitations[body.invitation] !== undefined) return directory;
      return withInvitation(directory, {
        id: body.invitation,
        by: author.person,
        secret: body.secret,
        createdAt: step.at,
        expiresAt: body.expiresAt,
        uses: body.uses,
        guests: [],
        isWithdrawn: false,
      });
    case 'town-invitation-withdrawn': {
      const invitation = directory.invitations[body.invitation];
      if (!isAdmin || invitation === undefined) return directory;
      return withInvitation(directory, { ...invitation, isWithdrawn: true });
    }
    case 'town-admitted': {
      const invitation = directory.invitations[body.invitation];
      if (!isAdmin || invitation === undefined || invitation.isWithdrawn) return directory;
      if (invitation.guests.length >= invitation.uses) return directory;
      if (directory.persons[body.person] !== undefined || !isNewDevice(directory, body.device))
        return directory;
      const person: DirectoryPerson = {
        id: body.person,
        name: body.name,
        admin: [],
        from: seq,
        to: undefined,
      };
      return withInvitation(withDevice(withPerson(directory, person), body.device, body.person, step), {
        ...invitation,
        guests: [...invitation.guests, body.name],
      });
    }
    case 'town-renamed': {
      const person = directory.persons[body.person];
      if (person === undefined || (body.person !== author.person && !isAdmin)) return directory;
      return withPerson(directory, { ...person, name: body.name });
    }
    case 'town-package':
      return withRecord(directory, { ...author, facts: { ...author.facts, keyPackage: body.keyPackage } });
    case 'town-mail-lost': {
      const { at = -Infinity, seqs = [] } = author.mailLost ?? {};
      if (Math.abs(step.at - at) < MAIL_LOST_EVERY_MS) return directory;
      return withRecord(directory, { ...author, mailLost: { at: step.at, seqs: [...seqs, seq] } });
    }
    case 'town-blocked': {
      const device = directory.devices[body.device];
      if (device === undefined || device.to !== undefined) return directory;
      if (!isAdmin && device.person !== author.person) return directory;
      if (isLastAdminDevice(directory, body.device, seq)) return directory;
      return withRecord(directory, { ...device, to: seq });
    }
    case 'town-person-removed': {
      const person = directory.persons[body.person];
      if (person === undefined || person.to !== undefined) return directory;
      if (!isAdmin && body.person !== author.person) return directory;
      if (isLastAdmin(directory, body.person, seq)) return directory;
      return removePerson(directory, person, seq);
    }
    case 'town-admin': {
      const person = directory.persons[body.person];
      if (!isAdmin || person === undefined || person.to !== undefined) return directory;
      const has = isAdminAt(directory, person.id, seq);
      if (has === body.isAdmin) return directory;
      if (!body.isAdmin && isLastAdmin(directory, person.id, seq)) return directory;
      const admin = body.isAdmin
        ? [...person.admin, { from: seq, to: undefined }]
        : person.admin.map((span) => (span.to === undefined ? { ...span, to: seq } : span));
      return withPerson(directory, { ...person, admin });
    }
    case 'town-look': {
      if (!isAdmin) return directory;
      const { kind: _kind, ...look } = body;
      return { ...directory, look };
    }
    case 'town-claimed': {
      const key = pairKey(body.pair[0], body.pair[1]);
      if (!body.pair.includes(author.person) || directory.claims[key] !== undefined) return directory;
      return { ...directory, claims: { ...directory.claims, [key]: body.log } };
    }
    case 'town-log-continued':
      return foldContinuedLog(directory, author.person, body);
    default:
      return directory;
  }
}

/** A pair's log can be continued by the pair only; whether a claimant is in a group, its members know. */
function foldContinuedLog(
  directory: Directory,
  by: PersonId,
  { old, log }: Extract<EntryBody, { kind: 'town-log-continued' }>,
): Directory {
  if (directory.continued?.[old] !== undefined) return directory;
  const pair = Object.keys(directory.claims).find((key) => directory.claims[key] === old);
  if (pair?.split(':').includes(by) === false) return directory;
  const generation = directory.continuation?.generation ?? 0;
  return {
    ...directory,
    claims: pair === undefined ? directory.claims : { ...directory.claims, [pair]: log },
    continued: { ...directory.continued, [old]: { log, by, generation } },
  };
}

function foldFounding(
  directory: Directory,
  step: DirectoryStep,
  body: Extract<EntryBody, { kind: 'town-founded' }>,
): Directory {
  // Only the very first operation of a town founds it.
  if (Object.keys(directory.persons).length > 0 || body.device.id !== step.device) return directory;
  const person: DirectoryPerson = {
    id: body.person,
    name: body.personName,
    admin: [{ from: step.seq, to: undefined }],
    from: step.seq,
    to: undefined,
  };
  const founded = { ...directory, townName: body.name, rootKey: body.rootKey, founding: step.entryHash };
  return withDevice(withPerson(founded, person), body.device, body.person, step);
}

/** No two devices share an id or a key: a key that names two of them would prove neither. */
function isNewDevice(directory: Directory, facts: DeviceFacts): boolean {
  return !Object.values(directory.devices).some(
    ({ facts: known }) =>
      known.id === facts.id ||
      known.mailbox === facts.mailbox ||
      equalBytes(known.signatureKey, facts.signatureKey) ||
      equalBytes(known.relayKey, facts.relayKey),
  );
}

export function holdsAt(span: Span, seq: number): boolean {
  return span.from <= seq && (span.to === undefined || seq < span.to);
}

export function isAdminAt(directory: Directory, person: PersonId, seq: number): boolean {
  const found = directory.persons[person];
  return found !== undefined && holdsAt(found, seq) && found.admin.some((span) => holdsAt(span, seq));
}

/** Devices that hold at a position, of persons that hold there too. */
export function devicesOfAt(directory: Directory, person: PersonId, seq: number): readonly DirectoryDevice[] {
  const found = directory.persons[person];
  if (found === undefined || !holdsAt(found, seq)) return [];
  return Object.values(directory.devices).filter(
    (device) => device.person === person && holdsAt(device, seq),
  );
}

export function allDevicesAt(directory: Directory, seq: number): readonly DirectoryDevice[] {
  return Object.values(directory.devices).filter((device) => {
    const person = directory.persons[device.person];
    return person !== undefined && holdsAt(person, seq) && holdsAt(device, seq);
  });
}

/** SPEC J7: it has said so behind `after`, up to and including `upTo`. */
export function hasLostMail(device: DirectoryDevice | undefined, after: number, upTo: number): boolean {
  return device?.mailLost?.seqs.some((seq) => after < seq && seq <= upTo) ?? false;
}

export function personOfDevice(directory: Directory, device: DeviceId): PersonId | undefined {
  return directory.devices[device]?.person;
}

/** The same for both orders of the two. */
export function pairKey(a: PersonId, b: PersonId): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`;
}

/**
 * What a device that comes back can check of the directory it is handed (SPEC B6): it is the same town's, and
 * nothing that the device knew has become undone.
 */
export function isLaterDirectory(known: Directory, handed: Directory): boolean {
  if (!equalBytes(known.founding, handed.founding) || !equalBytes(known.rootKey, handed.rootKey))
    return false;
  const persons = Object.values(known.persons).every((person) =>
    isLaterSpan(person, handed.persons[person.id]),
  );
  const devices = Object.values(known.devices).every((device) => {
    const later = handed.devices[device.facts.id];
    return (
      isLaterSpan(device, later) &&
      later?.person === device.person &&
      equalBytes(later.facts.signatureKey, device.facts.signatureKey) &&
      equalBytes(later.facts.relayKey, device.facts.relayKey) &&
      later.facts.mailbox === device.facts.mailbox
    );
  });
  const claims = Object.entries(known.claims).every(([pair, log]) =>
    leadsTo(handed, log, handed.claims[pair]),
  );
  return persons && devices && claims;
}

/** The same log, or one that continues it (SPEC Q7). */
function leadsTo({ continued = {} }: Directory, from: LogId, to: LogId | undefined): boolean {
  let at: LogId | undefined = from;
  for (let steps = 0; at !== undefined && steps <= MAX_GENERATION; steps++) {
    if (at === to) return true;
    at = continued[at]?.log;
  }
  return false;
}

function isLaterSpan(known: Span, handed: Span | undefined): boolean {
  return handed?.from === known.from && (known.to === undefined || handed.to === known.to);
}

function isLastAdmin(directory: Directory, person: PersonId, seq: number): boolean {
  if (!isAdminAt(directory, person, seq)) return false;
  return !Object.values(directory.persons).some(
    (other) =>
      other.id !== person &&
      isAdminAt(directory, other.id, seq) &&
      devicesOfAt(directory, other.id, seq).length > 0,
  );
}

function isLastAdminDevice(directory: Directory, device: DeviceId, seq: number): boolean {
  const person = directory.devices[device]?.person;
  if (person === undefined || !isLastAdmin(directory, person, seq)) return false;
  return devicesOfAt(directory, person, seq).every((other) => other.facts.id === device);
}

function removePerson(directory: Directory, person: DirectoryPerson, seq: number): Directory {
  const devices: Record<DeviceId, DirectoryDevice> = { ...directory.devices };
  for (const device of devicesOfAt(directory, person.id, seq))
    devices[device.facts.id] = { ...device, to: seq };
  return { ...withPerson(directory, { ...person, to: seq }), devices };
}

function withPerson(directory: Directory, person: DirectoryPerson): Directory {
  return { ...directory, persons: { ...directory.persons, [person.id]: person } };
}

function withDevice(
  directory: Directory,
  facts: DeviceFacts,
  person: PersonId,
  step: DirectoryStep,
): Directory {
  return withRecord(directory, { facts, person, addedAt: step.at, from: step.seq, to: undefined });
}

function withRecord(directory: Directory, device: DirectoryDevice): Directory {
  return { ...directory, devices: { ...directory.devices, [device.facts.id]: device } };
}

function withInvitation(directory: Directory, invitation: DirectoryInvitation): Directory {
  return { ...directory, invitations: { ...directory.invitations, [invitation.id]: invitation } };
}
