export const pwa = {
  update: {
    title: 'Neue Fassung bereit',
    ready: 'Der Wechsel dauert einen Augenblick. Ihre Entwürfe bleiben.',
    switchNow: 'Jetzt wechseln',
    later: 'Später',
    switching: 'Die neue Fassung wird geöffnet …',
    unsaved:
      'Ein Entwurf ließ sich nicht speichern, deshalb wurde nicht gewechselt. Kopieren Sie Ihren Text oder schaffen Sie Platz, dann versuchen Sie es noch einmal.',
    tryAgain: 'Noch einmal versuchen',
  },
};
