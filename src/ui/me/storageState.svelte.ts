/** Whether the browser has promised to keep everything, and how much it is. */
export type Persistence = 'unknown' | 'asking' | 'persisted' | 'not-persisted' | 'refused' | 'unsupported';

export class StorageState {
  #persistence = $state<Persistence>('unknown');
  #usage = $state<number>();
  #quota = $state<number>();
  readonly #storage: Partial<Pick<StorageManager, 'persist' | 'persisted' | 'estimate'>> | undefined;

  constructor(storage: Partial<Pick<StorageManager, 'persist' | 'persisted' | 'estimate'>> | undefined) {
    this.#storage = storage;
  }

  get persistence(): Persistence {
    return this.#persistence;
  }
  get usage(): number | undefined {
    return this.#usage;
  }
  get quota(): number | undefined {
    return this.#quota;
  }

  async read(): Promise<void> {
    const isPersisted = await quietly(() => this.#storage?.persisted?.());
    this.#persistence =
      isPersisted === undefined || this.#storage?.persist === undefined
        ? 'unsupported'
        : isPersisted
          ? 'persisted'
          : 'not-persisted';
    await this.#measure();
  }

  /** Only from a button: some browsers ask the person. */
  async persist(): Promise<void> {
    this.#persistence = 'asking';
    const isGranted = await quietly(() => this.#storage?.persist?.());
    this.#persistence = isGranted === undefined ? 'unsupported' : isGranted ? 'persisted' : 'refused';
    await this.#measure();
  }

  async #measure(): Promise<void> {
    const estimate = await quietly(() => this.#storage?.estimate?.());
    this.#usage = estimate?.usage;
    this.#quota = estimate?.quota;
  }
}

async function quietly<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
