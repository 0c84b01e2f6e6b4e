/**
 * The way from an opened, pasted or scanned link to a device that belongs to a town. What is under
 * way lives in the vault (`SetupView`) and survives a reload; only what is being typed lives here.
 */
import type { AppClient, LinkView } from '../../engine/client';
import type { SetupView } from '../../engine/views';
import { cleanLine, NAME_LENGTH } from '../../domain/body';

/** A link that can be gone on with. */
export type PendingLink = Extract<LinkView, { type: 'setup' | 'invitation' }>;
/** Why a link cannot be used, known before anything is done with it. */
export type LinkProblem = 'damaged' | 'none' | 'expired' | 'foreign';
export type SaveProblem = 'storage-full' | 'storage-failed';

export class SetupFlow {
  #link = $state.raw<PendingLink>();
  #linkProblem = $state<LinkProblem>();
  #saveProblem = $state<SaveProblem>();
  #isBusy = $state(false);
  ownName = $state('');
  townName = $state('');
  readonly #client: AppClient;
  /** Where the relay of a town that is founded here listens. */
  readonly #relay: string;

  constructor(client: AppClient, relay: string) {
    this.#client = client;
    this.#relay = relay;
  }

  get link(): PendingLink | undefined {
    return this.#link;
  }
  get linkProblem(): LinkProblem | undefined {
    return this.#linkProblem;
  }
  get saveProblem(): SaveProblem | undefined {
    return this.#saveProblem;
  }
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** True when the text is a link that can be gone on with. */
  take(text: string): boolean {
    const link = this.#client.readLink(text.trim());
    this.#linkProblem = linkProblem(link);
    this.#link = this.#linkProblem === undefined && (link.type === 'setup' || link.type === 'invitation') ? link : undefined;
    return this.#link !== undefined;
  }

  /** As `take`, but keeps what is there when the text is not for us: for codes that pass the camera. */
  takeIfOurs(text: string): boolean {
    return this.#client.readLink(text.trim()).type !== 'none' && (this.take(text) || this.#linkProblem !== 'none');
  }

  forgetLink(): void {
    this.#link = undefined;
    this.#linkProblem = undefined;
  }
  forgetProblem(): void {
    this.#linkProblem = undefined;
  }

  async found(): Promise<void> {
    const townName = usableName(this.townName);
    const ownName = usableName(this.ownName);
    if (this.#link?.type !== 'setup' || townName === undefined || ownName === undefined) return;
    await this.#intend({ type: 'found-town', token: this.#link.token, relay: this.#relay, townName, ownName });
  }

  async join(): Promise<void> {
    const ownName = usableName(this.ownName);
    if (this.#link?.type !== 'invitation' || ownName === undefined) return;
    await this.#intend({ type: 'join-town', link: this.#link.link, ownName });
  }

  async cancel(): Promise<void> {
    await this.#intend({ type: 'cancel-setup' });
    this.forgetLink();
  }

  async tryNow(): Promise<void> {
    await this.#intend({ type: 'connect-now' });
  }

  async #intend(intent: Parameters<AppClient['intend']>[0]): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const saved = await this.#client.intend(intent);
    this.#isBusy = false;
    this.#saveProblem = saved.ok ? undefined : saved.error.type;
  }
}

/** A name as it will stand in the directory; undefined when nothing usable was typed. */
export function usableName(typed: string, limit = NAME_LENGTH): string | undefined {
  const name = cleanLine(typed).slice(0, limit).trim();
  return name === '' ? undefined : name;
}

export function linkProblem(link: LinkView): LinkProblem | undefined {
  if (link.type === 'damaged' || link.type === 'none') return link.type;
  if (link.type === 'setup') return undefined;
  if (link.isForeign) return 'foreign';
  return link.isExpired ? 'expired' : undefined;
}

export type StepState = 'done' | 'current' | 'ahead';

/** Which of the steps are behind us, in order. */
export function stepStates<Step extends string>(steps: readonly Step[], current: Step): readonly StepState[] {
  const at = steps.indexOf(current);
  return steps.map((_, i) => (i < at ? 'done' : i === at ? 'current' : 'ahead'));
}

/** A problem that time or the network may solve; the others need another link or another decision. */
export function canTryAgain(problem: NonNullable<Extract<SetupView, { phase: 'joining' }>['problem']>): boolean {
  return problem === 'no-network' || problem === 'relay-refused' || problem === 'storage';
}

/** The relay stands beside the page: `/relay` of the same host. */
export function relayBesidePage(page: { readonly protocol: string; readonly host: string }): string {
  return `${page.protocol === 'http:' ? 'ws:' : 'wss:'}//${page.host}/relay`;
}
