// Which page is shown: the address says so, and nothing else does. A page gets the named parts of its
// path as `params` and reads `router.query`; filters live in the address by `router.setQuery`.
import type { Component } from 'svelte';

/** A page of the app. */
export interface Route {
  /** Its path; `:name` stands for one part. */
  path: string;
  /** What people call it; the title of the page until it gives its own. */
  name: string;
  /** The key after `g` that goes there; none where the page needs a name of something. */
  key?: string;
  /** Whether the header has it. */
  nav?: boolean;
  /** Whether one must be signed in. */
  open?: boolean;
  /** Loads it when it is first shown: a component that takes `PageProps`, or nothing. */
  load: () => Promise<{ default: unknown }>;
}

/** What every page is given. */
export interface PageProps {
  params: Record<string, string>;
}

/** The component of a page that was loaded. */
export function pageOf(loaded: { default: unknown }): Component<PageProps> {
  return loaded.default as Component<PageProps>;
}

/** A route that fits an address. */
export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** Finds the route of a path. */
export function matchRoute(routes: readonly Route[], path: string): Match | null {
  const parts = path.replace(/\/+$/, '').split('/');
  for (const route of routes) {
    const wanted = route.path.replace(/\/+$/, '').split('/');
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((want, index) => {
      const part = parts[index] ?? '';
      if (!want.startsWith(':')) return want === part;
      try {
        params[want.slice(1)] = decodeURIComponent(part);
      } catch {
        return false;
      }
      return part !== '';
    });
    if (fits) return { route, params };
  }
  return null;
}

class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  /** Whether one has just gone to another page, whose title then takes the focus. */
  arriving = false;

  constructor() {
    history.scrollRestoration = 'auto';
    window.addEventListener('popstate', () => this.read());
  }

  /** Goes to an address of the app. */
  go(href: string, how: { replace?: boolean } = {}): void {
    const url = new URL(href, location.href);
    const elsewhere = url.pathname !== location.pathname;
    if (how.replace) history.replaceState(null, '', url);
    else if (url.href !== location.href) history.pushState(null, '', url);
    this.read();
    if (elsewhere) {
      this.arriving = true;
      window.scrollTo(0, 0);
    }
  }

  /** Sets values of the address's query, or removes them with null. It makes no step of the history. */
  setQuery(values: Record<string, string | null>): void {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    history.replaceState(null, '', url);
    this.read();
  }

  /** Follows links within the app without loading the page again. */
  follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link?.href || link.target || link.hasAttribute('download') || link.origin !== location.origin)
      return;
    if (/^\/(api|in|tlog|p|assets)\//.test(link.pathname)) return;
    event.preventDefault();
    this.go(link.href);
  }

  private read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }
}

export const router = new Router();
