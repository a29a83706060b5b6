// A list that does not move under the hand. While somebody reads or works in it, its rows stay where
// they are and change in place; new ones are counted and shown when asked for, or when the hand is gone.

/** How long a finger that was lifted still counts as working there, in milliseconds. */
const AFTER_TOUCH = 3_000;
/** How far one may have scrolled before rows above would push what is read, in pixels. */
const SCROLLED = 80;

/** A row as it is shown. */
export interface HeldRow<T> {
  item: T;
  /** Whether it is no longer in the list, and only keeps its place. */
  gone: boolean;
}

/** Keeps the order of a list while it is held. Make it while a component is set up. */
export class Held<T> {
  private order = $state.raw<string[]>([]);
  private pointer = $state(false);
  private focus = $state(false);
  private scrolled = $state(false);
  private readonly known = new Map<string, T>();
  private readonly source: () => readonly T[];
  private readonly key: (item: T) => string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether its rows stay where they are. */
  held = $derived(this.pointer || this.focus || this.scrolled);

  /** The rows to show. */
  rows: HeldRow<T>[] = $derived.by(() => {
    const now = new Map(this.source().map((item) => [this.key(item), item]));
    if (!this.held || this.order.length === 0) return this.source().map((item) => ({ item, gone: false }));
    return this.order.flatMap((key) => {
      const item = now.get(key) ?? this.known.get(key);
      return item === undefined ? [] : [{ item, gone: !now.has(key) }];
    });
  });

  /** What has come since the order was held. */
  fresh: T[] = $derived.by(() => {
    if (!this.held || this.order.length === 0) return [];
    const shown = new Set(this.order);
    return this.source().filter((item) => !shown.has(this.key(item)));
  });

  constructor(source: () => readonly T[], key: (item: T) => string) {
    this.source = source;
    this.key = key;
    $effect(() => {
      const items = source();
      for (const item of items) this.known.set(key(item), item);
      if (!this.held) this.order = items.map(key);
    });
    $effect(() => {
      const look = (): void => void (this.scrolled = window.scrollY > SCROLLED);
      window.addEventListener('scroll', look, { passive: true });
      return () => window.removeEventListener('scroll', look);
    });
  }

  /** Shows what has come, in its place. */
  release(): void {
    const items = this.source();
    this.known.clear();
    for (const item of items) this.known.set(this.key(item), item);
    this.order = items.map(this.key);
  }

  /** Watches hand and focus in an element: `<ul {@attach held.watch}>`. */
  readonly watch = (element: HTMLElement): (() => void) => {
    const stop = new AbortController();
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      does: (event: HTMLElementEventMap[K]) => void,
    ): void => element.addEventListener(name, does, { signal: stop.signal, passive: true });
    const touched = (): void => {
      this.pointer = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.pointer = false), AFTER_TOUCH);
    };
    on('pointerenter', (event) => {
      if (event.pointerType === 'mouse') this.pointer = true;
    });
    on('pointerleave', (event) => {
      if (event.pointerType === 'mouse') this.pointer = false;
    });
    on('touchstart', touched);
    on('touchmove', touched);
    on('focusin', () => queueMicrotask(() => (this.focus = element.contains(document.activeElement))));
    // Drawing takes rows away, and with them the focus: it is looked at when the drawing is done.
    on('focusout', () => queueMicrotask(() => (this.focus = element.contains(document.activeElement))));
    return () => {
      stop.abort();
      clearTimeout(this.timer);
    };
  };
}
