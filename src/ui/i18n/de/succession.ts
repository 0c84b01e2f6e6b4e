/** The town goes on at another server: what happened, what is safe, what is waited for. */
export const succession = {
  page: 'Neuer Server',
  notice: {
    title: 'Der Server ist neu',
    happened:
      'Der Server, den dieses Gerät kennt, ist nicht mehr da. An seiner Stelle steht einer, der Ihre Nachrichten nicht oder nicht alle hat.',
    safe: 'Alles, was Sie gelesen und geschrieben haben, ist auf diesem Gerät. Sie können weiter lesen und schreiben. Übergeben wird vorerst nichts.',
    waits:
      'Die Betreuung Ihrer Stadt muss den neuen Server bestätigen. Danach geht es auf allen Geräten von selbst weiter.',
    waitsForOther:
      'Jemand anders aus der Betreuung hat den neuen Server schon bestätigt. Es geht von selbst weiter, sobald dessen Gerät online ist.',
    otherIsLate:
      'Tut sich lange nichts, können Sie den Server mit dem Link noch einmal von hier aus bestätigen.',
  },
  enter: {
    lead: 'Sie gehören zur Betreuung. Wer den Server betreibt, hat einen einmaligen Link bekommen. Fügen Sie ihn hier ein:',
    label: 'Link des neuen Servers',
    submit: 'Weiter',
    damaged:
      'Das ist kein vollständiger Link eines Servers. Er beginnt mit „https://“ und enthält „einrichten“.',
  },
  confirm: {
    title: 'Stadt auf diesem Server fortsetzen',
    lead: (town: string) =>
      `„${town}“ geht auf dem neuen Server weiter, mit allen Personen, Unterhaltungen und Nachrichten, die auf den Geräten noch da sind.`,
    others:
      'Die anderen Geräte folgen von selbst, sobald sie online sind. Lassen Sie Depesche hier bitte so lange offen.',
    only: 'Tun Sie das nur, wenn der alte Server verloren ist oder eine ältere Sicherung eingespielt wurde. Fragen Sie im Zweifel die Person, die den Server betreibt.',
    submit: 'Stadt fortsetzen',
    newTown: 'Eine neue, leere Stadt richten Sie mit diesem Link in einem anderen Browser ein.',
  },
  notAdmin: {
    title: 'Das kann nur die Betreuung der Stadt',
    text: 'Dieser Link bestätigt einen neuen Server. Geben Sie ihn an die Betreuung Ihrer Stadt weiter. Er wurde nicht benutzt.',
  },
  working: {
    title: 'Die Stadt wird fortgesetzt',
    text: 'Das dauert einen Augenblick. Sie können die App schließen, es geht danach von selbst weiter.',
  },
  done: {
    title: 'Weiter auf dem neuen Server',
    text: 'Ihre Unterhaltungen sind da. Die anderen Geräte folgen von selbst. Was nur eines von ihnen hatte, kommt mit ihm zurück.',
    open: 'Zu den Unterhaltungen',
  },
  problem: {
    'no-network':
      'Der Server ist gerade nicht zu erreichen. Es geht von selbst weiter, sobald er es wieder ist.',
    'link-used':
      'Dieser Link gilt nicht mehr. Wer den Server betreibt, kann einen neuen ausgeben. Es wurde nichts verändert.',
    'not-admin': 'Das kann nur die Betreuung der Stadt. Der Link wurde nicht benutzt.',
  },
};
