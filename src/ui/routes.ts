/**
 * Every address of the app. Addresses live behind the hash, so that no server ever learns them. An
 * own small table instead of a router library: routes are values of one union, list and content are
 * both drawn from the same one, and an unknown hash (an opened invitation) is a route of its own.
 */
import type { ConversationNumber } from '../engine/views';

export type Route =
  | { readonly name: 'list' }
  | { readonly name: 'conversation'; readonly number: ConversationNumber; readonly around?: number }
  | { readonly name: 'group'; readonly number: ConversationNumber }
  | { readonly name: 'board'; readonly number: ConversationNumber }
  | { readonly name: 'new' }
  | { readonly name: 'new-group' }
  /** What is looked for is no part of the address: browsers keep addresses. */
  | { readonly name: 'search' }
  | { readonly name: 'queue' }
  /** Sections below "Ich" name themselves. */
  | { readonly name: 'me'; readonly section: string | undefined }
  /** Anything else behind the hash, most likely an invitation. */
  | { readonly name: 'link'; readonly hash: string };

export function hrefOf(route: Route): string {
  switch (route.name) {
    case 'list':
      return '#/';
    case 'conversation':
      return route.around === undefined ? `#/u/${route.number}` : `#/u/${route.number}/an/${route.around}`;
    case 'group':
      return `#/u/${route.number}/gruppe`;
    case 'board':
      return `#/u/${route.number}/tafel`;
    case 'new':
      return '#/neu';
    case 'new-group':
      return '#/neu/gruppe';
    case 'search':
      return '#/suche';
    case 'queue':
      return '#/verbindung';
    case 'me':
      return route.section === undefined ? '#/ich' : `#/ich/${route.section}`;
    case 'link':
      return route.hash;
  }
}

export function parseRoute(hash: string): Route {
  if (hash === '' || hash === '#') return { name: 'list' };
  if (!hash.startsWith('#/')) return { name: 'link', hash };
  const parts = hash
    .slice(2)
    .split('/')
    .filter((part) => part !== '');
  return routeOfParts(parts) ?? { name: 'link', hash };
}

function routeOfParts(parts: readonly string[]): Route | undefined {
  const [place, first, second, third, ...rest] = parts;
  if (rest.length > 0) return undefined;
  switch (place) {
    case undefined:
      return { name: 'list' };
    case 'u':
      return conversationRoute(first, second, third);
    case 'neu':
      if (first === undefined) return { name: 'new' };
      return first === 'gruppe' && second === undefined ? { name: 'new-group' } : undefined;
    case 'suche':
      return first === undefined ? { name: 'search' } : undefined;
    case 'verbindung':
      return first === undefined ? { name: 'queue' } : undefined;
    case 'ich':
      return second === undefined ? { name: 'me', section: first } : undefined;
    default:
      return undefined;
  }
}

function conversationRoute(first = '', second?: string, third?: string): Route | undefined {
  const number = wholeNumber(first);
  if (number === undefined) return undefined;
  if (second === undefined) return { name: 'conversation', number };
  if (second === 'gruppe' && third === undefined) return { name: 'group', number };
  if (second === 'tafel' && third === undefined) return { name: 'board', number };
  const around = second === 'an' ? wholeNumber(third ?? '') : undefined;
  return around === undefined ? undefined : { name: 'conversation', number, around };
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
