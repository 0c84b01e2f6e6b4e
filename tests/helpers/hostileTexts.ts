/**
 * Texts that careless programs run, load, obey or break on. Everything in them that would become an element
 * carries the class `from-content`; everything that would run sets `window.wasRun`; everything that would load
 * asks `foreign.example`. None of it may happen (promise P11).
 */
const C = 'class=from-content';
const RUN = 'window.wasRun=1';
const AWAY = 'https://foreign.example';
const zalgo = (text: string): string =>
  [...text].map((char) => char + '\u0300\u0315\u0327\u0333\u034f\u0489'.repeat(12)).join('');
const FAMILY = '\u{1f468}\u{1f3fd}\u200d\u{1f469}\u{1f3ff}\u200d\u{1f467}\u{1f3fb}\u200d\u{1f466}\u{1f3fe}';

/** Short enough for a name, after it was made one line. */
export const HOSTILE_LINES: readonly string[] = [
  `<script ${C}>${RUN}</script>`,
  `<img ${C} src=x onerror=${RUN}>`,
  `<svg ${C} onload=${RUN}>`,
  `"><b ${C} onmouseover="${RUN}">x`,
  `' autofocus onfocus='${RUN}' x='`,
  `</title><script>${RUN}</script>`,
  `<math><mtext ${C}><style><img src onerror=${RUN}>`,
  `<iframe ${C} srcdoc="<script>${RUN}</script>">`,
  `<style ${C}>*{display:none!important}</style>`,
  `<link ${C} rel=stylesheet href=${AWAY}/a.css>`,
  `</p></div><h1 ${C}>Amt</h1><!--`,
  `&lt;b ${C}&gt;&#60;i&#62; &amp; &nbsp;`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}\${alert(1)}#{alert(1)}<%= 7*7 %>`,
  `{@html '<b ${C}>x</b>'}{#if true}x{/if}`,
  `javascript:${RUN}`,
  `[klick](javascript:${RUN})`,
  `${AWAY}/"onclick=${RUN}`,
  `url(${AWAY}/x.png);background:url(${AWAY}/y)`,
  '}*{color:transparent}[x=',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-1',
  '../../../../etc/passwd',
  "Robert'); DROP TABLE logs;--",
  '=cmd|calc!A1',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'W'.repeat(80),
  'مرحبا بالعالم hello שלום',
  `${FAMILY} ${FAMILY}`,
  '\u{1f1e9}\u{1f1ea}\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}',
  zalgo('Amt').slice(0, 80),
  'a\u0300'.normalize('NFD') + '\ufeff\u200b\u00ad',
  '\u3164',
  '﷽﷽﷽﷽﷽﷽﷽﷽﷽﷽',
];

/** Only for places that take any text. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...HOSTILE_LINES,
  '\u202eexe.tnemmokod\u202c gelesen von \u2066links\u2069 \u200f rechts',
  '\u202e'.repeat(200) + 'umgedreht',
  'eins\u2028zwei\u2029drei\u0085vier',
  'Null\u0000 Glocke\u0007 Escape\u001b[31m Lösch\u007f C1\u009b',
  'halb \ud83d hoch \udc00 tief \ud800\ud800',
  '\u200b'.repeat(500) + 'unsichtbar' + '\u2060'.repeat(500),
  FAMILY.repeat(120),
  zalgo('Dienstanweisung Streudienst'),
  'X'.repeat(3_000),
  'a'.repeat(12_000),
  '\u{1f4a3}'.repeat(3_000),
  '\n'.repeat(300) + 'unten',
  '\t'.repeat(400) + 'eingerückt',
  `<${'div><'.repeat(600)}`,
  `${'('.repeat(2_000)}${AWAY}${')'.repeat(2_000)}`,
  `${AWAY}/?q=<script>${RUN}</script>&a="onclick="${RUN}`,
  `https://bank.example@${AWAY.slice(8)}/ https://xn--80ak6aa92e.com http://[::1]/ data:text/html,<script>${RUN}</script>`,
  `JaVaScRiPt:${RUN} vbscript:x \u0001javascript:${RUN} java\tscript:${RUN} file:///etc/passwd blob:${AWAY}/x`,
  `mailto:a@b.example?bcc=x@y.example&body=x tel:+49<script> mailto:"><img src=x onerror=${RUN}>@x`,
  `<a ${C} href="javascript:${RUN}" ping="${AWAY}">x</a><base ${C} href="${AWAY}"><meta ${C} http-equiv=refresh content="0;${AWAY}">`,
  `<form ${C} action="${AWAY}"><input ${C} name=innerHTML><button ${C} formaction="javascript:${RUN}">x</button></form>`,
  `<svg ${C}><use href="data:image/svg+xml,<svg id=x onload=${RUN}>#x"/><animate onbegin=${RUN} attributeName=x dur=1s></svg>`,
  `<noscript><p title="</noscript><img ${C} src=x onerror=${RUN}>">`,
  `<template ${C}><script>${RUN}</script></template><video ${C} src=${AWAY}/v autoplay onloadstart=${RUN}>`,
  `<object ${C} data="${AWAY}"></object><embed ${C} src="${AWAY}"><audio ${C} src=x onerror=${RUN}>`,
  `]]><![CDATA[<script>${RUN}</script>]]><?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;`,
];
