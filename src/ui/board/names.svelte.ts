/** Names of people in a sentence, as this device knows them. */
import type { PersonId } from '../../domain/ids';
import { currentLocale, t } from '../i18n/t.svelte';
import type { App } from '../state/app.svelte';

export function namesOf(app: App, persons: readonly PersonId[]): string {
  const names = new Map(app.directory.current?.persons.map((person) => [person.id, person.name]));
  const known = persons.map((person) => names.get(person) ?? t().common.someone);
  return new Intl.ListFormat(currentLocale(), { type: 'conjunction' }).format([...new Set(known)]);
}
