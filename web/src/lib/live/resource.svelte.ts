// What a page shows of the hub: read when the page opens, read again when the stream says that it
// changed, kept on the screen meanwhile and when reading fails. Make it while a component is set up.
import { ProblemError } from '../api/client';
import { live, type Change } from './live.svelte';

/** How to read, and when to read again. */
export interface Options<T> {
  /** Reads it. What it looks at of the page's state (before the first `await`) makes it read again. */
  load: (signal: AbortSignal) => Promise<T>;
  /** Whether a change of the hub makes it read again; never where absent. A `reset` always does. */
  touchedBy?: (change: Change, data: T | undefined) => boolean;
  /** Puts what a change says into what is there, at once; null where it has to be read again. */
  patch?: (data: T, change: Change) => T | null;
  /** The shortest time from one reading's beginning to the next one's, in milliseconds; `CALM` where absent. */
  calm?: number;
}

/** The shortest time between two readings' beginnings, in milliseconds: a busy hub is not asked for each commit. */
const CALM = 120;
/** How long until a failed reading is tried again. */
const AGAIN = 2_000;

/** Something of the hub, kept current. */
export class Resource<T> {
  /** What was read last; undefined before the first answer. */
  data = $state.raw<T>();
  /** Why the last reading failed. */
  error = $state.raw<unknown>(null);
  /** Whether it is being read. */
  loading = $state(false);

  private running: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private again = false;
  private begunAt = 0;
  /** What was heard since the reading began, for `patch`: it may be news to what is read. */
  private heard: Change[] = [];
  private readonly options: Options<T>;

  constructor(options: Options<T>) {
    this.options = options;
    $effect(() => {
      // The first part of `load` runs within this effect, so that what it looks at is noticed.
      this.begin();
      return () => this.cancel();
    });
    $effect(() => live.onChange((change) => this.hear(change)));
  }

  /** Reads it again: at once after a calm; after the reading that is under way, which may have missed it. */
  refresh(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    const due = this.begunAt + (this.options.calm ?? CALM);
    this.timer = setTimeout(() => this.begin(), Math.max(0, due - Date.now()));
  }

  /** Shows this now; the hub has just said so. */
  set(data: T): void {
    this.data = data;
    if (this.running) this.again = true;
  }

  private hear(change: Change): void {
    if (change.reset) return this.refresh();
    const { patch, touchedBy } = this.options;
    if (this.running && patch) this.heard.push(change);
    if (this.data !== undefined) this.data = this.patched(this.data, change);
    if (touchedBy?.(change, this.data)) this.refresh();
  }

  /** With what a change says; as it was where that has to be read again. */
  private patched(data: T, change: Change): T {
    const { patch } = this.options;
    if (!patch) return data;
    const patched = patch(data, change);
    if (patched === null) this.refresh();
    return patched ?? data;
  }

  private begin(): void {
    this.cancel();
    const stop = new AbortController();
    this.running = stop;
    this.begunAt = Date.now();
    const asked = this.options.load(stop.signal);
    queueMicrotask(() => (this.loading = this.running === stop));
    void this.finish(asked, stop);
  }

  private async finish(asked: Promise<T>, stop: AbortController): Promise<void> {
    let failed = false;
    try {
      const data = await asked;
      if (this.running !== stop) return;
      this.data = this.heard.reduce<T>((now, change) => this.patched(now, change), data);
      this.error = null;
    } catch (error) {
      if (this.running !== stop) return;
      this.error = error;
      failed = error instanceof ProblemError && error.passes;
    }
    this.running = null;
    this.loading = false;
    this.heard = [];
    if (this.again) {
      this.again = false;
      this.refresh();
    } else if (failed) {
      this.timer = setTimeout(() => this.begin(), AGAIN);
    }
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
    this.again = false;
    this.heard = [];
  }
}
