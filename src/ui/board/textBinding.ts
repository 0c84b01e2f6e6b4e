/**
 * Keeps an input or textarea and a text that others edit too in step. What the field shows and what
 * the user typed are told apart: an edit goes out as the difference to what was on the screen, and
 * changes by others come in around the caret, which stays with its characters. While an input method
 * composes a character, the field belongs to it alone.
 */
import { boardTextDiff, moveSelection } from '../../crdt/textSplice';

/** What is needed of HTMLInputElement and HTMLTextAreaElement. */
export interface EditableField {
  value: string;
  readonly selectionStart: number | null;
  readonly selectionEnd: number | null;
  readonly selectionDirection: 'forward' | 'backward' | 'none' | null;
  scrollTop: number;
  setSelectionRange(start: number, end: number, direction?: 'forward' | 'backward' | 'none'): void;
}

export interface UserEdit {
  /** What was on the screen before. */
  readonly base: string;
  /** The caret in what was typed. */
  readonly caret: number;
}

/** Answers what the document says after the edit: it may be shorter, or hold what others wrote meanwhile. */
export type EditText = (wanted: string, edit: UserEdit) => string;

export class TextBinding {
  #shown: string;
  #isComposing = false;
  readonly #field: EditableField;
  readonly #edit: EditText;
  readonly #hasFocus: () => boolean;

  constructor(field: EditableField, text: string, edit: EditText, hasFocus: () => boolean) {
    this.#field = field;
    this.#edit = edit;
    this.#hasFocus = hasFocus;
    this.#shown = text;
    field.value = text;
  }

  /** What the document says now. */
  show(text: string): void {
    const field = this.#field;
    if (this.#isComposing) return;
    this.#shown = text;
    if (text === field.value) return;
    const selection = moveSelection(
      { start: field.selectionStart ?? 0, end: field.selectionEnd ?? 0 },
      boardTextDiff(field.value, text),
    );
    const direction = field.selectionDirection ?? 'none';
    const top = field.scrollTop;
    field.value = text;
    // Setting the selection of another field would take the focus along in Safari.
    if (this.#hasFocus()) field.setSelectionRange(selection.start, selection.end, direction);
    field.scrollTop = top;
  }

  /** After every input. */
  take(): void {
    const wanted = this.#field.value;
    if (this.#isComposing || wanted === this.#shown) return;
    this.show(this.#edit(wanted, { base: this.#shown, caret: this.#field.selectionStart ?? wanted.length }));
  }

  beginComposing(): void {
    this.#isComposing = true;
  }
  /** `text`: what the document says, in case others changed it meanwhile. */
  endComposing(text: string): void {
    this.#isComposing = false;
    if (this.#field.value === this.#shown) this.show(text);
    else this.take();
  }
}
