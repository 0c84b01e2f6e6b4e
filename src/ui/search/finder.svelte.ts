/**
 * Search and jump behind one field: people, conversations and messages as one list of options, with
 * the one that Enter would open.
 */
import type { AppClient } from '../../engine/client';
import type { ConversationSummary, PersonView, SearchHit } from '../../engine/views';
import type { Route } from '../routes';
import { findTargets } from './findTargets';
import { MessageSearch } from './messageSearch.svelte';

export type Target =
  | { readonly kind: 'person'; readonly person: PersonView }
  | { readonly kind: 'conversation'; readonly conversation: ConversationSummary }
  | { readonly kind: 'message'; readonly hit: SearchHit };

export interface Option {
  /** Place in the whole list. */
  readonly index: number;
  readonly key: string;
  readonly target: Target;
}

export interface OptionGroup {
  readonly kind: 'persons' | 'conversations' | 'messages';
  readonly options: readonly Option[];
}

export interface FinderSources {
  readonly client: Pick<AppClient, 'search' | 'openDirect'>;
  readonly persons: () => readonly PersonView[];
  readonly conversations: () => readonly ConversationSummary[];
}

export class Finder {
  readonly messages: MessageSearch;
  readonly #sources: FinderSources;
  #activeIndex = $state(0);

  readonly #targets = $derived.by(() =>
    findTargets(this.query, this.#sources.persons(), this.#sources.conversations()),
  );
  readonly #groups = $derived.by((): readonly OptionGroup[] => {
    let index = 0;
    const options = (targets: readonly (readonly [string, Target])[]) =>
      targets.map(([key, target]) => ({ index: index++, key, target }));
    const groups: readonly OptionGroup[] = [
      {
        kind: 'persons',
        options: options(this.#targets.persons.map((person) => [person.id, { kind: 'person', person }])),
      },
      {
        kind: 'conversations',
        options: options(
          this.#targets.conversations.map((conversation) => [
            `${conversation.number}`,
            { kind: 'conversation', conversation },
          ]),
        ),
      },
      {
        kind: 'messages',
        options: options(
          this.messages.hits.map((hit) => [`${hit.conversation} ${hit.order}`, { kind: 'message', hit }]),
        ),
      },
    ];
    return groups.filter((group) => group.options.length > 0);
  });

  constructor(sources: FinderSources) {
    this.#sources = sources;
    this.messages = new MessageSearch(sources.client);
  }

  get query(): string {
    return this.messages.query;
  }
  set query(typed: string) {
    if (typed === this.messages.query) return;
    this.messages.query = typed;
    this.#activeIndex = 0;
  }
  get groups(): readonly OptionGroup[] {
    return this.#groups;
  }
  get count(): number {
    return this.#groups.reduce((sum, group) => sum + group.options.length, 0);
  }
  /** -1 when there is nothing to open. */
  get activeIndex(): number {
    return Math.min(this.#activeIndex, this.count - 1);
  }

  activate(index: number): void {
    this.#activeIndex = index;
  }
  /** Around the ends. */
  move(by: 1 | -1): void {
    const { count } = this;
    if (count > 0) this.#activeIndex = (this.activeIndex + by + count) % count;
  }

  /** Where the active option leads; undefined when there is none or it could not be opened. */
  async resolve(): Promise<Route | undefined> {
    const target = this.#groups
      .flatMap((group) => group.options)
      .find((option) => option.index === this.activeIndex)?.target;
    switch (target?.kind) {
      case undefined:
        return undefined;
      case 'conversation':
        return { name: 'conversation', number: target.conversation.number };
      case 'message':
        return { name: 'conversation', number: target.hit.conversation, around: target.hit.order };
      case 'person': {
        const opened = await this.#sources.client.openDirect(target.person.id);
        return opened.ok ? { name: 'conversation', number: opened.value } : undefined;
      }
    }
  }

  stop(): void {
    this.messages.stop();
  }
}
