/**
 * The way from an opened, pasted or scanned link to a device that belongs to a town. What is under
 * way lives in the vault (`SetupView`) and survives a reload; only what is being typed lives here.
 */
import type { AppClient, LinkView } from '../../engine/client';
import type { FoundingStep, JoiningStep, SetupProblem } from '../../engine/views';
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
  readonly #client: Pick<AppClient, 'intend' | 'readLink'>;
  /** Address of this page; the relay of a town that is founded here stands beside it. */
  readonly #origin: string;

  constructor(client: Pick<AppClient, 'intend' | 'readLink'>, origin: string) {
    this.#client = client;
    this.#origin = origin;
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
    const link = this.#read(text);
    this.#linkProblem = linkProblem(link);
    this.#link =
      this.#linkProblem === undefined && (link.type === 'setup' || link.type === 'invitation')
        ? link
        : undefined;
    return this.#link !== undefined;
  }

  isUsable(text: string): boolean {
    return linkProblem(this.#read(text)) === undefined;
  }

  /** As `take`, but keeps what is there when the text is not for us: for codes that pass the camera. */
  takeIfOurs(text: string): boolean {
    if (this.#read(text).type === 'none') return false;
    this.take(text);
    return true;
  }

  /** What has no fragment never was one of our links, however it is read. */
  #read(text: string): LinkView {
    const link = this.#client.readLink(text.trim());
    return link.type === 'damaged' && !text.includes('#') ? { type: 'none' } : link;
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
    await this.#intend({
      type: 'found-town',
      token: this.#link.token,
      relay: this.#origin,
      townName,
      ownName,
    });
  }

  async join(): Promise<void> {
    const ownName = usableName(this.ownName);
    if (this.#link?.type !== 'invitation' || ownName === undefined) return;
    await this.#intend({ type: 'join-town', link: this.#link.link, ownName });
  }

  /** True once nothing of it is left to go on by itself. */
  async cancel(): Promise<boolean> {
    await this.#intend({ type: 'cancel-setup' });
    if (this.#saveProblem !== undefined) return false;
    this.forgetLink();
    return true;
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

/** Index of the step under way. `sent` and `accepted` say what is behind us, the others what is being done. */
export function stepUnderWay(view: { readonly step: FoundingStep | JoiningStep }): number {
  return steps[view.step];
}
const steps: Readonly<Record<FoundingStep | JoiningStep, number>> = {
  connecting: 0,
  claiming: 1,
  creating: 2,
  sent: 2,
  accepted: 3,
  receiving: 3,
};

/** A problem that time or the network may solve; the others need another link or another decision. */
export function canTryAgain(problem: SetupProblem): boolean {
  return problem === 'no-network' || problem === 'relay-refused' || problem === 'storage';
}
