/**
 * A town's colour as the tokens that depend on it, for light and dark, and whether it can be read there: the
 * same ratios as for Depesche's own (tests/unit/ui/tokens.test.ts). One colour is chosen, for light grounds;
 * the one for dark grounds is its lighter sister.
 */
export type Theme = 'light' | 'dark';
type Rgb = readonly [red: number, green: number, blue: number];

/** The tokens of tokens.css that a town's colour replaces. */
export interface Palette {
  readonly accent: string;
  readonly 'accent-pressed': string;
  readonly 'accent-ink': string;
  readonly 'accent-weak': string;
  readonly 'own-bubble': string;
}

export type Verdict =
  | { readonly fits: true; readonly palettes: Readonly<Record<Theme, Palette>> }
  /** The lowest ratio found against what is needed, and the nearest colour of its kind that fits. */
  | {
      readonly fits: false;
      readonly theme: Theme;
      readonly ratio: number;
      readonly needed: number;
      readonly instead: string | undefined;
    };

/** As in tokens.css: what a colour of accent stands on, and what is written on grounds made from it. */
export const GROUNDS: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#f7f5ef', '#fbf9f5', '#ffffff'],
  dark: ['#12171a', '#191f22', '#22292d', '#232a2e'],
};
export const INK: Readonly<Record<Theme, string>> = { light: '#191c1e', dark: '#ede9e0' };
const MUTED: Readonly<Record<Theme, string>> = { light: '#474b4d', dark: '#c4c6c0' };

const forText = 7;
const forSigns = 4.5;

export function judgeAccent(accent: string): Verdict {
  const palettes = palettesOf(accent);
  for (const theme of ['light', 'dark'] as const)
    for (const [a, b, needed] of pairs(palettes[theme], theme)) {
      const ratio = contrast(a, b);
      if (ratio < needed) return { fits: false, theme, ratio, needed, instead: darkerThatFits(accent) };
    }
  return { fits: true, palettes };
}

function palettesOf(accent: string): Readonly<Record<Theme, Palette>> {
  const light = toRgb(accent);
  const dark = lightened(light);
  return {
    light: {
      accent,
      'accent-pressed': toHex(mix(light, [0, 0, 0], 0.25)),
      'accent-ink': '#ffffff',
      'accent-weak': tinted('light', light),
      'own-bubble': tinted('light', light),
    },
    dark: {
      accent: toHex(dark),
      'accent-pressed': toHex(mix(dark, [255, 255, 255], 0.3)),
      'accent-ink': toHex(mix(light, [0, 0, 0], 0.65)),
      'accent-weak': tinted('dark', dark),
      'own-bubble': tinted('dark', dark),
    },
  };
}

function pairs(palette: Palette, theme: Theme): readonly (readonly [string, string, number])[] {
  const own = [palette['accent-weak'], palette['own-bubble']];
  return [
    [palette['accent-ink'], palette.accent, forText],
    [palette['accent-ink'], palette['accent-pressed'], forText],
    ...[...GROUNDS[theme], ...own].map((ground) => [palette.accent, ground, forSigns] as const),
    ...own.flatMap((ground) => [
      [INK[theme], ground, forText] as const,
      [MUTED[theme], ground, forText] as const,
    ]),
  ];
}

/** A ground with a trace of the colour: as much of it as the muted words on it allow. */
function tinted(theme: Theme, color: Rgb): string {
  const [ground, most]: readonly [Rgb, number] =
    theme === 'light' ? [[255, 255, 255], 0.15] : [[22, 28, 31], 0.18];
  const step = 0.01;
  for (let part = most; part > 0; part -= step) {
    const tint = toHex(mix(ground, color, part));
    if (contrast(MUTED[theme], tint) >= forText) return tint;
  }
  return toHex(ground);
}

/** The same hue, as light as it must be to stand out from every dark ground. */
function lightened(color: Rgb): Rgb {
  const mostVivid = 0.6;
  const step = 0.02;
  const { hue, vividness, lightness } = toHsl(color);
  for (let lighter = lightness; lighter < 1; lighter += step) {
    const sister = toRgbOfHsl(hue, Math.min(vividness, mostVivid), lighter);
    if (contrast(toHex(sister), '#232a2e') >= forText) return sister;
  }
  return [255, 255, 255];
}

function darkerThatFits(accent: string): string | undefined {
  const step = 0.04;
  for (let part = step; part < 1; part += step) {
    const darker = toHex(mix(toRgb(accent), [0, 0, 0], part));
    const palettes = palettesOf(darker);
    const fits = (['light', 'dark'] as const).every((theme) =>
      pairs(palettes[theme], theme).every(([a, b, needed]) => contrast(a, b) >= needed),
    );
    if (fits) return darker;
  }
  return undefined;
}

/** WCAG 2.2: 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(toRgb(a)), luminance(toRgb(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  const one = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * part);
  return [one(0), one(1), one(2)];
}

function toHsl(color: Rgb): { readonly hue: number; readonly vividness: number; readonly lightness: number } {
  const [red, green, blue] = [color[0] / 255, color[1] / 255, color[2] / 255];
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  const [lightness, range] = [(most + least) / 2, most - least];
  if (range === 0) return { hue: 0, vividness: 0, lightness };
  const vividness = range / (1 - Math.abs(2 * lightness - 1));
  if (most === red) return { hue: ((green - blue) / range + 6) % 6, vividness, lightness };
  if (most === green) return { hue: (blue - red) / range + 2, vividness, lightness };
  return { hue: (red - green) / range + 4, vividness, lightness };
}

/** `hue` in sixths of the circle. */
function toRgbOfHsl(hue: number, vividness: number, lightness: number): Rgb {
  const reach = vividness * Math.min(lightness, 1 - lightness);
  // Places of red, green and blue on the circle, as in CSS Color 4.
  return [channel(0), channel(8), channel(4)];

  function channel(n: number): number {
    const k = (n + hue * 2) % 12;
    return Math.round((lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))) * 255);
  }
}

function toRgb(hex: string): Rgb {
  const one = (at: number) => parseInt(hex.slice(at, at + 2), 16);
  return [one(1), one(3), one(5)];
}

function toHex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
