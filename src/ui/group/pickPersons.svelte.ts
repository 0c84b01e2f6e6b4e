/** Choosing people from the directory on this device. */
import { SvelteSet } from 'svelte/reactivity';
import type { PersonId } from '../../domain/ids';
import type { PersonView } from '../../engine/views';
import { foldText } from '../search/foldText';
import { rank } from '../search/findTargets';

export class PickPersons {
  query = $state('');
  readonly #chosen = new SvelteSet<PersonId>();
  readonly #all: () => readonly PersonView[];
  readonly #locale: () => string;

  /** `all` answers who can be chosen at all; what is shown follows it. */
  constructor(all: () => readonly PersonView[], locale: () => string) {
    this.#all = all;
    this.#locale = locale;
  }

  get candidates(): readonly PersonView[] {
    return sortPersons(this.#all(), this.#locale());
  }
  /** Those that fit what was typed, in the order of names. */
  get matches(): readonly PersonView[] {
    const words = foldText(this.query).split(/\s+/).filter(Boolean);
    return words.length === 0
      ? this.candidates
      : this.candidates.filter((x) => rank(words, foldText(x.name)) !== undefined);
  }
  /** Somebody who left meanwhile is no longer among them. */
  get chosen(): readonly PersonView[] {
    return this.candidates.filter((person) => this.#chosen.has(person.id));
  }

  isChosen(person: PersonId): boolean {
    return this.#chosen.has(person);
  }
  toggle(person: PersonId): void {
    if (!this.#chosen.delete(person)) this.#chosen.add(person);
  }
  clear(): void {
    this.#chosen.clear();
    this.query = '';
  }
}

export function sortPersons<Person extends { readonly name: string }>(
  persons: readonly Person[],
  locale: string,
): readonly Person[] {
  const collator = new Intl.Collator(locale, { sensitivity: 'base' });
  return [...persons].sort((a, b) => collator.compare(a.name, b.name));
}
