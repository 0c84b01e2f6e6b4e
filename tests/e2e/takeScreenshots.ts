/**
 * Draws the pictures of the README from a real town: `npm run build && npx tsx tests/e2e/takeScreenshots.ts`.
 * Needs Chromium; writes docs/images/phone.png and docs/images/desktop.png.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Staff } from '../helpers/staff';
import { BrowserTown } from '../helpers/town';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const LEAD = 'Jana Feldhaus';
const PATROL = 'Murat Yıldız';
const YARD = 'Petra Lohmann';
const PRESS = 'Sven Krüger';
const GROUP = 'Ordnungsamt Frühschicht';

await mkdir(IMAGES, { recursive: true });
const town = await BrowserTown.of('Stadt Musterberg', [
  { name: LEAD, device: 'desktop' },
  { name: PATROL, device: 'phone' },
  { name: YARD, device: 'desktop' },
  { name: PRESS, device: 'desktop' },
]);
try {
  await furnish(town.staff as [Staff, Staff, Staff, Staff]);
} finally {
  await town.close();
}

async function furnish([lead, patrol, yard, press]: [Staff, Staff, Staff, Staff]): Promise<void> {
  await press.createGroup('Stadtfest Vorbereitung', [LEAD, YARD]);
  await press.write('Die Bühne kommt am Donnerstag um sieben. Wer öffnet die Zufahrt am Markt?');
  await yard.createGroup('Winterdienst', [LEAD, PATROL]);
  await yard.write('Streuplan für heute Nacht steht auf der Tafel.');
  await yard.openDirect(LEAD);
  await yard.write('Wagen 3 ist wieder da, der Schlüssel hängt im Büro.');
  await press.openDirect(LEAD);
  await press.write('Darf ich die Sperrung schon melden?');
  await lead.openConversation(PRESS);
  await lead.write('Ja, ab sofort. Danke fürs Nachfragen!');
  await lead.createGroup(GROUP, [PATROL, YARD]);
  await lead.write('Guten Morgen zusammen. Bahnhofstraße bleibt bis Freitag gesperrt.');
  await patrol.openConversation(GROUP);
  await patrol.write('Bin am Markt. Am Brunnen liegt Glas, ich sperre ab.');
  await yard.openConversation(GROUP);
  await yard.sees('Bin am Markt. Am Brunnen liegt Glas, ich sperre ab.');
  await yard.write('Kehrmaschine ist in zehn Minuten bei dir.');
  await patrol.sees('Kehrmaschine ist in zehn Minuten bei dir.');
  await patrol.write('Danke! Falschparker vor der Feuerwehrzufahrt, Halterabfrage läuft.');
  await lead.openConversation(GROUP);
  await lead.sees('Danke! Falschparker vor der Feuerwehrzufahrt, Halterabfrage läuft.');
  await lead.write('Bitte vor dem Abschleppen noch einmal klingeln, die Person wohnt im Haus.');
  for (const staff of [patrol, yard])
    await staff.sees('Bitte vor dem Abschleppen noch einmal klingeln, die Person wohnt im Haus.');
  await lead
    .message('Bitte vor dem Abschleppen noch einmal klingeln, die Person wohnt im Haus.')
    .filter({ hasText: 'gelesen' })
    .waitFor();
  await patrol.goOffline();
  await patrol.write('Erledigt, Fahrzeug ist weg. Fahre jetzt in den Wald, dort ist kein Netz.');
  await patrol.page.getByText('wartet auf Netz').waitFor();
  await patrol.text(/^Kein Netz/).waitFor();
  await patrol.page.screenshot({ path: `${IMAGES}phone.png` });
  await lead.composer(GROUP).fill('');
  await lead.page.screenshot({ path: `${IMAGES}desktop.png` });
}
