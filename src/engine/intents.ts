/**
 * What a tab may ask for. An intent is chosen once (id and time included), written strictly, and
 * then belongs to the engine; see engine/client.ts for how a tab writes one.
 */
import type { DeviceId, EntryId, InvitationId, PersonId } from '../domain/ids';
import type { TownLook } from '../domain/townLook';
import type { ConversationNumber } from './views';

export type Intent =
  | {
      readonly type: 'found-town';
      readonly token: string;
      readonly relay: string;
      readonly townName: string;
      readonly ownName: string;
    }
  | { readonly type: 'join-town'; readonly link: string; readonly ownName: string }
  /** Gives up a founding or joining that has not succeeded. */
  | { readonly type: 'cancel-setup' }
  | { readonly type: 'invite'; readonly uses: number; readonly expiresAt: number }
  | { readonly type: 'withdraw-invitation'; readonly invitation: InvitationId }
  | { readonly type: 'rename-self'; readonly name: string }
  | { readonly type: 'block-device'; readonly device: DeviceId }
  | { readonly type: 'remove-person'; readonly person: PersonId }
  | { readonly type: 'set-admin'; readonly person: PersonId; readonly isAdmin: boolean }
  /** The town's colour and coat of arms, all of it. */
  | { readonly type: 'set-look'; readonly look: TownLook }
  | { readonly type: 'send-text'; readonly conversation: ConversationNumber; readonly text: string }
  /** Only while it is not handed over: becomes a void entry, leaves the timeline. */
  | { readonly type: 'cancel-entry'; readonly conversation: ConversationNumber; readonly entry: EntryId }
  | { readonly type: 'open-direct'; readonly person: PersonId; readonly conversation: ConversationNumber }
  | {
      readonly type: 'create-group';
      readonly conversation: ConversationNumber;
      readonly title: string;
      readonly persons: readonly PersonId[];
    }
  | { readonly type: 'rename-group'; readonly conversation: ConversationNumber; readonly title: string }
  | {
      readonly type: 'add-members';
      readonly conversation: ConversationNumber;
      readonly persons: readonly PersonId[];
    }
  | {
      readonly type: 'remove-members';
      readonly conversation: ConversationNumber;
      readonly persons: readonly PersonId[];
    }
  | { readonly type: 'leave-group'; readonly conversation: ConversationNumber }
  | { readonly type: 'mark-read'; readonly conversation: ConversationNumber; readonly upTo: number }
  | {
      readonly type: 'set-flags';
      readonly conversation: ConversationNumber;
      readonly pinned?: boolean;
      readonly muted?: boolean;
      readonly archived?: boolean;
    }
  | {
      readonly type: 'edit-document';
      readonly conversation: ConversationNumber;
      readonly document: string;
      readonly session: Uint8Array;
      readonly update: Uint8Array;
    }
  | {
      readonly type: 'presence';
      readonly conversation: ConversationNumber;
      readonly document: string;
      readonly bytes: Uint8Array;
    }
  /** An admin confirms another relay by its one-time link (SPEC Q6). */
  | { readonly type: 'continue-town'; readonly token: string }
  /** The user asked to try again now. */
  | { readonly type: 'connect-now' };
