import { describe, expect, it } from 'vitest';
import { hrefOf, parseRoute, type Route } from '../../../src/ui/routes';

const routes: readonly Route[] = [
  { name: 'list' },
  { name: 'conversation', number: 12 },
  { name: 'conversation', number: 12, around: 345 },
  { name: 'group', number: 12 },
  { name: 'board', number: 12 },
  { name: 'new' },
  { name: 'new-group' },
  { name: 'search' },
  { name: 'queue' },
  { name: 'me', section: undefined },
  { name: 'me', section: 'geraete' },
];

describe('routes', () => {
  it.each(routes)('%o survives the address bar', (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  it.each([
    '#/u/x',
    '#/u/-1',
    '#/u/1/an/',
    '#/u/1/unbekannt',
    '#/u/99999999999999999',
    '#/x',
    '#/neu/gruppe/x',
    '#einladung/abc',
    '#/ich/a/b',
    '#/suche/wort',
  ])('calls %s a link of another kind', (hash) => expect(parseRoute(hash)).toEqual({ name: 'link', hash }));
});
