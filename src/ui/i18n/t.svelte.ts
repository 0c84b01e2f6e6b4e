/**
 * The one place a component gets its words from: `t().list.title`, `t().list.waits(3)`. Reads are
 * reactive, so a change of language repaints. German is always there; English is fetched when chosen.
 */
import { de, type Messages } from './de';

export type Language = 'de' | 'en';

let messages = $state.raw<Messages>(de);
let language = $state<Language>('de');

export function t(): Messages {
  return messages;
}

export function currentLanguage(): Language {
  return language;
}

/** For Intl: dates and collation. */
export function currentLocale(): string {
  return language === 'de' ? 'de-DE' : 'en-GB';
}

export async function setLanguage(next: Language): Promise<void> {
  messages = next === 'de' ? de : (await import('./en')).en;
  language = next;
  document.documentElement.lang = next;
}

/** German unless this browser asks for English and for no German before it. */
export function languageFor(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    if (/^de\b/i.test(tag)) return 'de';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'de';
}
