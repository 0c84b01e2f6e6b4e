import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryBody } from '../../../src/domain/body';
import {
  foldConversation,
  foundConversation,
  type Conversation,
  type Effect,
} from '../../../src/domain/conversation';
import type { PersonId } from '../../../src/domain/ids';

const person = (digit: string) => digit.repeat(32) as PersonId;
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(person) as [PersonId, PersonId, PersonId, PersonId];

function roster(add: readonly PersonId[], remove: readonly PersonId[] = []): EntryBody {
  return { kind: 'roster', add: [...add], remove: [...remove] };
}

/** a founded it; b and c are members. */
function group(): Conversation {
  return foldConversation(foundConversation('group', []), {
    author: a,
    body: { kind: 'founded', title: 'Bauhof', persons: [b, c] },
  }).conversation;
}

function fold(conversation: Conversation, ...steps: (readonly [PersonId, EntryBody])[]) {
  let effects: readonly Effect[] = [];
  for (const [author, body] of steps) {
    const folded = foldConversation(conversation, { author, body });
    conversation = folded.conversation;
    effects = folded.effects;
  }
  return { conversation, effects, roster: conversation.roster };
}

describe('founding (SPEC C1)', () => {
  it('sets title and members; the author manages whether named or not', () => {
    for (const persons of [
      [b, c],
      [a, b, c],
    ]) {
      const folded = fold(foundConversation('group', []), [a, { kind: 'founded', title: 'Bauhof', persons }]);
      expect(folded.conversation).toMatchObject({ kind: 'group', title: 'Bauhof' });
      expect(folded.roster).toEqual({ [a]: 'manager', [b]: 'member', [c]: 'member' });
      expect(folded.effects).toMatchObject([{ type: 'founded' }]);
    }
  });

  it('happens once', () => {
    const before = group();
    const folded = fold(before, [b, { kind: 'founded', title: 'Meins', persons: [b] }]);
    expect(folded.conversation).toBe(before);
    expect(folded.effects).toEqual([]);
  });

  it('comes before everything else', () => {
    const empty = foundConversation('group', []);
    expect(fold(empty, [a, { kind: 'title', title: 'x' }]).conversation).toBe(empty);
    expect(fold(empty, [a, roster([a, b])]).roster).toEqual({});
  });
});

describe('renaming (SPEC C2)', () => {
  it('any member renames; the same title again has no effect', () => {
    const folded = fold(group(), [b, { kind: 'title', title: 'Werkstatt' }]);
    expect(folded.conversation.title).toBe('Werkstatt');
    expect(folded.effects).toEqual([{ type: 'renamed', title: 'Werkstatt' }]);
    expect(fold(folded.conversation, [c, { kind: 'title', title: 'Werkstatt' }])).toMatchObject({
      conversation: folded.conversation,
      effects: [],
    });
  });

  it('others do not', () => {
    const before = group();
    expect(fold(before, [d, { kind: 'title', title: 'x' }])).toMatchObject({
      conversation: before,
      effects: [],
    });
  });
});

describe('adding (SPEC C3)', () => {
  it('any member adds, as member; who is in stays what they are', () => {
    const folded = fold(group(), [b, roster([d, a, c])]);
    expect(folded.roster).toEqual({ [a]: 'manager', [b]: 'member', [c]: 'member', [d]: 'member' });
    expect(folded.effects).toEqual([{ type: 'added', persons: [d] }]);
  });

  it('names everybody once', () => {
    expect(fold(group(), [b, roster([d, d])]).effects).toEqual([{ type: 'added', persons: [d] }]);
    expect(fold(group(), [a, roster([], [c, c])]).effects).toEqual([{ type: 'removed', persons: [c] }]);
  });

  it('others do not, not even themselves', () => {
    expect(fold(group(), [d, roster([d])])).toMatchObject({ roster: group().roster, effects: [] });
  });
});

describe('removing and leaving (SPEC C4)', () => {
  it('managers remove others', () => {
    const folded = fold(group(), [a, roster([], [c, d])]);
    expect(folded.roster).toEqual({ [a]: 'manager', [b]: 'member' });
    expect(folded.effects).toEqual([{ type: 'removed', persons: [c] }]);
  });

  it('members remove nobody but themselves', () => {
    const folded = fold(group(), [b, roster([], [a, c])]);
    expect(folded.roster).toEqual(group().roster);
    expect(folded.effects).toEqual([]);
    const left = fold(group(), [b, roster([], [b, a, c])]);
    expect(left.roster).toEqual({ [a]: 'manager', [c]: 'member' });
    expect(left.effects).toEqual([{ type: 'left' }]);
  });

  it('a removed manager removes nobody any more', () => {
    const two = fold(group(), [a, roster([], [a])]);
    // b took over as the lowest; a comes back as a member.
    const back = fold(two.conversation, [c, roster([a])]);
    expect(back.roster).toEqual({ [a]: 'member', [b]: 'manager', [c]: 'member' });
    expect(fold(back.conversation, [a, roster([], [b, c])]).roster).toEqual(back.roster);
    const out = fold(two.conversation, [a, roster([d], [b])]);
    expect(out.roster).toEqual(two.roster);
    expect(out.effects).toEqual([]);
  });

  it('the lowest id manages when no manager is left, and only then', () => {
    expect(fold(group(), [a, roster([], [a])]).roster).toEqual({ [b]: 'manager', [c]: 'member' });
    expect(fold(group(), [a, roster([], [a, b])]).roster).toEqual({ [c]: 'manager' });
    expect(fold(group(), [a, roster([], [a, b, c])]).roster).toEqual({});
    expect(fold(group(), [c, roster([], [c])]).roster).toEqual({ [a]: 'manager', [b]: 'member' });
  });

  it('one entry adds, removes and leaves, in this order', () => {
    const folded = fold(group(), [a, roster([d], [b, a])]);
    expect(folded.roster).toEqual({ [c]: 'manager', [d]: 'member' });
    expect(folded.effects.map(({ type }) => type)).toEqual(['added', 'removed', 'left']);
  });

  it('who left an empty group does not found it anew by coming back', () => {
    const empty = fold(group(), [a, roster([], [a, b, c])]).conversation;
    expect(fold(empty, [b, roster([b])]).roster).toEqual({});
  });
});

describe('direct conversations and other entries (SPEC C5)', () => {
  it('a direct conversation never changes', () => {
    const direct = foundConversation('direct', [a, b]);
    const bodies: readonly EntryBody[] = [
      { kind: 'founded', title: 'x', persons: [c] },
      { kind: 'title', title: 'x' },
      roster([c], [b]),
      roster([], [a]),
      { kind: 'text', text: 'x' },
    ];
    for (const body of bodies) {
      const folded = foldConversation(direct, { author: a, body });
      expect(folded.conversation).toBe(direct);
      expect(folded.effects).toEqual([]);
    }
  });

  it('texts, documents, the unknown, and directory operations change nothing (D2)', () => {
    const before = group();
    for (const body of [
      { kind: 'text', text: 'x' },
      { kind: 'void' },
      { kind: 'unknown' },
      { kind: 'town-admin', person: b, isAdmin: true },
      { kind: 'town-person-removed', person: a },
    ] as const)
      expect(fold(before, [a, body])).toMatchObject({ conversation: before, effects: [] });
  });

  it('an entry without effect leaves the very same state, so that nothing is written for it', () => {
    const before = group();
    for (const [author, body] of [
      [d, roster([d])],
      [b, roster([], [a])],
      [b, roster([a, c])],
      [a, roster([], [d])],
      [a, roster([], [])],
    ] as const)
      expect(fold(before, [author, body]).conversation).toBe(before);
  });
});

describe('any history of a group', () => {
  const anyone = fc.constantFrom(a, b, c, d);
  const some = fc.array(anyone, { maxLength: 3 });

  it('has a manager as long as it has a member, and changes only by members', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyone, some, some), { maxLength: 30 }),
        (steps: readonly (readonly [PersonId, PersonId[], PersonId[]])[]) => {
          let conversation = group();
          for (const [author, add, remove] of steps) {
            const before = conversation;
            const { effects } = fold(before, [author, roster(add, remove)]);
            conversation = fold(before, [author, roster(add, remove)]).conversation;
            const roles = Object.values(conversation.roster);
            if (roles.length > 0) expect(roles).toContain('manager');
            if (before.roster[author] === undefined) expect(conversation.roster).toEqual(before.roster);
            const gone = (Object.keys(before.roster) as PersonId[]).filter(
              (one) => conversation.roster[one] === undefined,
            );
            if (before.roster[author] !== 'manager') expect(gone.filter((one) => one !== author)).toEqual([]);
            if (effects.length === 0) expect(conversation.roster).toEqual(before.roster);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
