/** What this browser can do about installing. Judged from plain facts, so that tests can set them. */
export interface PlatformFacts {
  readonly userAgent: string;
  readonly maxTouchPoints: number;
  /** Opened from the Home Screen or as an installed app. */
  readonly isStandalone: boolean;
}

/**
 * `installed`: runs as an app. `ios-safari`: install by the share menu, and until then Safari deletes
 * everything after seven days without use. `ios-other`: the share menu exists there too, under
 * another button. `menu`: the browser's own menu or a prompt.
 */
export type InstallWay = 'installed' | 'ios-safari' | 'ios-other' | 'mac-safari' | 'menu' | 'none';

export function installWay(facts: PlatformFacts): InstallWay {
  if (facts.isStandalone) return 'installed';
  const agent = facts.userAgent;
  // iPadOS calls itself a Mac, but no Mac has several touch points.
  const isApplePhone =
    /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && facts.maxTouchPoints > 1);
  if (isApplePhone) return /CriOS|FxiOS|EdgiOS|DuckDuckGo|OPT\//.test(agent) ? 'ios-other' : 'ios-safari';
  if (/Firefox\//.test(agent)) return /Android/.test(agent) ? 'menu' : 'none';
  if (/Macintosh/.test(agent) && /Version\/[\d.]+.*Safari\//.test(agent)) return 'mac-safari';
  return 'menu';
}

export function readPlatform(): PlatformFacts {
  return {
    userAgent: navigator.userAgent,
    maxTouchPoints: navigator.maxTouchPoints,
    isStandalone:
      matchMedia(
        '(display-mode: standalone), (display-mode: minimal-ui), (display-mode: window-controls-overlay)',
      ).matches ||
      ('standalone' in navigator && navigator.standalone === true),
  };
}
