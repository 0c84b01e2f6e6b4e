/** Which route is shown, and the way back that never leaves the app by surprise. */
import { hrefOf, parseRoute, type Route } from '../routes';

export class Router {
  #current = $state.raw<Route>({ name: 'list' });
  /** Hashes behind us in the browser's history, as far as this page made them. */
  #trail: readonly string[];

  constructor() {
    this.#trail = [location.hash];
    this.#current = parseRoute(location.hash);
  }

  get current(): Route {
    return this.#current;
  }

  /** Answers the way to stop. */
  listen(): () => void {
    const changed = () => this.#changed();
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }

  go(route: Route, options: { readonly replace?: boolean } = {}): void {
    const href = hrefOf(route);
    if (href === location.hash) return;
    if (options.replace) {
      this.#trail = [...this.#trail.slice(0, -1), href];
      history.replaceState(undefined, '', href);
      this.#current = route;
    } else location.hash = href;
  }

  /** To the page before, or, when this page was opened directly, to the one above it. */
  back(above: Route): void {
    if (this.#trail.length > 1 && this.#trail.at(-2) === hrefOf(above)) history.back();
    else this.go(above, { replace: true });
  }

  #changed(): void {
    const hash = location.hash;
    const isBack = this.#trail.length > 1 && this.#trail.at(-2) === hash;
    this.#trail = isBack ? this.#trail.slice(0, -1) : [...this.#trail.slice(-20), hash];
    this.#current = parseRoute(hash);
  }
}
