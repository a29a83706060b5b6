// The timeline of a case: read once to its end, then only what has come since.
import { untrack } from 'svelte';
import { api, ProblemError, read, type Schemas } from '../../lib/api/client';
import { live } from '../../lib/live/live.svelte';

export type Entry = Schemas['TimelineEntry'];

/** The longest page of the API. */
const PAGE = 1_000;
/** More than this is not kept in a browser: the record has it. */
const MOST = 20_000;
/** How long until a failed reading is tried again, in milliseconds. */
const AGAIN = 2_000;

export class Timeline {
  /** What happened, oldest first. */
  entries = $state.raw<Entry[]>([]);
  /** Whether the first reading reached its end. */
  ready = $state(false);
  /** Whether there is more than is kept here. */
  cut = $state(false);
  error = $state.raw<unknown>(null);

  private readonly id: string;
  private running = false;
  private wanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop = new AbortController();

  constructor(id: string) {
    this.id = id;
    $effect(() => {
      // What it holds already is no reason to begin again.
      untrack(() => this.refresh());
      return () => {
        this.stop.abort();
        clearTimeout(this.timer);
      };
    });
    $effect(() =>
      live.onChange((change) => {
        if (change.reset) this.again();
        else if (change.cases.some((item) => item.id === id)) this.refresh();
      }),
    );
  }

  /** Reads what has come since. */
  refresh(): void {
    if (this.running) this.wanted = true;
    else void this.run();
  }

  /** Reads all of it again. */
  again(): void {
    this.whole = true;
    this.refresh();
  }

  private whole = false;

  private async run(): Promise<void> {
    this.running = true;
    clearTimeout(this.timer);
    do {
      this.wanted = false;
      try {
        await this.readOn();
        this.error = null;
        this.ready = true;
      } catch (error) {
        if (this.stop.signal.aborted) return;
        this.error = error;
        if (error instanceof ProblemError && error.passes)
          this.timer = setTimeout(() => this.refresh(), AGAIN);
      }
    } while (this.wanted);
    this.running = false;
  }

  private async readOn(): Promise<void> {
    let known = this.whole ? [] : this.entries;
    this.whole = false;
    for (;;) {
      const last = known.at(-1)?.seq;
      const query = { limit: PAGE, ...(last === undefined ? {} : { cursor: String(last) }) };
      const params = { path: { id: this.id }, query };
      const page = await read(api.GET('/api/v1/cases/{id}/timeline', { params, signal: this.stop.signal }));
      if (page.items.length > 0 || known !== this.entries) this.entries = known = [...known, ...page.items];
      this.cut = known.length >= MOST && Boolean(page.next_cursor);
      if (!page.next_cursor || this.cut) return;
    }
  }
}
