/**
 * What the operator reads on the console: German first, English behind it, one line each.
 * Everything for machines goes to stderr as JSON instead.
 */
import { renderUnicodeCompact } from 'uqr';
import { help } from './help.mjs';

export const messages = {
  runsAt: (address: string) => `Depesche läuft auf ${address}   (is running)`,
  setUp: (link: string, qr: string) =>
    [
      '',
      'Noch keine Stadt eingerichtet. Dieser Link gilt einmal, bis zum nächsten Start:',
      '(No town yet. This link works once, until the next start.)',
      'War hier schon eine Stadt: Jemand aus ihrer Betreuung öffnet ihn in der App dieser Stadt und setzt sie hier fort.',
      '(If a town was here before, an admin opens it in the existing app and continues the town here.)',
      '',
      `  ${link}`,
      '',
      qr,
    ].join('\n'),
  newAdminLink: (link: string, qr: string) =>
    [
      'Neuer einmaliger Link für die Betreuung der Stadt; bestehende Zugänge bleiben gültig:',
      '(New one-time link for an admin; passes that exist stay valid.)',
      '',
      `  ${link}`,
      '',
      qr,
    ].join('\n'),
  stopping: () => 'Depesche wird beendet …   (stopping)',
  backedUp: (folder: string) => `Sicherung geschrieben: ${folder}   (backup written)`,
  restored: (folder: string, link: string, qr: string) =>
    [
      `Sicherung eingespielt in ${folder}.   (Backup restored.)`,
      'Haben die Geräte mehr als diese Sicherung, warten sie auf die Betreuung. Jemand von ihr öffnet diesen Link, einmal,',
      'in der App der Stadt (nicht in einem leeren Browser) und setzt die Stadt auf diesem Server fort:',
      '(Where devices have more than this backup, an admin opens this one-time link in the existing app.)',
      '',
      `  ${link}`,
      '',
      qr,
    ].join('\n'),
  badOption: (what: string) => `Depesche: ${what}`,
  folderInUse: (folder: string) =>
    `Depesche: In ${folder} arbeitet schon ein anderes Relay.   (Another relay uses this folder.)`,
  newerSchema: (found: number, known: number) =>
    `Depesche: Die Datenbank stammt von einer neueren Version (Schema ${String(found)}, diese kennt ${String(known)}). ` +
    'Nichts wurde verändert; bitte die neuere Version starten.   (Database of a newer version; nothing was changed.)',
  unreadable: (detail: string) =>
    `Depesche: Die Datenbank lässt sich nicht öffnen: ${detail}   (cannot open the database)`,
  portTaken: (port: number) => `Depesche: Port ${String(port)} ist belegt.   (port is in use)`,
  exists: (what: string) =>
    `Depesche: ${what} gibt es schon; nichts wurde überschrieben.   (exists, not overwritten)`,
  damagedBackup: (detail: string) =>
    `Depesche: Die Sicherung ist beschädigt (${detail}); nichts wurde verändert.   (damaged backup, nothing changed)`,
  noDatabase: (folder: string) => `Depesche: In ${folder} liegt keine Datenbank.   (no database there)`,
  help: () => help,
};

/** A QR code for terminals, two modules per character; dark on light whatever the terminal's colours. */
export function qrForTerminal(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}
