/** German sentences of an office, the same in every run; one in a hundred speaks of a `RARE` thing. */

const WORDS =
  `die der das Vorlage Sitzung Antrag Bauamt Schule Straße heute morgen bitte noch einmal prüfen wegen
Frist Bescheid Bürgerin Termin Unterlagen Anlage Leitung Abstimmung Haushalt Verkehr Brücke Sperrung Freitag Montag
kurz schicken liegt vor fehlt unterschrieben offen fertig nach Rücksprache mit Frau Herrn Becker Yılmaz Nowak im
Rathaus Zimmer zweiter Stock neu Entwurf Fassung Stellungnahme Kämmerei Ordnungsamt Jugendamt Spielplatz Wasser
Leitungen geprüft ab sofort gilt nur wenn nicht dann eben doch vielleicht später übernehme ich gern danke`.split(
    /\s+/,
  );

export const RARE = 'Zisterne';
const EVERY = 100;

export function textsFrom(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => textAt(first + index));
}

/** About eighty characters; the number makes it unlike all others. */
export function textAt(n: number): string {
  let state = (n * 2_654_435_761 + 12_345) >>> 0;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words = Array.from({ length: 7 + draw(9) }, () => WORDS[draw(WORDS.length)]);
  if (n % EVERY === EVERY - 1) words.push(RARE);
  return `${words.join(' ')} (Nr. ${n})`;
}
