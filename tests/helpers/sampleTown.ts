/** A town's morning in sample data: roles instead of names, texts as staff write them. Seeded, so that pictures repeat. */
import type { EntryId, PersonId } from '../../src/domain/ids';
import type { PersonView, TimelineItem } from '../../src/engine/views';

export const roles = [
  'Einsatzleitung Ordnungsamt',
  'Streife Nord',
  'Streife Süd',
  'Bauhof Disposition',
  'Bereitschaft Bauhof',
  'Hausmeisterei Rathaus',
  'Bürgerbüro Empfang',
  'Pressestelle',
  'Grünflächenpflege',
  'Straßenverkehrsbehörde Sondernutzungen',
  'Gerätewart Feuerwehr',
  'Stadtkasse',
  'Standesamt',
  'Koordination Ehrenamt',
] as const;

const texts = [
  'Guten Morgen zusammen, ich bin ab 6:30 Uhr am Markt.',
  'Am Brunnen liegt Glas. Ich sperre ab und räume gleich auf.',
  'Danke!',
  'Die Absperrung in der Bahnhofstraße steht bis Freitag. Genehmigung liegt vor: https://www.beispielstadt.example/verkehr/sperrungen',
  'Kann jemand den Schlüssel für den Bauhof mitbringen?',
  'Ja, ich habe ihn. Bin in zehn Minuten da.',
  'Falschparker vor der Feuerwehrzufahrt, Kennzeichen habe ich notiert. Halterabfrage läuft.',
  'Bitte vor dem Abschleppen noch einmal klingeln, die Person wohnt im Haus.',
  'Erledigt. Fahrzeug ist weg.',
  'Der Streuplan für heute Nacht:\n– Brücken ab 4 Uhr\n– Schulwege ab 5 Uhr\n– Radwege nach Bedarf',
  'Wer hat am Wochenende Bereitschaft? Ich könnte den Sonntag tauschen.',
  'Ampel Kaiserstraße Ecke Ringstraße fällt wieder aus. Stadtwerke sind informiert, Rückruf unter tel:+49224100000 oder an leitstelle@beispielstadt.example.',
  'Im Bürgerbüro ist heute viel los, die Wartezeit liegt bei etwa 40 Minuten.',
  'Ich übernehme.',
  'Verstanden.',
  'Der Wochenmarkt zieht am 3. Dezember auf den Rathausplatz um, weil die Bühne für das Stadtfest aufgebaut wird. Die Beschickerinnen und Beschicker wissen Bescheid, die Aushänge hängen ab morgen. Wer Rückfragen bekommt: bitte an die Straßenverkehrsbehörde verweisen.',
  'Müllablagerung am Waldparkplatz, etwa zwei Kubikmeter. Wagen 3 fährt nach der Mittagspause hin.',
  'Passt.',
  'Die Verkehrssicherungspflichtüberprüfung der Spielplätze ist für diese Woche abgeschlossen.',
  'Kann ich den Beamer im Sitzungssaal schon abbauen?',
] as const;

export const groups = [
  'Ordnungsamt Frühschicht',
  'Winterdienst',
  'Stadtfest Vorbereitung',
  'Rathaus – Hausmitteilungen',
  'Bauhof Wagen 3',
  'Krisenstab (Übung)',
] as const;

export function hexId<Id extends PersonId | EntryId>(space: number, index: number): Id {
  return (space.toString(16).padStart(4, '0') + index.toString(16).padStart(28, '0')) as Id;
}

export function samplePersons(): readonly PersonView[] {
  return roles.map((name, index) => ({
    id: hexId<PersonId>(1, index),
    name,
    isMe: index === 0,
    isAdmin: index === 0,
    isActive: index !== roles.length - 1,
  }));
}

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface HistoryOptions {
  readonly conversation: number;
  readonly members: readonly PersonView[];
  readonly count: number;
  readonly endsAt: number;
  readonly seed: number;
}

/** `count` items that end at `endsAt`, in runs of one author, with nights between the days. */
export function sampleHistory({
  conversation,
  members,
  count,
  endsAt,
  seed,
}: HistoryOptions): TimelineItem[] {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const items: TimelineItem[] = [];
  let author = pick(members);
  let at = endsAt;
  for (let order = count; order >= 1; order--) {
    if (random() < 0.45) author = pick(members);
    const base = {
      order,
      id: hexId<EntryId>(16 + conversation, order),
      author: author.id,
      authorName: author.name,
      writtenAt: at,
      relayAt: at + 400,
      waitsFor: undefined,
    };
    const isSystem = order === 1 || (order % 97 === 0 && members.length > 2);
    items.push(
      isSystem
        ? {
            ...base,
            isMine: author.isMe,
            state: undefined,
            content: {
              type: 'system',
              event:
                order === 1
                  ? { type: 'founded', by: author.id }
                  : { type: 'added', by: author.id, persons: [pick(members).id] },
            },
          }
        : {
            ...base,
            isMine: author.isMe,
            state: author.isMe ? stateAt(order, count) : undefined,
            content: { type: 'text', text: pick(texts) },
          },
    );
    const gap = random() < 0.6 ? 60_000 * random() * 3 : 60_000 * (5 + random() * 55);
    at -= gap;
    if (new Date(at).getHours() < 6) at -= 8 * 3_600_000;
  }
  return items.reverse();
}

function stateAt(order: number, count: number): TimelineItem['state'] {
  const fromEnd = count - order;
  if (fromEnd < 3) return 'handed-over';
  return fromEnd < 12 ? 'delivered' : 'read';
}
