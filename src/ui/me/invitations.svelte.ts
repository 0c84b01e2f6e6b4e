/** The town's invitations as the screen groups them: what can still be used, and what is over. */
import type { AppClient } from '../../engine/client';
import type { InvitationView } from '../../engine/views';
import { Observed } from '../state/observed.svelte';

export class Invitations {
  readonly #all: Observed<readonly InvitationView[] | undefined>;

  constructor(client: Pick<AppClient, 'observeInvitations'>) {
    this.#all = new Observed<readonly InvitationView[] | undefined>(undefined, (on) =>
      client.observeInvitations(on),
    );
  }

  get isLoaded(): boolean {
    return this.#all.current !== undefined;
  }
  /** Newest first. */
  get usable(): readonly InvitationView[] {
    return this.#newestFirst().filter(isUsable);
  }
  get over(): readonly InvitationView[] {
    return this.#newestFirst().filter((invitation) => !isUsable(invitation));
  }
  get openCount(): number {
    return this.usable.length;
  }

  #newestFirst(): readonly InvitationView[] {
    return [...(this.#all.current ?? [])].sort((a, b) => b.createdAt - a.createdAt);
  }
}

export function observeInvitations(client: Pick<AppClient, 'observeInvitations'>): Invitations {
  return new Invitations(client);
}

/** Whoever holds its link can still come in, or is about to. */
export function isUsable({ state }: Pick<InvitationView, 'state'>): boolean {
  return state === 'waiting-for-network' || state === 'open' || state === 'joining';
}

/** Guests who are in, and the one who may be on the way. */
export function splitGuests({ guests, state }: Pick<InvitationView, 'guests' | 'state'>): {
  readonly joined: readonly string[];
  readonly joining: string | undefined;
} {
  return state === 'joining'
    ? { joined: guests.slice(0, -1), joining: guests.at(-1) }
    : { joined: guests, joining: undefined };
}
