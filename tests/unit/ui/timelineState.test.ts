import { describe, expect, it } from 'vitest';
import type { EntryId } from '../../../src/domain/ids';
import type { AppClient, Timeline, TimelineOptions, TimelineWindow } from '../../../src/engine/client';
import type { TimelineItem } from '../../../src/engine/views';
import { TimelineState } from '../../../src/ui/conversation/timelineState.svelte';

const idOf = (n: number): EntryId => n.toString(16).padStart(32, '0') as EntryId;

function own(n: number, text: string): TimelineItem {
  return {
    order: n,
    id: idOf(n),
    author: undefined,
    authorName: undefined,
    isMine: true,
    content: { type: 'text', text },
    writtenAt: 1_000,
    relayAt: undefined,
    state: 'saved',
    waitsFor: undefined,
  };
}

function make(): { readonly state: TimelineState; readonly show: (...items: TimelineItem[]) => void } {
  let options: TimelineOptions | undefined;
  const client: Pick<AppClient, 'openTimeline'> = {
    openTimeline(_number, given): Timeline {
      options = given;
      return {
        loadOlder: () => Promise.resolve(),
        loadNewer: () => Promise.resolve(),
        close: () => undefined,
      };
    },
  };
  const state = new TimelineState(client, 1, { around: undefined, unreadAfter: undefined });
  return {
    state,
    show: (...items) => {
      const window: TimelineWindow = { items, hasOlder: false, hasNewer: false };
      options?.onChange(window);
    },
  };
}

const keys = (state: TimelineState) => state.rows.map(({ key }) => key);

describe('texts on their way into the vault', () => {
  it('become the entry with their id, and keep their row', () => {
    const { state, show } = make();
    show();
    const key = state.addPending('Hallo', 1_000);
    state.settle(key, idOf(7));
    expect(state.rows.map(({ state: shown }) => shown)).toEqual(['saved']);
    show(own(7, 'Hallo'));
    expect(keys(state)).toEqual([key]);
  });

  it('are not taken for another of the same words: two equal ones are two', () => {
    const { state, show } = make();
    show();
    const first = state.addPending('Ja', 1_000);
    const second = state.addPending('Ja', 1_000);
    // From another tab of this device, at the same time.
    show(own(3, 'Ja'));
    expect(keys(state)).toEqual([idOf(3), first, second]);
    state.settle(second, idOf(5));
    show(own(3, 'Ja'), own(5, 'Ja'));
    expect(keys(state)).toEqual([idOf(3), second, first]);
  });

  it('are shown once also when the timeline is faster than the answer, or the first part of a long text', () => {
    const { state, show } = make();
    show();
    const key = state.addPending('lang und länger', 1_000);
    show(own(4, 'lang'));
    state.settle(key, idOf(4));
    expect(keys(state)).toEqual([key]);
  });
});
