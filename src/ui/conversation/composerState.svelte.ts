/**
 * What is being written in one conversation. The draft on disk always holds everything that is not yet
 * safe elsewhere, including a text whose sending has not come back: a crash may show it twice, never lose it.
 */
import type { EntryId } from '../../domain/ids';
import type { AppClient, SaveFailure } from '../../engine/client';
import type { ConversationNumber } from '../../engine/views';

const debounceMs = 400;
/** A draft that could not be saved is tried again for as long as it lasts: space may come back at any time. */
const againMs = 5_000;

/** The last two: what stands in the field is nowhere else yet. */
export type ComposerProblem = SaveFailure['type'] | 'too-long' | 'draft-full' | 'draft-failed';
/** Shows a text on its way: called at once, answers what to do when it is known how it went. */
export type ShowPending = (text: string) => {
  /** It is durable, and will be in the timeline under this id. */
  readonly settle: (entry: EntryId) => void;
  readonly drop: () => void;
};

type DraftClient = Pick<AppClient, 'intend' | 'readDraft' | 'saveDraft'>;

export class ComposerState {
  #text = $state('');
  #problem = $state<ComposerProblem>();
  #isRestored = $state(false);
  #underWay = $state.raw<readonly string[]>([]);
  readonly #client: DraftClient;
  readonly #number: ConversationNumber;
  readonly #maxLength: number;
  readonly #restored: Promise<void>;
  #savedText = '';
  #isAtRisk = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: DraftClient, number: ConversationNumber, maxLength: number) {
    this.#client = client;
    this.#number = number;
    this.#maxLength = maxLength;
    this.#restored = this.#restore();
  }

  get text(): string {
    return this.#text;
  }
  set text(text: string) {
    this.#text = text;
    if (this.#problem === 'too-long' && text.length <= this.#maxLength) this.#problem = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), debounceMs);
  }
  get problem(): ComposerProblem | undefined {
    return this.#problem;
  }
  get canSend(): boolean {
    return this.#text.trim() !== '';
  }
  /** The device does not take what stands here: it would be gone with the page. */
  get isAtRisk(): boolean {
    return this.#isAtRisk;
  }
  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** Puts a text behind what is there: a text block, or a message taken back. */
  append(text: string): void {
    this.text = this.#text.trim() === '' ? text : `${this.#text.trimEnd()}\n${text}`;
  }

  async send(show: ShowPending): Promise<void> {
    // Halves of characters would be other characters once they were stored: better seen now than then.
    const text = this.#text.trim().toWellFormed();
    if (text === '') return;
    if (text.length > this.#maxLength) {
      this.#problem = 'too-long';
      return;
    }
    this.#problem = undefined;
    this.#text = '';
    this.#underWay = [...this.#underWay, text];
    const pending = show(text);
    const saved = await this.#client.intend({ type: 'send-text', conversation: this.#number, text });
    this.#removeUnderWay(text);
    if (saved.ok) {
      pending.settle(saved.value);
      await this.flush();
      return;
    }
    pending.drop();
    this.#text = this.#text === '' ? text : `${text}\n${this.#text}`;
    this.#problem = saved.error.type;
    await this.flush();
  }

  /** Answers whether everything written is durable now. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    await this.#restored;
    const text = [...this.#underWay, this.#text].filter((part) => part !== '').join('\n');
    if (text === this.#savedText) {
      this.#isAtRisk = false;
      return true;
    }
    const before = this.#savedText;
    this.#savedText = text;
    const saved = await this.#client.saveDraft(this.#number, text);
    this.#isAtRisk = !saved.ok;
    if (saved.ok) {
      if (this.#problem === 'draft-full' || this.#problem === 'draft-failed') this.#problem = undefined;
      return true;
    }
    if (this.#savedText === text) this.#savedText = before;
    this.#problem ??= saved.error.type === 'storage-full' ? 'draft-full' : 'draft-failed';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), againMs);
    return false;
  }

  async #restore(): Promise<void> {
    const draft = await this.#client.readDraft(this.#number);
    this.#savedText = draft;
    if (this.#text === '') this.#text = draft;
    else if (draft !== '' && !this.#text.includes(draft)) this.#text = `${draft}\n${this.#text}`;
    this.#isRestored = true;
  }

  #removeUnderWay(text: string): void {
    const at = this.#underWay.indexOf(text);
    this.#underWay = this.#underWay.filter((_, index) => index !== at);
  }
}
