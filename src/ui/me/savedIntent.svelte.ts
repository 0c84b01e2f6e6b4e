/**
 * One thing the person asked for: busy until it is durable in the vault, then saved or not. Shared by
 * the pages that change something, so that none of them says "gespeichert" too early.
 */
import type { AppClient, SaveFailure } from '../../engine/client';
import type { Intent } from '../../engine/intents';
import type { Result } from '../../lib/result';

export type SaveProblem = SaveFailure['type'];

export class SavedIntent {
  #isBusy = $state(false);
  #problem = $state<SaveProblem>();
  readonly #client: Pick<AppClient, 'intend'>;

  constructor(client: Pick<AppClient, 'intend'>) {
    this.#client = client;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }
  get problem(): SaveProblem | undefined {
    return this.#problem;
  }

  /** True once it is durable. */
  async intend(intent: Intent): Promise<boolean> {
    return (await this.track(this.#client.intend(intent))) !== undefined;
  }

  /** The value once it is durable; undefined when nothing was saved. */
  async track<T>(saving: Promise<Result<T, SaveFailure>>): Promise<{ readonly value: T } | undefined> {
    this.#isBusy = true;
    const saved = await saving;
    this.#isBusy = false;
    this.#problem = saved.ok ? undefined : saved.error.type;
    return saved.ok ? { value: saved.value } : undefined;
  }
}
