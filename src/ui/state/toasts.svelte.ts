/** Short notes at the edge of the screen, with a way back where there is one. */
export interface Toast {
  readonly key: number;
  readonly text: string;
  readonly action: ToastAction | undefined;
}

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

/** Long enough to read and to reach the button; WCAG 2.2.1 is met because nothing is lost with it. */
const lifetime = 8_000;

export class Toasts {
  #shown = $state.raw<readonly Toast[]>([]);
  #nextKey = 1;

  get shown(): readonly Toast[] {
    return this.#shown;
  }

  show(text: string, action?: ToastAction): void {
    const toast: Toast = { key: this.#nextKey++, text, action };
    this.#shown = [...this.#shown.slice(-1), toast];
    setTimeout(() => this.dismiss(toast.key), lifetime);
  }

  dismiss(key: number): void {
    this.#shown = this.#shown.filter((toast) => toast.key !== key);
  }
}
