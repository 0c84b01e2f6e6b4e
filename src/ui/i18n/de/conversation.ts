const persons = (count: number) => (count === 1 ? '1 Person' : `${count} Personen`);

/** `by` is a name, or „Sie“; verbs agree with both through `isMe`. */
export const conversation = {
  /** Title of the page, without whose it is. */
  page: 'Unterhaltung',
  history: 'Verlauf',
  historyKeys: 'Pfeiltasten führen von Nachricht zu Nachricht, Eingabe öffnet das Menü dazu.',
  announcements: 'Neue Nachrichten',
  members: (count: number) => (count === 1 ? '1 Mitglied' : `${count} Mitglieder`),
  direct: 'Unterhaltung zu zweit',
  details: 'Details',
  showDetails: 'Details daneben zeigen',
  hideDetails: 'Details schließen',
  board: 'Tafel',
  goneTitle: 'Diese Unterhaltung gibt es hier nicht',
  goneText:
    'Zu dieser Adresse liegt auf diesem Gerät keine Unterhaltung. Adressen gelten nur auf dem Gerät, auf dem sie entstanden sind: Ein Lesezeichen von einem anderen Gerät führt hier ins Leere. Ihre Unterhaltungen sind unverändert da.',
  empty: 'Noch keine Nachrichten. Schreiben Sie die erste.',
  olderLoading: 'Ältere Nachrichten werden geladen …',
  beginning: 'Hier beginnt die Unterhaltung.',
  unreadLine: 'Ungelesen',
  jump: 'Zum Ende',
  jumpUnread: (count: number) => (count === 1 ? '1 neue Nachricht' : `${count} neue Nachrichten`),
  said: (name: string, text: string) => `${name}: ${text}`,
  youSaid: 'Ihre Nachricht',
  notMember: 'Sie gehören nicht mehr zu dieser Unterhaltung. Was bis dahin geschrieben wurde, bleibt lesbar.',
  back: {
    title: 'Wird wieder eingerichtet',
    safe: 'Dieses Gerät hat in dieser Unterhaltung den Anschluss verloren. Was Sie schreiben, ist gespeichert und geht danach von selbst hinaus.',
    waitsFor: {
      network: 'Es wartet auf eine Verbindung.',
      town: 'Zuerst wird Ihre Stadt wieder eingerichtet, danach diese Unterhaltung.',
      colleague: 'Es wartet, bis ein Gerät aus dieser Unterhaltung online ist.',
    },
    since: (time: string) => `Angefangen: ${time}.`,
    copied: {
      title: 'Eine Kopie dieses Geräts ist an seine Stelle getreten',
      text: 'Dieselben Daten laufen auf einem zweiten Gerät. Hier geht nichts mehr hinaus und nichts mehr ein. Waren Sie das nicht selbst, lassen Sie das Gerät bitte sofort sperren.',
    },
  },
  trouble: {
    catchingUp: 'Ältere Nachrichten werden noch geholt.',
    gap: 'Einige Nachrichten fehlen auf diesem Gerät. Die übrigen sind vollständig.',
    forked:
      'Der Server zeigt nicht allen dasselbe. Sagen Sie bitte der Person Bescheid, die Depesche betreut.',
    reentry:
      'Dieses Gerät wird wieder aufgenommen. Was Sie schreiben, ist gespeichert und geht danach hinaus.',
    full: 'Diese Unterhaltung ist auf dem Server voll. Was Sie schreiben, bleibt auf diesem Gerät gespeichert. Sagen Sie bitte der Person Bescheid, die Depesche betreut.',
    closed:
      'Diese Unterhaltung ist geschlossen. Sie nimmt nichts mehr an. Was Sie schreiben, bleibt auf diesem Gerät gespeichert.',
    forbidden:
      'Der Server nimmt von diesem Gerät gerade nichts an. Was Sie schreiben, bleibt gespeichert. Depesche fragt von selbst wieder nach.',
    tooLarge: 'Eine Änderung war zu groß und wurde nicht gesendet. Bitte teilen Sie sie auf.',
  },
  unknown: 'Diese Nachricht kann diese Version nicht zeigen. Bitte App aktualisieren.',
  gap: {
    missing: (count: number) =>
      count === 1 ? '1 Nachricht fehlt auf diesem Gerät.' : `${count} Nachrichten fehlen auf diesem Gerät.`,
    unreadable: (count: number) =>
      count === 1
        ? '1 Nachricht lässt sich auf diesem Gerät nicht lesen.'
        : `${count} Nachrichten lassen sich auf diesem Gerät nicht lesen.`,
    forked: (count: number) =>
      count === 1
        ? '1 Nachricht gehört zu einem anderen Verlauf und wird nicht gezeigt.'
        : `${count} Nachrichten gehören zu einem anderen Verlauf und werden nicht gezeigt.`,
  },
  state: {
    saving: 'wird gespeichert …',
    saved: 'gespeichert',
    waitsNetwork: 'wartet auf Netz',
    waitsSetup: 'wartet auf Einrichtung',
    waitsOthers: 'wartet auf ein anderes Gerät',
    handedOver: 'übergeben',
    delivered: 'zugestellt',
    read: 'gelesen',
    failed: 'nicht gesendet',
    since: (time: string) => `seit ${time}`,
  },
  writtenAt: (time: string) => `geschrieben ${time}`,
  message: {
    menu: 'Nachricht',
    copy: 'Text kopieren',
    copied: 'Text kopiert.',
    withdraw: 'Zurückziehen',
    withdrawn: 'Nachricht zurückgezogen.',
    toDraft: 'Weiterschreiben',
    asBlock: 'Als Textbaustein merken',
    tooLate: 'Die Nachricht ist schon übergeben.',
  },
  composer: {
    label: (title: string) => `Nachricht an ${title}`,
    placeholder: 'Nachricht',
    send: 'Senden',
    blocks: 'Textbausteine',
    keepAsBlock: 'Diesen Text als Baustein merken',
    manageBlocks: 'Bausteine bearbeiten',
    draftSaved: 'Entwurf gespeichert',
    tooLong: 'Der Text ist zu lang für eine Nachricht. Teilen Sie ihn bitte auf.',
    draftFull:
      'Speicher voll: Was Sie gerade schreiben, ist noch nicht gespeichert. Lassen Sie diese Seite offen und geben Sie Platz frei. Alles Frühere bleibt gespeichert.',
    draftFailed:
      'Was Sie gerade schreiben, ließ sich noch nicht speichern. Lassen Sie diese Seite offen, es wird weiter versucht.',
    full: 'Nicht gesendet: Der Speicher dieses Geräts ist voll. Ihr Text steht noch im Feld. Geben Sie Platz frei und senden Sie ihn dann noch einmal.',
    failed:
      'Nicht gesendet: Der Text ließ sich nicht speichern. Er steht noch im Feld. Bitte senden Sie ihn noch einmal.',
  },
  blocks: {
    title: 'Textbausteine',
    lead: 'Kurze Texte, die Sie öfter brauchen. Sie bleiben auf diesem Gerät.',
    empty: 'Noch keine Bausteine.',
    new: 'Neuer Baustein',
    add: 'Hinzufügen',
    remove: (text: string) => `„${text}“ entfernen`,
    kept: 'Als Textbaustein gemerkt.',
    removed: 'Baustein entfernt.',
  },
  system: {
    founded: (by: string, isMe: boolean) => `${by} ${isMe ? 'haben' : 'hat'} die Unterhaltung begonnen`,
    renamed: (by: string, isMe: boolean, title: string) =>
      `${by} ${isMe ? 'haben' : 'hat'} die Unterhaltung „${title}“ genannt`,
    added: (by: string, isMe: boolean, names: string) =>
      `${by} ${isMe ? 'haben' : 'hat'} ${names} hinzugefügt`,
    removed: (by: string, isMe: boolean, names: string) =>
      `${by} ${isMe ? 'haben' : 'hat'} ${names} entfernt`,
    left: (by: string, isMe: boolean) => `${by} ${isMe ? 'haben' : 'hat'} die Unterhaltung verlassen`,
    boardChanged: (by: string, isMe: boolean) => `${by} ${isMe ? 'haben' : 'hat'} die Tafel geändert`,
    continued: 'Weiter auf einem neuen Server',
    beginsHere: 'Die Gruppe beginnt hier.',
    historyFromHere: 'Ab hier können Sie mitlesen. Früheres ist auf diesem Gerät nicht vorhanden.',
    /** „Sie“ als Objekt bleibt „Sie“. */
    youObject: 'Sie',
    andMore: (names: string, more: number) => `${names} und ${persons(more)}`,
  },
};
