/** How this device wants to be shown: no secrets, so it may live outside the vault and be there before it. */
import { languageFor, setLanguage, type Language } from '../i18n/t.svelte';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'depesche.ansicht';

export class Preferences {
  #theme = $state<Theme>('system');
  #language = $state<Language>('de');
  #showsDetails = $state(false);
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;

  constructor(
    storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
    preferredLanguages: readonly string[],
  ) {
    this.#storage = storage;
    const [theme, language, details] = (read(storage) ?? '').split(' ');
    this.#showsDetails = details === 'details';
    if (theme === 'light' || theme === 'dark') this.#theme = theme;
    this.#language = language === 'de' || language === 'en' ? language : languageFor(preferredLanguages);
  }

  get theme(): Theme {
    return this.#theme;
  }
  get language(): Language {
    return this.#language;
  }
  /** The column beside a conversation, where the window is wide enough. */
  get showsDetails(): boolean {
    return this.#showsDetails;
  }

  /** Before the first paint, so that nothing flickers. */
  async apply(): Promise<void> {
    this.#paint();
    await setLanguage(this.#language);
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#keep();
    this.#paint();
  }

  showDetails(shows: boolean): void {
    this.#showsDetails = shows;
    this.#keep();
  }

  async setLanguage(language: Language): Promise<void> {
    this.#language = language;
    this.#keep();
    await setLanguage(language);
  }

  #paint(): void {
    if (this.#theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.#theme;
  }

  #keep(): void {
    try {
      this.#storage?.setItem(
        storageKey,
        `${this.#theme} ${this.#language}${this.#showsDetails ? ' details' : ''}`,
      );
    } catch {
      // Full or forbidden: the choice holds until the page is closed.
    }
  }
}

function read(storage: Pick<Storage, 'getItem'> | undefined): string | undefined {
  try {
    return storage?.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}
