// The entries of the record that a page shows: read as one goes down, those that come while somebody reads waiting
// until they are asked for.
import { api, read, type Schemas } from '../../lib/api/client';
import { ProblemError } from '../../lib/api/problem';
import { live } from '../../lib/live/live.svelte';
import type { Filters } from './filters';

export type Entry = Schemas['RecordEntry'];

const PAGE = 100;
/** The most entries that are kept. */
const MOST = 20_000;
/** How often it is asked what is new, at most, in milliseconds. */
const CALM = 300;
const AGAIN = 2_000;

/** The list. Make it while a component is set up. */
export class Log {
  entries = $state.raw<Entry[]>([]);
  /** What has come and is not shown yet, in the order of the list. */
  fresh = $state.raw<Entry[]>([]);
  starting = $state(true);
  reading = $state(false);
  error = $state.raw<unknown>(null);
  private next = $state.raw<string | null>(null);
  /** Whether all are known. */
  whole = $derived(!this.starting && this.next === null);
  full = $derived(this.entries.length >= MOST);

  private readonly filters: () => Filters;
  private readonly held: () => boolean;
  private stop = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private again = false;
  /** Up to where entries were looked at, in the order of time. */
  private seen = -1;

  constructor(filters: () => Filters, held: () => boolean) {
    this.filters = filters;
    this.held = held;
    $effect(() => {
      void filters();
      void this.start();
      return () => {
        this.stop.abort();
        clearTimeout(this.timer);
      };
    });
    $effect(() => live.onChange(() => this.hear()));
  }

  /** Whether the oldest come first: from a chosen one on. */
  private get upwards(): boolean {
    return this.filters().from !== undefined;
  }

  async start(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    this.stop = new AbortController();
    const stop = this.stop;
    [this.starting, this.reading, this.asking, this.again] = [true, false, false, false];
    try {
      const page = await this.ask(undefined, stop.signal);
      if (stop.signal.aborted) return;
      this.entries = page.items;
      this.next = page.next_cursor ?? null;
      this.fresh = [];
      this.seen = page.items[this.upwards ? page.items.length - 1 : 0]?.seq ?? -1;
      this.error = null;
      this.starting = false;
      this.hear();
    } catch (error) {
      this.fail(error, stop, () => void this.start());
    }
  }

  /** Reads what comes after the last one. */
  async more(): Promise<void> {
    if (this.next === null || this.reading || this.starting || this.full) return;
    const stop = this.stop;
    this.reading = true;
    try {
      const page = await this.ask(this.next, stop.signal);
      if (stop.signal.aborted) return;
      this.entries = [...this.entries, ...page.items];
      this.next = page.next_cursor ?? null;
      if (this.upwards) this.seen = this.entries.at(-1)?.seq ?? this.seen;
      this.error = null;
      this.reading = false;
    } catch (error) {
      this.fail(error, stop, () => void this.more());
    }
  }

  /** Shows what has come. */
  release(): void {
    const fresh = this.fresh;
    this.fresh = [];
    this.entries = this.upwards ? [...this.entries, ...fresh] : [...fresh, ...this.entries];
  }

  private hear(): void {
    // From a chosen one on, what is new stands behind what was not read yet.
    if (this.starting || (this.upwards && this.next !== null)) return;
    if (this.asking) this.again = true;
    else {
      this.asking = true;
      this.timer = setTimeout(() => void this.newer(), CALM);
    }
  }

  private async newer(): Promise<void> {
    const stop = this.stop;
    const { case: about, from: _, ...filters } = this.filters();
    const after = this.seen < 0 ? {} : { cursor: String(this.seen) };
    const query = { ...filters, ...(about ? { case: about } : {}), ...after, sort: 'oldest', limit: 1_000 };
    try {
      const page = await read(api.GET('/api/v1/record/entries', { params: { query }, signal: stop.signal }));
      if (stop.signal.aborted) return;
      this.take(page.items);
      if (page.next_cursor) {
        this.seen = Math.max(this.seen, Number(page.next_cursor));
        this.again = true;
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      this.error = error;
    }
    this.asking = false;
    if (this.again) {
      this.again = false;
      this.hear();
    }
  }

  private take(items: Entry[]): void {
    const last = items.at(-1);
    if (!last) return;
    this.seen = last.seq;
    const known = new Set([...this.entries, ...this.fresh].map((entry) => entry.seq));
    const fresh = items.filter((entry) => !known.has(entry.seq));
    this.fresh = this.upwards ? [...this.fresh, ...fresh] : [...fresh.reverse(), ...this.fresh];
    if (!this.held() || this.entries.length === 0) this.release();
    this.error = null;
  }

  private ask(cursor: string | undefined, signal: AbortSignal): Promise<Schemas['Page_RecordEntry']> {
    const { from, ...filters } = this.filters();
    const order = from === undefined ? { sort: 'newest' } : { from: Number(from) };
    const query = {
      ...filters,
      ...(cursor === undefined ? order : { sort: from ? 'oldest' : 'newest', cursor }),
    };
    return read(api.GET('/api/v1/record/entries', { params: { query: { ...query, limit: PAGE } }, signal }));
  }

  private fail(error: unknown, stop: AbortController, again: () => void): void {
    if (stop.signal.aborted) return;
    this.error = error;
    this.starting = this.reading = false;
    if (error instanceof ProblemError && error.passes) this.timer = setTimeout(again, AGAIN);
  }
}
