import type { Component } from 'svelte';
import type { LucideProps } from '@lucide/svelte';

export interface MenuItem {
  readonly label: string;
  readonly icon?: Component<LucideProps>;
  readonly onselect: () => void;
  /** Destroys something: shown in the alarm colour. */
  readonly isDanger?: boolean;
  /** A line above it. */
  readonly startsGroup?: boolean;
}
