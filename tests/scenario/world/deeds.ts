/** Carries out what the plan says, as far as it is possible at that moment. */
import { addItem, removeItem, setText, setTitle, toggleItem } from '../../../src/crdt/noticeBoard';
import { seededRandom } from '../../../src/crypto/random';
import type { ConversationSummary, ConversationView } from '../../../src/engine/views';
import { BOARD, BoardSession } from './boardSession';
import { openDocumentChannel } from '../../../src/engine/clientDocument';
import { META } from '../../../src/records/keys';
import type { Identity } from '../../../src/records/logRecords';
import { directoryOf, otherPersons, pick, pickAdmin, someTime, type Deed } from './deedTools';
import { DISASTERS } from './disasters';
import { peek } from './peek';
import type { DeedName, OrdinaryDeed } from './plan';
import type { World } from './world';
import type { WorldDevice } from './worldDevice';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

const ORDINARY: Readonly<Record<OrdinaryDeed, Deed>> = {
  async write(world, { a, b, c }) {
    const device = pick(world.seated(), a);
    const conversation = await pickConversation(device, b);
    if (device === undefined || conversation === undefined) return;
    const count = c % 10 === 0 ? 12 : 1 + (c % 3);
    for (let i = 0; i < count; i++)
      await world.oracle.write(device, conversation.number, c % 31 === 0 ? 11_000 : (c >>> 8) % 300);
  },

  async board(world, { a, b, c }) {
    const device = pick(world.seated(), a);
    const conversation = await pickConversation(device, b);
    if (device === undefined || conversation === undefined) return;
    const board = await boardOf(world, device, conversation.number);
    if (board === undefined) return;
    await board.edit((doc) => {
      const { items, text } = board.board;
      const item = items[(c >>> 4) % Math.max(1, items.length)];
      if (c % 5 === 0) setTitle(doc, `Tafel ${c % 97}`);
      else if (c % 5 === 1) setText(doc, `${text.slice((c >>> 4) % 4)} ${device.name} ${c % 89}`);
      else if (c % 5 === 2 && item !== undefined) toggleItem(doc, item.id, !item.done, device.name);
      else if (c % 5 === 3 && item !== undefined) removeItem(doc, item.id);
      else addItem(doc, `${device.name}-${c}`, `Punkt ${c % 83}`);
    });
  },

  async read(world, { a, b }) {
    const device = pick(world.seated(), a);
    const conversation = await pickConversation(device, b);
    const view = await viewOf(device, conversation?.number);
    if (device === undefined || view === undefined) return;
    await device.client?.intend({ type: 'mark-read', conversation: view.number, upTo: view.lastOrder });
  },

  async cancel(world, { a, b }) {
    const device = pick(world.seated(), a);
    if (device?.client === undefined) return;
    const queue = await peek(device.client, 'observeQueue');
    const item = pick(queue, b);
    if (item?.conversation === undefined) return;
    const { conversation, id } = item;
    world.oracle.mayVanish(item.text);
    await device.client.intend({ type: 'cancel-entry', conversation, entry: id });
  },

  async group(world, { a, b, c }) {
    const device = pick(world.seated(), a);
    const others = await otherPersons(device);
    const persons = others.filter((_, index) => (b >>> index) % 2 === 1);
    if (device?.client === undefined || persons.length === 0) return;
    await device.client.createGroup(`Gruppe ${c % 1_000}`, persons);
  },

  async add(world, { a, b, c }) {
    const { device, view } = await groupAt(world, a, b);
    const others = await otherPersons(device);
    const person = pick(
      others.filter((other) => view?.members.some((member) => member.person === other) === false),
      c,
    );
    if (device?.client === undefined || view === undefined || person === undefined) return;
    await device.client.intend({ type: 'add-members', conversation: view.number, persons: [person] });
  },

  async remove(world, { a, b, c }) {
    const { device, view } = await groupAt(world, a, b);
    const person = pick(view?.members.filter(({ isMe }) => !isMe) ?? [], c)?.person;
    if (device?.client === undefined || view?.canManage !== true || person === undefined) return;
    await device.client.intend({ type: 'remove-members', conversation: view.number, persons: [person] });
  },

  async leave(world, { a, b }) {
    const { device, view } = await groupAt(world, a, b);
    if (device?.client === undefined || view === undefined) return;
    await device.client.intend({ type: 'leave-group', conversation: view.number });
  },

  async title(world, { a, b, c }) {
    const { device, view } = await groupAt(world, a, b);
    if (device?.client === undefined || view === undefined) return;
    await device.client.intend({
      type: 'rename-group',
      conversation: view.number,
      title: `Titel ${c % 1_000}`,
    });
  },

  async direct(world, { a, b }) {
    const device = pick(world.seated(), a);
    const person = pick(await otherPersons(device), b);
    if (device?.client === undefined || person === undefined) return;
    await device.client.openDirect(person);
  },

  async rename(world, { a, c }) {
    const device = pick(world.seated(), a);
    await device?.client?.intend({ type: 'rename-self', name: `${device.name} ${c % 1_000}` });
  },

  async join(world, { a }) {
    if (world.devices.length >= 7) return;
    const admin = await pickAdmin(world, a);
    if (admin?.client === undefined) return;
    const before = (await peek(admin.client, 'observeInvitations')).map(({ link }) => link);
    const expiresAt = admin.now() + 24 * 60 * MINUTE;
    const invited = await admin.client.intend({ type: 'invite', uses: 1, expiresAt });
    if (!invited.ok) return;
    const guest = world.addDevice();
    await guest.open();
    waitForLink(world, admin, guest, new Set(before), 60);
  },

  async 'remove-person'(world, { a, b }) {
    const admin = await pickAdmin(world, a);
    const directory = await directoryOf(admin);
    const person = pick(directory?.persons.filter(({ isActive, isMe }) => isActive && !isMe) ?? [], b);
    // A town of two is no town.
    if (admin?.client === undefined || person === undefined || world.seated().length < 4) return;
    await admin.client.intend({ type: 'remove-person', person: person.id });
  },

  async block(world, { a, b }) {
    const admin = await pickAdmin(world, a);
    const directory = await directoryOf(admin);
    const device = pick(
      directory?.devices.filter(({ isBlocked, isThisDevice }) => !isBlocked && !isThisDevice) ?? [],
      b,
    );
    if (admin?.client === undefined || device === undefined || world.seated().length < 4) return;
    await admin.client.intend({ type: 'block-device', device: device.id });
  },

  async admin(world, { a, b }) {
    const admin = await pickAdmin(world, a);
    const directory = await directoryOf(admin);
    const person = pick(directory?.persons.filter(({ isActive }) => isActive) ?? [], b);
    const isLast = (directory?.persons.filter(({ isAdmin }) => isAdmin).length ?? 0) < 2;
    if (admin?.client === undefined || person === undefined || (person.isAdmin && isLast)) return;
    await admin.client.intend({ type: 'set-admin', person: person.id, isAdmin: !person.isAdmin });
  },

  async offline(world, { a, c }) {
    const device = pick(world.devices, a);
    device?.goOffline();
    world.later(someTime(c), () => device?.goOnline());
  },

  async cut(world, { a }) {
    const device = pick(world.devices, a);
    for (const wire of device?.wires ?? []) wire.cut();
  },

  async silence(world, { a }) {
    const device = pick(world.devices, a);
    for (const wire of device?.wires ?? []) wire.goSilent();
  },

  async 'lost-answer'(world, { a }) {
    const device = pick(world.devices, a);
    for (const wire of device?.wires ?? []) wire.losesNextAnswer = true;
  },

  async crash(world, { a, b, c }) {
    crash(world, pick(world.devices, a), b % 2 === 0 ? 0 : (b >>> 1) % 12, someTime(c));
  },

  async trap(world, { a, b, c }) {
    const device = pick(world.devices, a);
    if (device === undefined) return;
    const when = b % 2 === 0 ? ('before' as const) : ('behind' as const);
    const spring = [
      () => crash(world, device, (b >>> 8) % 6, someTime(c >>> 2)),
      () => {
        device.life?.die();
        world.later(1_000, () => device.startEngine());
      },
      () => {
        device.stealLead();
        world.later(someTime(c >>> 2), () => device.wakeSleepers());
      },
      () => {
        for (const wire of device.wires) wire.cut();
      },
    ][c % 4]!;
    device.setTrap({
      writes: (b >>> 4) % 12,
      when,
      spring: () => {
        device.log(`trap ${when}`);
        spring();
      },
    });
  },

  async steal(world, { a, c }) {
    const device = pick(world.devices, a);
    device?.stealLead();
    world.later(someTime(c), () => device?.wakeSleepers());
  },

  async 'full-disk'(world, { a, c }) {
    const device = pick(world.devices, a);
    if (device === undefined) return;
    device.isDiskFull = true;
    world.later(someTime(c), () => {
      device.isDiskFull = false;
    });
  },

  async clock(world, { a, b, c }) {
    const device = pick(world.devices, a);
    if (device === undefined) return;
    const amount = [MINUTE, 60 * MINUTE, 3 * 24 * 60 * MINUTE, 5 * YEAR][b % 4]!;
    device.skew = c % 2 === 0 ? amount : -amount;
  },

  async 'kill-relay'(world, { c }) {
    world.relay.kill();
    world.later(someTime(c), async () => {
      if (!world.relay.isUp) await world.relay.start();
    });
  },

  async 'full-relay'(world, { c }) {
    world.relay.isFull = true;
    world.later(someTime(c), () => {
      world.relay.isFull = false;
    });
  },
};

export const DEEDS: Readonly<Record<DeedName, Deed>> = { ...ORDINARY, ...DISASTERS };

function crash(world: World, device: WorldDevice | undefined, lose: number, downFor: number): void {
  if (device === undefined || !device.isRunning) return;
  device.crash(lose);
  world.later(downFor, () => device.open());
}

/** The admin reads the link out as soon as it is shown. */
function waitForLink(
  world: World,
  admin: WorldDevice,
  guest: WorldDevice,
  before: ReadonlySet<string>,
  tries: number,
): void {
  world.later(1_000, async () => {
    const views = admin.client === undefined ? [] : await peek(admin.client, 'observeInvitations');
    const link = views.find((view) => !before.has(view.link))?.link;
    if (link === undefined && tries > 0) waitForLink(world, admin, guest, before, tries - 1);
    if (link === undefined || guest.client === undefined) return;
    guest.link = link;
    await guest.client.intend({ type: 'join-town', link, ownName: guest.name });
  });
}

async function pickConversation(
  device: WorldDevice | undefined,
  chance: number,
): Promise<ConversationSummary | undefined> {
  if (device?.client === undefined) return undefined;
  const { conversations } = await peek(device.client, 'observeList');
  const mine = conversations.filter(({ isMember }) => isMember).sort((x, y) => x.number - y.number);
  return pick(mine, chance);
}

async function viewOf(
  device: WorldDevice | undefined,
  number: number | undefined,
): Promise<ConversationView | undefined> {
  if (device?.client === undefined || number === undefined) return undefined;
  const { client } = device;
  return new Promise((resolve) => {
    const stop = client.observeConversation(number, (view) => {
      resolve(view);
      queueMicrotask(() => stop());
    });
  });
}

async function groupAt(
  world: World,
  a: number,
  b: number,
): Promise<{ device: WorldDevice | undefined; view: ConversationView | undefined }> {
  const device = pick(world.seated(), a);
  if (device?.client === undefined) return { device, view: undefined };
  const { conversations } = await peek(device.client, 'observeList');
  const groups = conversations
    .filter(({ isMember, kind }) => isMember && kind === 'group')
    .sort((x, y) => x.number - y.number);
  return { device, view: await viewOf(device, pick(groups, b)?.number) };
}

async function boardOf(world: World, device: WorldDevice, number: number): Promise<BoardSession | undefined> {
  const known = device.boards.get(number);
  if (known?.isOutdated === false) return known;
  known?.close();
  const { records, client } = device;
  if (records === undefined || client === undefined) return undefined;
  const identity = await records.get<Identity>('meta', META.identity);
  if (identity === undefined) return undefined;
  const channel = openDocumentChannel(records, identity.device, number, BOARD, (intent) =>
    client.intend(intent),
  );
  world.boardsOpened += 1;
  const session = seededRandom(`${world.seed}/board/${world.boardsOpened}`).bytes(16);
  const board = await BoardSession.open(channel, session);
  device.boards.set(number, board);
  return board;
}
