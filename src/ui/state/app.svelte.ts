/** What every screen may use: the client, what it shows, where we are, and what was just said. */
import type { AppClient } from '../../engine/client';
import type {
  ConversationNumber,
  DirectoryView,
  ListView,
  QueueItem,
  SetupView,
  StatusView,
  SuccessionView,
} from '../../engine/views';
import { Composers } from '../conversation/composers.svelte';
import { ScreenClock } from './clock.svelte';
import { Observed } from './observed.svelte';
import type { Preferences } from './preferences.svelte';
import { Router } from './router.svelte';
import { Toasts } from './toasts.svelte';

export class App {
  readonly router = new Router();
  readonly toasts = new Toasts();
  readonly clock = new ScreenClock();
  readonly composers: Composers;
  /** What was looked for before a hit was opened. */
  searched = '';
  #isTooOld = $state(false);

  /** All of them are undefined until the vault has answered for the first time. */
  readonly setup: Observed<SetupView | undefined>;
  readonly status: Observed<StatusView | undefined>;
  readonly succession: Observed<SuccessionView | undefined>;
  readonly list: Observed<ListView | undefined>;
  readonly directory: Observed<DirectoryView | undefined>;
  readonly queue: Observed<readonly QueueItem[] | undefined>;
  readonly drafts: Observed<ReadonlyMap<ConversationNumber, string>>;
  readonly textBlocks: Observed<readonly string[]>;

  constructor(
    readonly client: AppClient,
    readonly preferences: Preferences,
  ) {
    this.composers = new Composers(client);
    this.setup = new Observed<SetupView | undefined>(undefined, (on) => client.observeSetup(on));
    this.status = new Observed<StatusView | undefined>(undefined, (on) => client.observeStatus(on));
    this.succession = new Observed<SuccessionView | undefined>(undefined, (on) =>
      client.observeSuccession(on),
    );
    this.list = new Observed<ListView | undefined>(undefined, (on) => client.observeList(on));
    this.directory = new Observed<DirectoryView | undefined>(undefined, (on) => client.observeDirectory(on));
    this.queue = new Observed<readonly QueueItem[] | undefined>(undefined, (on) => client.observeQueue(on));
    this.drafts = new Observed<ReadonlyMap<ConversationNumber, string>>(new Map(), (on) =>
      client.observeDrafts(on),
    );
    this.textBlocks = new Observed<readonly string[]>([], (on) => client.observeTextBlocks(on));
  }

  /** A newer version has changed the vault; this one must not touch it any more. */
  get isTooOld(): boolean {
    return this.#isTooOld;
  }
  becomeTooOld(): void {
    this.#isTooOld = true;
  }
}
