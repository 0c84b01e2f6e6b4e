/** Installing the app: the browser's own offer, kept until the person asks for it. */
import { installWay, readPlatform, type InstallWay } from './platform';

/** Chromium's `beforeinstallprompt`, which TypeScript's DOM does not know. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>;
}

export class Install {
  #offer = $state.raw<InstallPromptEvent>();
  #way = $state<InstallWay>('none');
  #outcome = $state<'accepted' | 'dismissed'>();

  /** The browser offers it once, early: listen before anything else loads. */
  watch(): () => void {
    this.#way = installWay(readPlatform());
    const keep = (event: Event) => {
      event.preventDefault();
      if (isInstallPrompt(event)) this.#offer = event;
    };
    const done = () => {
      this.#offer = undefined;
      this.#outcome = 'accepted';
    };
    window.addEventListener('beforeinstallprompt', keep);
    window.addEventListener('appinstalled', done);
    return () => {
      window.removeEventListener('beforeinstallprompt', keep);
      window.removeEventListener('appinstalled', done);
    };
  }

  get way(): InstallWay {
    return this.#way;
  }
  get canPrompt(): boolean {
    return this.#offer !== undefined;
  }
  get outcome(): 'accepted' | 'dismissed' | undefined {
    return this.#outcome;
  }

  async prompt(): Promise<void> {
    const offer = this.#offer;
    if (offer === undefined) return;
    // An offer can be used once.
    this.#offer = undefined;
    this.#outcome = (await offer.prompt()).outcome;
  }
}

function isInstallPrompt(event: Event): event is InstallPromptEvent {
  return 'prompt' in event && typeof event.prompt === 'function';
}

/** One per tab. */
export const install = new Install();
