import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBase64Url } from '../../../src/lib/bytes';
import { invitationLinkText, parseLink } from '../../../src/domain/invitationLink';
import { encodeCbor } from '../../../src/protocol/codec';

const OWN = 'https://own.example';
const invitation = {
  origin: 'https://town.example:8443',
  secret: Uint8Array.from({ length: 32 }, (_, i) => i * 7),
  expiresAt: 1_790_000_000_000,
  founding: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
};
const link = invitationLinkText(invitation);
const payload = link.slice(link.lastIndexOf('/') + 1);
const setup = `https://town.example/#/einrichten/${bytesToBase64Url(invitation.secret)}`;

describe('links (SPEC J1)', () => {
  it('have everything in the fragment', () => {
    expect(new URL(link).search).toBe('');
    expect(new URL(link).pathname).toBe('/');
    expect(new URL(link).hash).toBe(
      `#/beitreten/${bytesToBase64Url(encodeCbor([1, invitation.secret, invitation.expiresAt, invitation.founding]))}`,
    );
  });

  it('come back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.maxSafeInteger().map(Math.abs),
        (secret, founding, expiresAt) => {
          const one = {
            origin: 'http://localhost:8080',
            secret: new Uint8Array(secret),
            founding: new Uint8Array(founding),
            expiresAt,
          };
          expect(parseLink(invitationLinkText(one), OWN)).toEqual({ type: 'invitation', invitation: one });
        },
      ),
    );
  });

  it.each([
    ['alone', link],
    ['with blanks around', `  ${link}\n`],
    ['in a sentence', `Hallo Bert, hier entlang: ${link} Gruß, Anna`],
    ['before a full stop', `Der Link: ${link}.`],
    ['in brackets', `Einladung (${link})`],
    ['in angle brackets', `<${link}>`],
    ['between lines', `Einladung\n${link}\nbis Freitag`],
    ['behind another address', `https://www.example.org/seite und ${link}`],
    ['without a slash before the fragment', link.replace('/#', '#')],
  ])('are found %s', (_, text) => {
    expect(parseLink(text, OWN)).toEqual({ type: 'invitation', invitation });
  });

  it('without an origin belong to the address one is at', () => {
    expect(parseLink(`#/beitreten/${payload}`, OWN)).toEqual({
      type: 'invitation',
      invitation: { ...invitation, origin: OWN },
    });
  });

  it('keep the path the app lies under', () => {
    expect(parseLink(link.replace('/#', '/depesche/#'), OWN)).toMatchObject({
      invitation: { origin: 'https://town.example:8443/depesche' },
    });
  });

  it('of the relay lead to the set-up', () => {
    expect(parseLink(`Einrichten: ${setup}`, OWN)).toEqual({
      type: 'setup',
      origin: 'https://town.example',
      token: invitation.secret,
    });
  });

  it('that lost a character anywhere behind the # are damaged', () => {
    for (let at = link.indexOf('#'); at < link.length; at++) {
      const damaged = link.slice(0, at) + link.slice(at + 1);
      expect(parseLink(damaged, OWN), `without character ${at}`).toEqual({ type: 'damaged' });
    }
    for (let at = setup.indexOf('#'); at < setup.length; at++)
      expect(parseLink(setup.slice(0, at) + setup.slice(at + 1), OWN)).toEqual({ type: 'damaged' });
  });

  it('that were cut short anywhere behind the # are damaged', () => {
    for (let length = link.indexOf('#'); length < link.length; length++)
      expect(parseLink(link.slice(0, length), OWN), `${length} characters`).toEqual({ type: 'damaged' });
  });

  it('with a changed character never stand for the same invitation', () => {
    for (let at = link.length - payload.length; at < link.length; at++)
      for (const char of ['A', 'z', '-', '.', 'ä', ' ', '%']) {
        if (link[at] === char) continue;
        const parsed = parseLink(link.slice(0, at) + char + link.slice(at + 1), OWN);
        if (parsed.type === 'invitation') expect(parsed.invitation).not.toEqual(invitation);
        else expect(parsed).toEqual({ type: 'damaged' });
      }
  });

  it.each([
    ['whole', encodeURIComponent(link)],
    ['whole, in lower case', encodeURIComponent(link).replace(/%[0-9A-F]{2}/g, (x) => x.toLowerCase())],
    ['in the #', link.replace('#', '%23')],
    ['in the fragment', link.replace('#/beitreten/', '#%2Fbeitreten%2F')],
    ['inside a safe link', `https://safe.example/?url=${encodeURIComponent(link)}&data=05%7C01`],
    ['inside a safe link’s path', `https://safe.example/v2/${encodeURIComponent(link)}`],
    ['behind a stray percent sign', `100 % sicher: ${encodeURIComponent(link)}`],
  ])('that a mail program has encoded %s are found', (_, text) => {
    expect(parseLink(text, OWN)).toEqual({ type: 'invitation', invitation });
  });

  it.each([
    ['the scheme', link.replace('https', 'Https')],
    ['scheme and host', link.replace('https://town.example', 'HTTPS://TOWN.Example')],
    ['scheme and host, encoded', encodeURIComponent(link.replace('https://town', 'HTTPS://TOWN'))],
  ])('are the same with %s in other letters', (_, text) => {
    expect(parseLink(text, OWN)).toEqual({ type: 'invitation', invitation });
  });

  it('keep the letters of a path and of percent signs in it', () => {
    expect(parseLink(link.replace('/#', '/Mein%20Amt/#'), OWN)).toMatchObject({
      invitation: { origin: 'https://town.example:8443/Mein%20Amt' },
    });
  });

  it('lose what a network has hung on them', () => {
    expect(parseLink(link.replace('/#', '/?fbclid=abc/x#'), OWN)).toEqual({ type: 'invitation', invitation });
    expect(parseLink(link.replace('/#', '?a=1#'), OWN)).toEqual({ type: 'invitation', invitation });
  });

  it.each(['https://', 'https:///', 'https://wer@town.example', 'https://town.example\\@b.example'])(
    'under no address a device may go to are damaged: %s',
    (origin) => {
      expect(parseLink(`${origin}/#/beitreten/${payload}`, OWN)).toEqual({ type: 'damaged' });
    },
  );

  it('are looked for in a text of any length without going back and forth', () => {
    for (const long of [
      'https://'.repeat(100_000),
      'a'.repeat(1_000_000),
      ' '.repeat(1_000_000),
      '%23'.repeat(300_000),
    ]) {
      expect(parseLink(long, OWN).type).toBe(long.trim() === '' ? 'none' : 'damaged');
      expect(parseLink(`${long} ${link}`, OWN)).toEqual({ type: 'invitation', invitation });
    }
  });

  it.each([
    ['another version', [2, invitation.secret, 1, invitation.founding]],
    ['a short secret', [1, new Uint8Array(31), 1, invitation.founding]],
    ['a negative expiry', [1, invitation.secret, -1, invitation.founding]],
    ['a broken expiry', [1, invitation.secret, 1.5, invitation.founding]],
    ['no founding hash', [1, invitation.secret, 1]],
    ['more than known', [1, invitation.secret, 1, invitation.founding, 0]],
    ['something else', 'x'],
  ])('with %s are damaged', (_, value) => {
    expect(parseLink(`${OWN}/#/beitreten/${bytesToBase64Url(encodeCbor(value))}`, OWN)).toEqual({
      type: 'damaged',
    });
  });

  it('foreign to this app are damaged, and an empty field is none', () => {
    for (const text of ['https://town.example/', 'Hallo', 'https://town.example/#/gespräche', '#', payload])
      expect(parseLink(text, OWN)).toEqual({ type: 'damaged' });
    for (const text of ['', '  ', '\n']) expect(parseLink(text, OWN)).toEqual({ type: 'none' });
  });

  it('lead only to the web', () => {
    for (const scheme of ['javascript:', 'data:text/html,', 'file:///'])
      expect(parseLink(`${scheme}x/#/beitreten/${payload}`, OWN)).toMatchObject({
        invitation: { origin: OWN },
      });
  });

  it('answer any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(() => [
          parseLink(text, OWN),
          parseLink(`${link.slice(0, 40)}${text}`, OWN),
          parseLink(`#/beitreten/${text}`, OWN),
        ]).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
