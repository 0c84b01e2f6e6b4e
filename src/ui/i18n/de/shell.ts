const messages = (count: number) => (count === 1 ? '1 Nachricht' : `${count} Nachrichten`);
const wait = (count: number) => (count === 1 ? 'wartet' : 'warten');

export const shell = {
  skip: 'Zum Inhalt springen',
  places: 'Bereiche',
  arms: (town: string) => `Wappen: ${town}`,
  conversations: 'Unterhal\u00adtungen',
  me: 'Ich',
  list: 'Liste',
  content: 'Inhalt',
  search: 'Suchen',
  searchKey: (key: string) => `Suchen (${key})`,
  compose: 'Schreiben',
  newConversation: 'Neue Unterhaltung',
  unreadBadge: (count: number) => `${count} ungelesen`,
  status: {
    label: 'Verbindung',
    offline: 'Kein Netz',
    offlineWaiting: (count: number) => `Kein Netz – ${messages(count)} ${wait(count)}`,
    connecting: 'Verbindung wird aufgebaut',
    connectingWaiting: (count: number) => `Verbindung wird aufgebaut – ${messages(count)} ${wait(count)}`,
    handingOver: (count: number) => `${messages(count)} ${count === 1 ? 'wird' : 'werden'} übergeben`,
    show: 'Anzeigen',
    storageFull: 'Speicher voll – neue Nachrichten lassen sich nicht speichern',
    storageFailed: 'Der Speicher antwortet nicht – neue Nachrichten lassen sich gerade nicht speichern',
    engineStuck: 'Depesche kommt gerade nicht weiter – Nachrichten gehen verspätet ein und hinaus',
    copied:
      'Eine Kopie dieses Geräts ist an seine Stelle getreten – hier geht nichts mehr ein und nichts hinaus',
    notAdmitted: 'Der Server lässt dieses Gerät nicht mehr zu – Neues kommt hier nicht an',
    relayStorage: 'Der Server ist voll – Nachrichten bleiben vorerst auf diesem Gerät',
    clockWrong: 'Die Uhr dieses Geräts und die des Servers gehen auseinander',
    versionTooOld: 'Diese Version ist zu alt – bitte App aktualisieren',
    relayChanged: 'Der Server ist neu und kennt Ihre Nachrichten nicht – die Betreuung muss ihn bestätigen',
    townDiffers: 'Das Verzeichnis der Stadt ist hier womöglich ein anderes als bei den anderen',
  },
  queue: {
    title: 'Verbindung',
    lead: 'Diese Nachrichten sind auf diesem Gerät gespeichert. Sie gehen von selbst hinaus, sobald es möglich ist.',
    empty: 'Es wartet nichts',
    emptyText: 'Alles, was Sie geschrieben haben, ist übergeben.',
    online: 'Verbunden.',
    offlineSince: (time: string) => `Kein Netz seit ${time}.`,
    connectingSince: (time: string) => `Verbindung wird aufgebaut seit ${time}.`,
    nextTry: (time: string) => `Nächster Versuch um ${time}.`,
    trying: 'Wird versucht …',
    waitsSince: (time: string) => `seit ${time}`,
    withdraw: 'Zurückziehen',
    open: 'Unterhaltung öffnen',
    forNetwork: 'wartet auf Netz',
    forSetup: 'wartet, bis die Einrichtung fertig ist',
    forOthers: 'wartet auf ein anderes Gerät',
    forTurn: 'wird gleich übergeben',
    help: {
      storageFull:
        'Löschen Sie Fotos oder Apps, die Sie nicht brauchen. Was hier als gespeichert steht, bleibt erhalten.',
      storageFailed:
        'Es wird weiter versucht. Bleibt es dabei, schließen Sie andere Fenster von Depesche und laden Sie die Seite neu. Was hier als gespeichert steht, bleibt erhalten.',
      engineStuck:
        'Etwas, das hier eingegangen ist, lässt sich nicht verarbeiten. Depesche versucht es in größeren Abständen von selbst weiter. Sie können lesen und schreiben, und was hier als gespeichert steht, bleibt erhalten. Bleibt es dabei, sagen Sie bitte der Person Bescheid, die Depesche in Ihrer Stadt betreut.',
      copied:
        'Dieselben Daten laufen auf einem zweiten Gerät. Waren Sie das nicht selbst, lassen Sie das Gerät bitte sofort sperren. Wollen Sie hier weiterarbeiten, lassen Sie sich neu einladen. Was auf diesem Gerät steht, bleibt lesbar.',
      notAdmitted:
        'Vielleicht wurde es gesperrt. Fragen Sie bitte die Person, die Depesche in Ihrer Stadt betreut. Was auf diesem Gerät steht, bleibt lesbar.',
      relayStorage:
        'Sagen Sie bitte der Person Bescheid, die Depesche in Ihrer Stadt betreut. Ihre Nachrichten gehen hinaus, sobald wieder Platz ist.',
      clockWrong: 'Stellen Sie Datum und Uhrzeit in den Einstellungen des Geräts auf „automatisch“.',
      versionTooOld:
        'Schließen Sie Depesche ganz und öffnen Sie es mit Netz neu. Ihre Nachrichten bleiben erhalten.',
      relayChanged:
        'Sagen Sie bitte der Person Bescheid, die Depesche in Ihrer Stadt betreut. Ihre Nachrichten sind auf diesem Gerät sicher.',
      townDiffers:
        'Der Server hat nicht allen dasselbe gezeigt, oder ein Eintrag war nicht lesbar. Sagen Sie bitte der Person Bescheid, die Depesche in Ihrer Stadt betreut. Sie können weiterarbeiten.',
    },
  },
  ended: {
    title: (town: string) => `Dieses Gerät gehört nicht mehr zu ${town}`,
    text: 'Der Zugang wurde beendet. Neue Nachrichten kommen hier nicht mehr an, und es lässt sich nichts mehr senden.',
    waiting: 'Das wurde nicht mehr übergeben:',
    what: 'Ist das ein Versehen? Dann lassen Sie sich neu einladen.',
    erase: 'Alles von diesem Gerät löschen',
    eraseConfirm: 'Wirklich alles löschen?',
    eraseText:
      'Alle Nachrichten, Entwürfe und Schlüssel auf diesem Gerät werden gelöscht. Das lässt sich nicht rückgängig machen.',
    erasing: 'Wird gelöscht …',
  },
  detailsEmpty: {
    title: 'Wählen Sie eine Unterhaltung',
    text: 'Mit den Pfeiltasten blättern Sie durch die Liste. Ganz schnell geht es mit der Suche.',
  },
};
