import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySplice, boardTextDiff, rebaseSplice } from '../../../src/crdt/textSplice';
import { TextBinding, type EditableField, type UserEdit } from '../../../src/ui/board/textBinding';

/** A field as browsers have it: setting the value throws the caret to the end. */
class Field implements EditableField {
  #value = '';
  selectionStart = 0;
  selectionEnd = 0;
  selectionDirection = 'none' as const;
  scrollTop = 0;
  get value(): string {
    return this.#value;
  }
  set value(text: string) {
    this.#value = text;
    this.selectionStart = this.selectionEnd = text.length;
  }
  setSelectionRange(start: number, end: number): void {
    this.selectionStart = start;
    this.selectionEnd = end;
  }
  /** As by the keyboard, at the caret. */
  type(text: string): void {
    const { selectionStart: start, selectionEnd: end } = this;
    this.#value = this.#value.slice(0, start) + text + this.#value.slice(end);
    this.selectionStart = this.selectionEnd = start + text.length;
  }
}

/** A shared text of which the screen hears late, as it does when its update is batched. */
class Shared {
  text: string;
  readonly edits: (UserEdit & { readonly wanted: string })[] = [];
  readonly limit: number;
  constructor(text: string, limit = 100) {
    this.text = text;
    this.limit = limit;
  }
  readonly edit = (wanted: string, edit: UserEdit): string => {
    this.edits.push({ wanted, ...edit });
    const user = boardTextDiff(edit.base, wanted, edit.caret);
    const splice = user && rebaseSplice(user, boardTextDiff(edit.base, this.text), this.text);
    if (splice) this.text = applySplice(this.text, splice).slice(0, this.limit);
    return this.text;
  };
}

function bind(text: string, limit?: number) {
  const shared = new Shared(text, limit);
  const field = new Field();
  const binding = new TextBinding(field, text, shared.edit, () => true);
  const type = (typed: string) => {
    field.type(typed);
    binding.take();
  };
  return { shared, field, binding, type };
}

describe('TextBinding', () => {
  it('keeps letters in the order they were typed, however late the screen hears of them', () => {
    const { shared, field, type } = bind('Stromverteiler prüfen');
    for (const letter of ' sofort') type(letter);
    expect([shared.text, field.value]).toEqual([
      'Stromverteiler prüfen sofort',
      'Stromverteiler prüfen sofort',
    ]);
    expect(field.selectionStart).toBe(field.value.length);
  });

  it('keeps the caret with its characters when somebody writes before it', () => {
    const { shared, field, binding } = bind('Zufahrt freihalten');
    field.setSelectionRange(7, 7);
    shared.text = 'Wichtig: Zufahrt freihalten';
    binding.show(shared.text);
    expect([field.value.slice(0, field.selectionStart), field.selectionEnd]).toEqual([
      'Wichtig: Zufahrt',
      16,
    ]);
  });

  it('puts what was typed where it was typed, though others changed the text before the screen did', () => {
    const { shared, field, type } = bind('Zufahrt freihalten');
    field.setSelectionRange(7, 7);
    shared.text = 'Wichtig: Zufahrt freihalten';
    type(' Nord');
    expect(shared.text).toBe('Wichtig: Zufahrt Nord freihalten');
    expect([field.value, field.value.slice(0, field.selectionStart)]).toEqual([
      shared.text,
      'Wichtig: Zufahrt Nord',
    ]);
  });

  it('leaves the field alone while a character is composed, and takes it all afterwards', () => {
    const { shared, field, binding, type } = bind('Caf');
    binding.beginComposing();
    type('´');
    shared.text = 'Das Caf';
    binding.show(shared.text);
    expect([field.value, shared.edits.length]).toEqual(['Caf´', 0]);
    field.value = 'Café';
    binding.endComposing(shared.text);
    expect([shared.text, field.value]).toEqual(['Das Café', 'Das Café']);
  });

  it('shows what others wrote during a composition that came to nothing', () => {
    const { shared, field, binding } = bind('Caf');
    binding.beginComposing();
    shared.text = 'Das Caf';
    binding.show(shared.text);
    binding.endComposing(shared.text);
    expect(field.value).toBe('Das Caf');
  });

  it('takes back what does not fit', () => {
    const { field, type } = bind('1234', 5);
    type('56');
    expect(field.value).toBe('12345');
  });

  it('never sets the caret of a field that is not in use', () => {
    const field = new Field();
    const binding = new TextBinding(
      field,
      'eins',
      (wanted) => wanted,
      () => false,
    );
    field.setSelectionRange(1, 1);
    let isCaretSet = false;
    field.setSelectionRange = () => (isCaretSet = true);
    binding.show('eins zwei');
    expect([field.value, isCaretSet]).toEqual(['eins zwei', false]);
  });

  it('ends with the same text on the screen and in the document', () => {
    const step = fc.oneof(
      fc.record({ by: fc.constant('me' as const), text: fc.string({ maxLength: 4 }), at: fc.nat(30) }),
      fc.record({ by: fc.constant('other' as const), text: fc.string({ maxLength: 4 }), at: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.array(step, { maxLength: 12 }), (text, steps) => {
        const { shared, field, binding, type } = bind(text, 200);
        for (const { by, text: typed, at } of steps) {
          if (by === 'me') {
            const caret = Math.min(at, field.value.length);
            field.setSelectionRange(caret, caret);
            type(typed);
          } else {
            const place = Math.min(at, shared.text.length);
            shared.text = shared.text.slice(0, place) + typed + shared.text.slice(place);
          }
        }
        binding.show(shared.text);
        expect(field.value).toBe(shared.text);
      }),
    );
  });
});
