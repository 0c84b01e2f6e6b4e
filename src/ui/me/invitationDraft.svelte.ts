/** A new invitation while it is being chosen: for one person or several, and for how long. */
import type { Intent } from '../../engine/intents';

export type Expiry = 'hour' | 'day' | 'week' | 'month';
export const EXPIRIES: readonly Expiry[] = ['hour', 'day', 'week', 'month'];
export const MAX_USES = 1_000;

const HOUR = 3_600_000;
const lengths: Readonly<Record<Expiry, number>> = {
  hour: HOUR,
  day: 24 * HOUR,
  week: 7 * 24 * HOUR,
  month: 28 * 24 * HOUR,
};

export class InvitationDraft {
  isForSeveral = $state(false);
  /** As typed. */
  count = $state('10');
  expiry = $state<Expiry>('week');

  /** Undefined: not a number of people. */
  get uses(): number | undefined {
    if (!this.isForSeveral) return 1;
    const count = Number(this.count);
    return Number.isInteger(count) && count >= 2 && count <= MAX_USES ? count : undefined;
  }

  toIntent(now: number): Extract<Intent, { type: 'invite' }> | undefined {
    const { uses } = this;
    return uses === undefined ? undefined : { type: 'invite', uses, expiresAt: now + lengths[this.expiry] };
  }
}
