/** Puts a town's colour on, or takes it off. One that cannot be read is not worn, whoever sent it. */
import type { TownLook } from '../../domain/townLook';
import { judgeAccent } from './palette';

const TOKENS = ['accent', 'accent-pressed', 'accent-ink', 'accent-weak', 'own-bubble'] as const;

export function wearLook(look: TownLook | undefined, root: HTMLElement): void {
  const verdict = look?.accent === undefined ? undefined : judgeAccent(look.accent);
  for (const token of TOKENS)
    if (verdict?.fits)
      root.style.setProperty(
        `--${token}`,
        `light-dark(${verdict.palettes.light[token]}, ${verdict.palettes.dark[token]})`,
      );
    else root.style.removeProperty(`--${token}`);
}
