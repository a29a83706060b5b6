// Which rows of a long list are drawn: those in the window and a few around them. Rows have one height;
// one of them may be open and have more under it. The page scrolls, not the list.
import { tick } from 'svelte';

/** How many rows beyond the edges are drawn, so that a quick hand does not meet white. */
const AROUND = 12;
/** What stands over the list while it scrolls: the header of the app and that of the list, in pixels. */
const TOP = 96;
/** The same below: the bar of a phone, or of what is selected. */
const BOTTOM = 80;

/** What a list says of itself. */
export interface Rows {
  count: () => number;
  /** The height of a row, in pixels. */
  height: () => number;
  /** The open row, where one is. */
  open?: () => number | null;
}

/** The part of a list that is drawn. Make it while a component is set up. */
export class RowWindow {
  private element: HTMLElement | null = null;
  /** Where the window begins within the list, in pixels; less than nothing while the list is below. */
  private offset = $state(0);
  private view = $state(window.innerHeight);
  /** How much the open row has under it, in pixels. */
  private extra = $state(0);
  private readonly rows: Rows;

  private readonly open = $derived.by(() => this.rows.open?.() ?? null);
  private readonly under = $derived(this.open === null ? 0 : this.extra);

  /** The first row that is drawn. */
  first = $derived.by(() => Math.max(0, Math.min(this.at(this.offset) - AROUND, this.rows.count())));
  /** The row after the last that is drawn. */
  end = $derived.by(() => Math.min(this.rows.count(), this.at(this.offset + this.view) + 1 + AROUND));
  /** How much room the rows before them take. */
  before = $derived.by(() => this.top(this.first));
  /** How much room the rows after them take. */
  after = $derived.by(() => this.top(this.rows.count()) - this.top(this.end));

  constructor(rows: Rows) {
    this.rows = rows;
    $effect(() => {
      let asked = 0;
      const look = (): void => {
        asked ||= requestAnimationFrame(() => {
          asked = 0;
          this.look();
        });
      };
      const stop = new AbortController();
      const how = { passive: true, signal: stop.signal };
      window.addEventListener('scroll', look, how);
      window.addEventListener('resize', look, how);
      // What stands above the list may grow or shrink.
      const sizes = new ResizeObserver(look);
      sizes.observe(document.body);
      this.look();
      return () => {
        stop.abort();
        sizes.disconnect();
        cancelAnimationFrame(asked);
      };
    });
  }

  /** The list itself: `<div {@attach rows.list}>`. */
  readonly list = (element: HTMLElement): (() => void) => {
    this.element = element;
    this.look();
    return () => (this.element = null);
  };

  /** What stands under the open row: `<div {@attach rows.opened}>`. */
  readonly opened = (element: HTMLElement): (() => void) => {
    const sizes = new ResizeObserver(() => (this.extra = element.offsetHeight));
    sizes.observe(element);
    this.extra = element.offsetHeight;
    return () => {
      sizes.disconnect();
      this.extra = 0;
    };
  };

  /** Scrolls no further than it takes to see a row, and waits until it is drawn. */
  async reveal(index: number): Promise<void> {
    // What was just read must have its room on the page first, or the page is too short to scroll there.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await tick();
      const top = this.element?.getBoundingClientRect().top;
      if (top === undefined) return;
      const from = top + this.top(index);
      const to = from + this.rows.height();
      if (from < TOP) window.scrollBy(0, from - TOP);
      else if (to > window.innerHeight - BOTTOM) window.scrollBy(0, to - window.innerHeight + BOTTOM);
      this.look();
      await tick();
      if (index >= this.first && index < this.end) return;
    }
  }

  /** How many rows fit between the edges. */
  get fits(): number {
    return Math.max(1, Math.floor((this.view - TOP - BOTTOM) / this.rows.height()));
  }

  private look(): void {
    if (!this.element) return;
    this.view = window.innerHeight;
    this.offset = -this.element.getBoundingClientRect().top;
  }

  /** Where a row begins. */
  private top(index: number): number {
    const open = this.open;
    return index * this.rows.height() + (open !== null && index > open ? this.under : 0);
  }

  /** The row at a place. */
  private at(place: number): number {
    const height = this.rows.height();
    const open = this.open;
    if (open === null || place < (open + 1) * height) return Math.floor(place / height);
    return Math.max(open, Math.floor((place - this.under) / height));
  }
}
