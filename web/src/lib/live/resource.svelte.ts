// What a page shows of the hub: read when the page opens, read again when the stream says that it
// changed, kept on the screen meanwhile and when reading fails. Make it while a component is set up.
import { ProblemError } from '../api/client';
import { live, type Change } from './live.svelte';

/** How to read, and when to read again. */
export interface Options<T> {
  /** Reads it. What it looks at of the page's state (before the first `await`) makes it read again. */
  load: (signal: AbortSignal) => Promise<T>;
  /** Whether a change of the hub touches it; never where absent. A `reset` always does. */
  touchedBy?: (change: Change, data: T | undefined) => boolean;
  /** Puts a change into what is there without asking; null where it has to ask. */
  patch?: (data: T, change: Change) => T | null;
  /** The shortest time between two readings, in milliseconds; `CALM` where absent. */
  calm?: number;
}

/** The shortest time between two readings, in milliseconds: a busy hub is not asked for each commit. */
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
  private readAt = 0;
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

  /** Reads it again, soon. */
  refresh(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.begin(),
      Math.max(0, this.readAt + (this.options.calm ?? CALM) - Date.now()),
    );
  }

  /** Shows this now; the hub has just said so. */
  set(data: T): void {
    this.data = data;
    if (this.running) this.again = true;
  }

  private hear(change: Change): void {
    if (change.reset) return this.refresh();
    const { patch, touchedBy } = this.options;
    if (this.data !== undefined && patch) {
      const patched = patch(this.data, change);
      if (patched === null) this.refresh();
      else {
        this.data = patched;
        // What is being read may be older than the change.
        if (this.running && change.cases.length > 0) this.again = true;
      }
    } else if (touchedBy?.(change, this.data) || (patch && this.running)) {
      this.refresh();
    }
  }

  private begin(): void {
    this.cancel();
    const stop = new AbortController();
    this.running = stop;
    const asked = this.options.load(stop.signal);
    queueMicrotask(() => (this.loading = this.running === stop));
    void this.finish(asked, stop);
  }

  private async finish(asked: Promise<T>, stop: AbortController): Promise<void> {
    let failed = false;
    try {
      const data = await asked;
      if (this.running !== stop) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (this.running !== stop) return;
      this.error = error;
      failed = error instanceof ProblemError && error.passes;
    }
    this.running = null;
    this.loading = false;
    this.readAt = Date.now();
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
  }
}
