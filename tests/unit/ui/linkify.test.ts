import { describe, expect, it } from 'vitest';
import { linkify } from '../../../src/ui/conversation/linkify';

const links = (text: string) => linkify(text).filter((token) => token.type === 'link');
const joined = (text: string) =>
  linkify(text)
    .map((token) => token.text)
    .join('');

describe('linkify', () => {
  it('finds web addresses and leaves the sentence its full stop', () => {
    expect(linkify('Siehe https://stadt.example/a?b=1#c. Danke!')).toEqual([
      { type: 'text', text: 'Siehe ' },
      {
        type: 'link',
        text: 'https://stadt.example/a?b=1#c',
        href: 'https://stadt.example/a?b=1#c',
        isExternal: true,
      },
      { type: 'text', text: '. Danke!' },
    ]);
  });

  it('keeps balanced brackets and gives back unbalanced ones', () => {
    expect(links('(https://a.example/b_(c))').map((x) => x.text)).toEqual(['https://a.example/b_(c)']);
    expect(links('[https://a.example/b]').map((x) => x.text)).toEqual(['https://a.example/b']);
  });

  it('knows mail and telephone', () => {
    expect(links('tel:+492241100000 oder mailto:amt@stadt.example')).toEqual([
      { type: 'link', text: '+492241100000', href: 'tel:+492241100000', isExternal: false },
      { type: 'link', text: 'amt@stadt.example', href: 'mailto:amt@stadt.example', isExternal: false },
    ]);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://a.example/1',
    'ftp://a.example',
    'intent://scan/#Intent;scheme=zxing;end',
    'https://',
    'http://:80',
    'https://user@stadt.example/',
    'https://stadt.example:pass@evil.example/',
    'https://stadt.example\u202egnp.exe',
    'https://stadt\u200b.example',
    'xhttps://stadt.example',
    'mailto:a@b@c',
    'mailto:',
    'tel:*21*0123456#',
    'tel:abc',
    'https://[::1',
    `https://a.example/${'x'.repeat(3_000)}`,
  ])('makes no link of %j', (text) => {
    expect(links(text)).toEqual([]);
    expect(joined(text)).toBe(text);
  });

  it('drops what a mail link would put into the mail', () => {
    expect(links('mailto:a@b.example?cc=c@d.example&body=x')).toEqual([
      { type: 'link', text: 'a@b.example', href: 'mailto:a@b.example', isExternal: false },
    ]);
  });

  it('shows where an international host really leads', () => {
    const [link] = links('https://pаypal.example/login');
    expect(link).toMatchObject({ text: 'https://xn--pypal-4ve.example/login' });
  });

  it('only ever answers the four schemes, whatever comes in', () => {
    const parts = [
      'https://',
      'javascript:',
      'mailto:',
      'tel:',
      '"><img src=x onerror=alert(1)>',
      '\u0000',
      ' ',
      'a@b',
      '+49',
      '%0a',
      '\\',
      '(',
      ')',
    ];
    let seed = 42;
    for (let run = 0; run < 2_000; run++) {
      let text = '';
      for (let i = 0; i < 6; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        text += parts[seed % parts.length] ?? '';
      }
      for (const token of linkify(text))
        if (token.type === 'link') expect(token.href, text).toMatch(/^(https?:\/\/|mailto:|tel:)/);
    }
  });

  it('stays quick on a hostile wall of text', () => {
    const wall = 'https://'.repeat(1_500) + '('.repeat(3_000) + ')'.repeat(3_000);
    expect(joined(wall)).toBe(wall);
  });
});
