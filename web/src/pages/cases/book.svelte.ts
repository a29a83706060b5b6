// A list of cases, however long: read a page at a time as one goes down, kept only around where one is,
// changed in place by the stream. Rows that are new wait while a hand is on the list.
import { api, read, type Schemas } from '../../lib/api/client';
import { ProblemError } from '../../lib/api/problem';
import type { CaseSummary } from '../../lib/cases';
import { live, type Change } from '../../lib/live/live.svelte';
import { session } from '../../lib/session.svelte';
import { clock } from '../../lib/time.svelte';
import { asked, compare, fits, queryOf, type Filters } from './filters';

/** How many cases the first page has, and those after it. */
const FIRST_PAGE = 100;
const PAGE = 300;
/** How many pages are kept beside the first, and how many around what is seen. */
const KEPT = 40;
/** The most rows: a browser draws nothing taller. */
const MOST = 400_000;
/** How long after a failure it is tried again, in milliseconds. */
const AGAIN = 2_000;

/** A part of the list. */
interface Part {
  cursor: string | undefined;
  /** How many rows it has, also while they are not kept. */
  count: number;
  /** Its cases; null while they are not kept. */
  items: CaseSummary[] | null;
}

/** What a list was when one left it. */
export interface Kept {
  query: string;
  parts: Part[];
  next: string | null;
}

/** The list. Make it while a component is set up. */
export class CaseBook {
  private parts = $state.raw<Part[]>([]);
  private next = $state.raw<string | null>(null);
  /** Cases that have come and are not shown yet. */
  fresh = $state.raw<CaseSummary[]>([]);
  /** Why the last reading failed. */
  error = $state.raw<unknown>(null);
  /** Whether the first page is being read. */
  starting = $state(true);
  /** Whether more is being read. */
  reading = $state(false);
  /** How many pages without a case were read one after the other. */
  searched = $state(0);

  /** How many rows are known. */
  count = $derived(this.parts.reduce((sum, part) => sum + part.count, 0));
  /** Whether the last case is known. */
  whole = $derived(!this.starting && this.next === null);
  /** Whether there are more than can be shown. */
  full = $derived(this.count >= MOST);

  private readonly filters: () => Filters;
  private readonly held: () => boolean;
  private stop = new AbortController();
  private readonly filling = new Set<Part>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(filters: () => Filters, held: () => boolean, kept: Kept | null) {
    this.filters = filters;
    this.held = held;
    let first = kept;
    $effect(() => {
      const query = queryOf(filters());
      void clock.zone;
      if (first?.query === query) this.take(first);
      else void this.start();
      first = null;
      return () => {
        this.stop.abort();
        clearTimeout(this.timer);
      };
    });
    $effect(() => live.onChange((change) => this.hear(change)));
  }

  /** Reads the list from its beginning; what is there stays until the answer comes. */
  async start(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    this.stop = new AbortController();
    const stop = this.stop;
    this.starting = true;
    this.reading = false;
    this.filling.clear();
    this.searched = 0;
    try {
      const page = await this.ask(undefined, FIRST_PAGE, stop.signal);
      if (stop.signal.aborted) return;
      this.parts = [{ cursor: undefined, count: page.items.length, items: page.items }];
      this.next = page.next_cursor ?? null;
      this.fresh = [];
      this.error = null;
      this.starting = false;
      this.seek();
    } catch (error) {
      this.fail(error, stop, () => void this.start());
    }
  }

  /** Sees to it that these rows are there, and what comes soon after. */
  look(from: number, to: number): void {
    let first = 0;
    const missing: Part[] = [];
    this.parts.forEach((part) => {
      const seen = first < to && first + part.count > from;
      if (seen && part.items === null) missing.push(part);
      first += part.count;
    });
    for (const part of missing) void this.fill(part);
    if (to + PAGE / 2 >= this.count) void this.more();
    this.forget(from, to);
  }

  /** The case of a row; null while it is being read again. */
  at(index: number): CaseSummary | null {
    let first = 0;
    for (const part of this.parts) {
      if (index < first + part.count) return part.items?.[index - first] ?? null;
      first += part.count;
    }
    return null;
  }

  /** The row of a case, where it is kept. */
  rowOf(id: string): number | null {
    let first = 0;
    for (const part of this.parts) {
      const at = part.items?.findIndex((item) => item.id === id) ?? -1;
      if (at >= 0) return first + at;
      first += part.count;
    }
    return null;
  }

  /** Shows what has come. */
  release(): void {
    const fresh = this.fresh;
    this.fresh = [];
    for (const item of fresh) this.insert(item);
  }

  /** Shows a case as the hub has just said it is. */
  put(item: CaseSummary): void {
    this.replace(new Map([[item.id, item]]));
  }

  /** What is there, for when one comes back. */
  keep(): Kept | null {
    if (this.starting) return null;
    return { query: queryOf(this.filters()), parts: this.parts, next: this.next };
  }

  private take(kept: Kept): void {
    this.stop = new AbortController();
    this.parts = kept.parts;
    this.next = kept.next;
    this.starting = false;
    // What changed since is read for what one sees first.
    for (const part of this.parts) if (part.items) void this.fill(part);
  }

  /** Reads what comes after the last row. */
  private async more(): Promise<void> {
    if (this.next === null || this.reading || this.starting || this.full) return;
    const stop = this.stop;
    const cursor = this.next;
    this.reading = true;
    try {
      const page = await this.ask(cursor, PAGE, stop.signal);
      if (stop.signal.aborted) return;
      const known = new Set(this.parts.at(-1)?.items?.map((item) => item.id));
      const items = page.items.filter((item) => !known.has(item.id));
      if (items.length > 0) this.parts = [...this.parts, { cursor, count: items.length, items }];
      this.searched = items.length > 0 ? 0 : this.searched + 1;
      this.next = page.next_cursor ?? null;
      this.error = null;
      this.reading = false;
      this.seek();
    } catch (error) {
      this.fail(error, stop, () => void this.more());
    }
  }

  /** A page may be empty and not the last: what is rare is looked for until one is found. */
  private seek(): void {
    if (this.count === 0) void this.more();
  }

  /** Reads again what was not kept. */
  private async fill(part: Part): Promise<void> {
    if (this.filling.has(part) || part.count === 0) return;
    this.filling.add(part);
    const stop = this.stop;
    try {
      const page = await this.ask(part.cursor, Math.min(1_000, part.count), stop.signal);
      if (stop.signal.aborted) return;
      this.parts = this.parts.map((other) => {
        if (other.cursor !== part.cursor) return other;
        return { ...other, items: page.items, count: Math.max(other.count, page.items.length) };
      });
      this.error = null;
    } catch (error) {
      if (!stop.signal.aborted) this.error = error;
    } finally {
      this.filling.delete(part);
    }
  }

  /** Keeps only the parts around what is seen. */
  private forget(from: number, to: number): void {
    const kept = this.parts.filter((part) => part.items !== null).length;
    if (kept <= KEPT + 1) return;
    let first = 0;
    this.parts = this.parts.map((part, index) => {
      const far = first + part.count < from - (PAGE * KEPT) / 4 || first > to + (PAGE * KEPT) / 4;
      first += part.count;
      return far && index > 0 && part.items ? { ...part, items: null } : part;
    });
  }

  private hear(change: Change): void {
    if (change.reset) {
      // What was missed is not known: read it all again, unless somebody works here.
      if (!this.held()) void this.start();
      else for (const part of this.parts) if (part.items) void this.fill(part);
      return;
    }
    const changed = new Map(change.cases.map((item) => [item.id, item]));
    if (changed.size === 0 || this.starting) return;
    for (const id of this.replace(changed)) changed.delete(id);
    const filters = this.filters();
    const fresh = [...changed.values()].filter((item) => fits(filters, item, clock.zone, session.person));
    if (fresh.length === 0) return;
    if (this.held() && this.count > 0) {
      const known = new Map(this.fresh.map((item) => [item.id, item]));
      for (const item of fresh) if (this.belongs(item)) known.set(item.id, item);
      this.fresh = [...known.values()];
    } else for (const item of fresh) this.insert(item);
  }

  /** Puts cases in the place of what they were; gives the names of those that were there. */
  private replace(changed: ReadonlyMap<string, CaseSummary>): string[] {
    const found: string[] = [];
    const parts = this.parts.map((part) => {
      if (!part.items?.some((item) => changed.has(item.id))) return part;
      const items = part.items.map((item) => {
        const now = changed.get(item.id);
        if (now) found.push(item.id);
        return now ?? item;
      });
      return { ...part, items };
    });
    if (found.length > 0) this.parts = parts;
    return found;
  }

  /** Whether a case stands among those that are known, and not after them. */
  private belongs(item: CaseSummary): boolean {
    const last = this.parts.at(-1)?.items?.at(-1);
    return this.next === null || (last !== undefined && compare(this.filters(), item, last) < 0);
  }

  private insert(item: CaseSummary): void {
    if (!this.belongs(item) || this.rowOf(item.id) !== null) return;
    const filters = this.filters();
    const before = (other: CaseSummary | undefined): boolean =>
      other !== undefined && compare(filters, item, other) < 0;
    const place = this.parts.findIndex((part) => part.items && before(part.items.at(-1)));
    const index = place < 0 ? this.parts.length - 1 : place;
    this.parts = this.parts.map((part, at) => {
      if (at !== index || !part.items) return part;
      const row = part.items.findIndex(before);
      const items = [...part.items];
      items.splice(row < 0 ? items.length : row, 0, item);
      return { ...part, items, count: items.length };
    });
  }

  private ask(
    cursor: string | undefined,
    limit: number,
    signal: AbortSignal,
  ): Promise<Schemas['Page_CaseSummary']> {
    const query = { ...asked(this.filters(), clock.zone), cursor, limit };
    return read(api.GET('/api/v1/cases', { params: { query }, signal }));
  }

  private fail(error: unknown, stop: AbortController, again: () => void): void {
    if (stop.signal.aborted) return;
    this.error = error;
    this.starting = this.reading = false;
    if (error instanceof ProblemError && error.passes) this.timer = setTimeout(again, AGAIN);
  }
}
