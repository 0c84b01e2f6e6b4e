/** One composer per conversation for as long as the page lives, so that leaving and coming back loses nothing. */
import { TEXT_LENGTH } from '../../domain/body';
import type { AppClient } from '../../engine/client';
import type { ConversationNumber } from '../../engine/views';
import { ComposerState } from './composerState.svelte';

export class Composers {
  readonly #client: AppClient;
  readonly #byConversation = new Map<ConversationNumber, ComposerState>();

  constructor(client: AppClient) {
    this.#client = client;
  }

  of(number: ConversationNumber): ComposerState {
    let composer = this.#byConversation.get(number);
    if (!composer) {
      composer = new ComposerState(this.#client, number, TEXT_LENGTH);
      this.#byConversation.set(number, composer);
    }
    return composer;
  }

  /** Puts a withdrawn text back where it can be changed. */
  pickUp(number: ConversationNumber, text: string): void {
    this.of(number).append(text);
  }

  /** Something stands in one of them that the device does not take. */
  get isAtRisk(): boolean {
    return [...this.#byConversation.values()].some((composer) => composer.isAtRisk);
  }

  async flushAll(): Promise<boolean> {
    const results = await Promise.all([...this.#byConversation.values()].map((composer) => composer.flush()));
    return results.every(Boolean);
  }
}
