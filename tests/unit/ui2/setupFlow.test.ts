import { describe, expect, it } from 'vitest';
import type { EntryId } from '../../../src/domain/ids';
import type { AppClient, LinkView } from '../../../src/engine/client';
import type { Intent } from '../../../src/engine/intents';
import { err, ok } from '../../../src/lib/result';
import { canTryAgain, SetupFlow, stepUnderWay, usableName } from '../../../src/ui/setup/setupFlow.svelte';

const invitation = 'https://depesche.example.de/#/beitreten/abc';

function setUp() {
  const intents: Intent[] = [];
  const world = { isFull: false };
  const client: Pick<AppClient, 'readLink' | 'intend'> = {
    readLink(text): LinkView {
      if (text.includes('#/einrichten/')) return { type: 'setup', token: 'token' };
      if (text.includes('#/beitreten/')) {
        return {
          type: 'invitation',
          isExpired: text.includes('alt'),
          isForeign: text.includes('fremd'),
          link: text,
        };
      }
      return text === '' ? { type: 'none' } : { type: 'damaged' };
    },
    intend(intent) {
      if (world.isFull) return Promise.resolve(err({ type: 'storage-full', then: 'stop' }));
      intents.push(intent);
      return Promise.resolve(ok('e'.repeat(32) as EntryId));
    },
  };
  const flow = new SetupFlow(client, 'https://depesche.example.de');
  return { flow, intents, world };
}

describe('SetupFlow', () => {
  it('says what is wrong with a link before anything is done with it', () => {
    const { flow, intents } = setUp();
    const problems = [
      '',
      'Hallo zusammen',
      'https://depesche.example.de/#/beit',
      `${invitation}alt`,
      `${invitation}fremd`,
    ].map((text) => {
      expect(flow.take(text)).toBe(false);
      return flow.linkProblem;
    });
    expect(problems).toEqual(['none', 'none', 'damaged', 'expired', 'foreign']);
    expect([flow.link, intents]).toEqual([undefined, []]);
  });

  it('lets other codes pass by the camera, and stops at ours even when it cannot be used', () => {
    const { flow } = setUp();
    expect(flow.takeIfOurs('https://www.example.de/speisekarte')).toBe(false);
    expect(flow.linkProblem).toBeUndefined();
    expect(flow.takeIfOurs(`${invitation}alt`)).toBe(true);
    expect(flow.linkProblem).toBe('expired');
    expect(flow.takeIfOurs(invitation)).toBe(true);
    expect(flow.link?.type).toBe('invitation');
  });

  it('joins with a name made fit for the directory, and not without one', async () => {
    const { flow, intents } = setUp();
    flow.take(` ${invitation} `);
    flow.ownName = ' \u202e ';
    await flow.join();
    expect(intents).toEqual([]);
    flow.ownName = '  Anna \n Brandt ';
    await flow.join();
    expect(intents).toEqual([{ type: 'join-town', link: invitation, ownName: 'Anna Brandt' }]);
  });

  it('founds beside the page it was opened on', async () => {
    const { flow, intents } = setUp();
    flow.take('https://depesche.example.de/#/einrichten/x');
    flow.townName = 'Stadt Siegburg';
    flow.ownName = 'Anna Brandt';
    await flow.found();
    expect(intents).toEqual([
      {
        type: 'found-town',
        token: 'token',
        relay: 'https://depesche.example.de',
        townName: 'Stadt Siegburg',
        ownName: 'Anna Brandt',
      },
    ]);
  });

  it('keeps everything typed when nothing could be saved', async () => {
    const { flow, world } = setUp();
    flow.take(invitation);
    flow.ownName = 'Anna Brandt';
    world.isFull = true;
    await flow.join();
    expect([flow.saveProblem, flow.ownName, flow.link?.type]).toEqual([
      'storage-full',
      'Anna Brandt',
      'invitation',
    ]);
    expect(await flow.cancel()).toBe(false);
    world.isFull = false;
    expect(await flow.cancel()).toBe(true);
    expect([flow.saveProblem, flow.link]).toEqual([undefined, undefined]);
  });
});

describe('the steps of joining', () => {
  it('shows as under way what has not happened yet', () => {
    expect(
      (['connecting', 'sent', 'accepted', 'receiving'] as const).map((step) => stepUnderWay({ step })),
    ).toEqual([0, 2, 3, 3]);
    expect((['connecting', 'claiming', 'creating'] as const).map((step) => stepUnderWay({ step }))).toEqual([
      0, 1, 2,
    ]);
  });
  it('offers to try again only where that can help', () => {
    expect((['no-network', 'relay-refused', 'storage'] as const).every(canTryAgain)).toBe(true);
    expect((['link-used', 'link-expired', 'link-foreign', 'link-damaged'] as const).some(canTryAgain)).toBe(
      false,
    );
  });
  it('cuts names to what the directory takes', () => {
    expect(usableName('x'.repeat(200))?.length).toBe(80);
  });
});
