export const setup = {
  welcome: {
    title: 'Willkommen bei Depesche',
    lead: 'Der Messenger Ihrer Stadt. Schreiben Sie mit Kolleginnen und Kollegen – auch dort, wo kein Netz ist.',
    points: [
      {
        title: 'Ohne Telefonnummer',
        text: 'Sie brauchen nur eine Einladung und Ihren Namen. Keine E-Mail-Adresse, kein Passwort.',
      },
      {
        title: 'Auch ohne Netz',
        text: 'Alles liegt auf diesem Gerät. Was Sie schreiben, geht raus, sobald wieder Netz da ist.',
      },
      {
        title: 'Nur für die, denen Sie schreiben',
        text: 'Nachrichten sind verschlüsselt. Auch der Server kann sie nicht lesen.',
      },
    ],
    haveInvitation: 'Einladung eingeben',
    scan: 'Einladung scannen',
    foundHint:
      'Sie richten Depesche für Ihre Stadt ein? Öffnen Sie den Link, den der Server beim ersten Start ausgegeben hat, oder fügen Sie ihn hier ein.',
    noInvitation: 'Noch keine Einladung? Fragen Sie in Ihrer Verwaltung nach, wer Depesche betreut.',
  },
  enter: {
    title: 'Einladung eingeben',
    lead: 'Sie haben einen Link bekommen oder sehen einen QR-Code auf einem anderen Bildschirm.',
    field: 'Link',
    placeholder: 'https://…',
    paste: 'Einfügen',
    continue: 'Weiter',
    orScan: 'QR-Code scannen',
    pasteRefused:
      'Der Browser hat das Einfügen nicht erlaubt. Tippen Sie lange in das Feld und wählen Sie „Einfügen“.',
  },
  scan: {
    title: 'QR-Code scannen',
    lead: 'Halten Sie die Kamera auf den QR-Code der Einladung.',
    video: 'Bild der Kamera',
    starting: 'Kamera wird gestartet …',
    looking: 'Suche nach einem QR-Code …',
    readingPicture: 'Foto wird gelesen …',
    found: 'Einladung erkannt.',
    refused: {
      title: 'Die Kamera ist für diese Seite nicht freigegeben',
      text: 'Erlauben Sie die Kamera in den Einstellungen des Browsers und versuchen Sie es noch einmal. Oder wählen Sie ein Foto des QR-Codes aus.',
    },
    noCamera: {
      title: 'An diesem Gerät ist keine Kamera',
      text: 'Wählen Sie ein Foto des QR-Codes aus oder fügen Sie den Link ein.',
    },
    cameraBusy: {
      title: 'Die Kamera wird gerade benutzt',
      text: 'Schließen Sie andere Apps, die die Kamera benutzen, und versuchen Sie es noch einmal.',
    },
    noReader: {
      title: 'Das Lesen von QR-Codes konnte nicht geladen werden',
      text: 'Dafür ist einmal eine Verbindung nötig. Prüfen Sie das Netz und versuchen Sie es noch einmal, oder fügen Sie den Link ein.',
    },
    nothingInPicture: {
      title: 'Auf dem Foto ist keine Einladung zu erkennen',
      text: 'Der QR-Code muss ganz zu sehen und scharf sein. Wählen Sie ein anderes Foto aus.',
    },
    notOurs: 'Das ist ein QR-Code, aber keine Einladung zu Depesche.',
    retry: 'Kamera noch einmal starten',
    choosePicture: 'Foto auswählen',
    enterLink: 'Link eingeben',
  },
  link: {
    none: {
      title: 'Das ist keine Einladung',
      text: 'Der Text enthält keinen Link zu Depesche. Kopieren Sie den ganzen Link aus der Nachricht, die Sie bekommen haben.',
    },
    damaged: {
      title: 'Der Link ist unvollständig',
      text: 'Beim Kopieren ging ein Teil verloren. Kopieren Sie den ganzen Link noch einmal oder scannen Sie den QR-Code.',
    },
    expired: {
      title: 'Die Einladung ist abgelaufen',
      text: 'Auf diesem Gerät wurde nichts verändert. Bitten Sie um eine neue Einladung.',
    },
    foreign: {
      title: 'Die Einladung gehört zu einem anderen Server',
      text: 'Öffnen Sie den Link direkt im Browser, dann kommen Sie zur richtigen Seite.',
    },
  },
  found: {
    title: 'Stadt einrichten',
    lead: 'Sie sind die erste Person hier. Danach laden Sie die anderen ein.',
    townName: 'Name der Stadt oder Verwaltung',
    townHint: 'So sehen ihn alle, zum Beispiel „Stadt Siegburg“.',
    ownName: 'Ihr Name',
    ownHint: 'Vor- und Nachname, wie Kolleginnen und Kollegen Sie kennen.',
    submit: 'Stadt einrichten',
    role: 'Sie können Personen einladen, Geräte sperren und weitere Personen dafür benennen.',
  },
  join: {
    title: 'Beitreten',
    lead: 'Ihre Einladung ist erkannt. Jetzt fehlt nur noch Ihr Name.',
    ownName: 'Ihr Name',
    ownHint: 'Vor- und Nachname, wie Kolleginnen und Kollegen Sie kennen.',
    submit: 'Beitreten',
    otherLink: 'Andere Einladung verwenden',
    nothingElse: 'Mehr wird nicht gebraucht: keine Telefonnummer, keine E-Mail-Adresse, kein Passwort.',
  },
  missingName: 'Bitte geben Sie Ihren Namen ein.',
  missingTown: 'Bitte geben Sie den Namen der Stadt ein.',
  founding: {
    title: 'Die Stadt wird eingerichtet',
    impossible: 'Einrichten ist nicht möglich',
    steps: ['Verbindung herstellen', 'Einrichtungslink einlösen', 'Verzeichnis anlegen'],
    note: 'Das dauert meist wenige Sekunden. Sie können die App schließen, es geht danach von selbst weiter.',
  },
  joining: {
    title: 'Sie treten bei',
    titleTown: (town: string) => `Sie treten bei: ${town}`,
    impossible: 'Beitreten ist nicht möglich',
    steps: [
      'Verbindung herstellen',
      'Anfrage übergeben',
      'Annahme durch die Betreuung',
      'Unterhaltungen empfangen',
    ],
    noteSent:
      'Ihre Anfrage ist übergeben. Angenommen wird sie, sobald ein Gerät der Betreuung online ist – meist sofort, sonst zum Dienstbeginn.',
    note: 'Sie können die App schließen, es geht danach von selbst weiter.',
    since: (time: string) => `Angefangen: ${time}`,
    cancel: 'Abbrechen',
    cancelled: 'Abgebrochen. Auf diesem Gerät ist nichts zurückgeblieben.',
  },
  held: 'angehalten',
  problem: {
    'no-network': {
      title: 'Kein Netz',
      text: 'Der Server ist gerade nicht zu erreichen.',
      safe: 'Ihre Angaben sind auf diesem Gerät gespeichert.',
      next: 'Es geht von selbst weiter, sobald wieder Netz da ist.',
    },
    'link-used': {
      title: 'Die Einladung wurde schon benutzt',
      text: 'Dieser Link galt nur einmal und ist eingelöst.',
      safe: 'Auf diesem Gerät wurde nichts verändert.',
      next: 'Bitten Sie um eine neue Einladung. Waren Sie das nicht selbst, sagen Sie es der Person, die Sie eingeladen hat.',
    },
    'link-expired': {
      title: 'Die Einladung ist abgelaufen',
      text: 'Sie galt nur bis zu einem bestimmten Tag.',
      safe: 'Auf diesem Gerät wurde nichts verändert.',
      next: 'Bitten Sie um eine neue Einladung.',
    },
    'link-foreign': {
      title: 'Die Einladung passt nicht zu diesem Server',
      text: 'Der Link führt zu einer anderen Stadt als dieser Server.',
      safe: 'Auf diesem Gerät wurde nichts verändert.',
      next: 'Fragen Sie die Person, die Ihnen den Link geschickt hat, nach der richtigen Adresse.',
    },
    'link-damaged': {
      title: 'Der Link ist unvollständig',
      text: 'Beim Kopieren ging ein Teil verloren.',
      safe: 'Auf diesem Gerät wurde nichts verändert.',
      next: 'Kopieren Sie den ganzen Link noch einmal oder scannen Sie den QR-Code.',
    },
    'relay-refused': {
      title: 'Der Server nimmt die Anfrage nicht an',
      text: 'Er hat geantwortet, aber abgelehnt. Vielleicht wird er gerade gewartet.',
      safe: 'Ihre Angaben sind auf diesem Gerät gespeichert.',
      next: 'Versuchen Sie es in einigen Minuten noch einmal. Bleibt es dabei, fragen Sie die Person, die Depesche betreut.',
    },
    storage: {
      title: 'Auf diesem Gerät lässt sich nichts speichern',
      text: 'Der Speicher ist voll, oder der Browser erlaubt es in diesem Fenster nicht.',
      safe: 'Ihre Einladung ist noch gültig, solange sie niemand benutzt.',
      next: 'Schaffen Sie Platz oder öffnen Sie den Link in einem normalen Fenster, dann versuchen Sie es noch einmal.',
    },
  },
  tryAgain: 'Noch einmal versuchen',
  otherInvitation: 'Andere Einladung eingeben',
  setupLinkUsed: {
    title: 'Der Einrichtungslink wurde schon benutzt',
    text: 'Jemand hat mit diesem Link bereits eine Stadt eingerichtet.',
    next: 'Waren Sie das auf einem anderen Gerät, öffnen Sie Depesche dort und laden Sie sich ein. Sonst kann, wer den Server betreibt, einen neuen Link ausgeben.',
  },
  saveProblem: {
    'storage-full':
      'Der Speicher dieses Geräts ist voll. Es wurde nichts gespeichert. Schaffen Sie Platz und versuchen Sie es noch einmal.',
    'storage-failed':
      'Es wurde nichts gespeichert. Laden Sie die Seite neu und versuchen Sie es noch einmal.',
  },
  already: {
    page: 'Einladung',
    title: (town: string) => `Dieses Gerät gehört schon zu „${town}“`,
    text: 'Ein Gerät gehört immer zu genau einer Stadt. Ihre Unterhaltungen sind unverändert.',
    asPerson: (name: string) => `Sie sind hier als ${name} angemeldet.`,
    forSomeoneElse: 'Der Link ist für jemand anderen? Geben Sie ihn weiter. Er wurde nicht eingelöst.',
    open: 'Zu den Unterhaltungen',
  },
  privateWindow: {
    title: 'Dieses Fenster ist möglicherweise privat',
    text: 'Private Fenster vergessen alles, sobald sie geschlossen werden: Unterhaltungen, Ihre Schlüssel und was noch nicht übergeben ist. Die Einladung gilt dann nicht noch einmal. Öffnen Sie den Link besser in einem normalen Fenster.',
  },
  installFirst: {
    title: 'Zuerst zum Home-Bildschirm hinzufügen',
    text: 'Safari löscht nach sieben Tagen ohne Benutzung alles. Eine App auf dem Home-Bildschirm behält es. Sie beginnt leer: Kopieren Sie vorher die Einladung und fügen Sie sie dort ein, oder scannen Sie den QR-Code.',
    copyLink: 'Einladung kopieren',
    copied: 'Einladung kopiert',
    show: 'So geht es',
    later: 'Trotzdem hier beitreten',
  },
};
