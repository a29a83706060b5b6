// The signals of a case: read in pieces as they are looked at, so that ten thousand are as light as ten.
import { untrack } from 'svelte';
import { api, read, type Schemas } from '../../lib/api/client';
import { live } from '../../lib/live/live.svelte';

export type Member = Schemas['Member'];

const PAGE = 500;
/** How long a hand that types is waited for, in milliseconds. */
const PAUSE = 150;
/** The shortest time between two readings of a piece because the case changed, in milliseconds. */
const CALM = 1_000;

export class Members {
  items = $state.raw<Member[]>([]);
  /** Whether there are more than were read. */
  more = $state(false);
  ready = $state(false);
  error = $state.raw<unknown>(null);

  private readonly id: string;
  private cursor: string | undefined;
  private stop = new AbortController();
  private reading = false;
  private filter: { q?: string; firing?: boolean } = {};

  constructor(id: string, wanted: () => { find: string; firing: boolean }) {
    this.id = id;
    $effect(() => {
      const { find, firing } = wanted();
      const filter = { ...(find.trim() ? { q: find.trim() } : {}), ...(firing ? { firing } : {}) };
      const pause = untrack(() => (this.ready ? PAUSE : 0));
      const timer = setTimeout(() => void this.begin(filter), pause);
      return () => clearTimeout(timer);
    });
    let soon: ReturnType<typeof setTimeout> | undefined;
    $effect(() => {
      const end = live.onChange((change) => {
        if (!change.reset && !change.cases.some((item) => item.id === id)) return;
        soon ??= setTimeout(
          () => {
            soon = undefined;
            void this.again();
          },
          CALM * Math.max(1, Math.ceil(untrack(() => this.items.length) / PAGE)),
        );
      });
      return () => {
        end();
        clearTimeout(soon);
        this.stop.abort();
      };
    });
  }

  /** Reads on, where there is more. */
  async further(): Promise<void> {
    if (this.reading || !this.more) return;
    await this.piece(this.stop.signal);
  }

  private async begin(filter: Members['filter']): Promise<void> {
    this.stop.abort();
    this.stop = new AbortController();
    this.filter = filter;
    this.cursor = undefined;
    this.reading = false;
    await this.piece(this.stop.signal, true);
  }

  /** Reads again what was read: states change in their places. */
  private async again(): Promise<void> {
    if (this.reading) return;
    const wanted = Math.max(this.items.length, PAGE);
    const signal = this.stop.signal;
    this.reading = true;
    try {
      let fresh: Member[] = [];
      let cursor: string | undefined;
      do {
        const page = await this.page(cursor, signal);
        fresh = [...fresh, ...page.items];
        cursor = page.next_cursor ?? undefined;
      } while (cursor && fresh.length < wanted);
      if (signal.aborted) return;
      this.items = fresh;
      this.cursor = cursor;
      this.more = cursor !== undefined;
    } catch {
      // The next change asks again; the header says when the hub is away.
    } finally {
      if (!signal.aborted) this.reading = false;
    }
  }

  private async piece(signal: AbortSignal, first = false): Promise<void> {
    this.reading = true;
    try {
      const page = await this.page(this.cursor, signal);
      if (signal.aborted) return;
      this.items = first ? page.items : [...this.items, ...page.items];
      this.cursor = page.next_cursor ?? undefined;
      this.more = this.cursor !== undefined;
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!signal.aborted) this.error = error;
    } finally {
      if (!signal.aborted) this.reading = false;
    }
  }

  private page(cursor: string | undefined, signal: AbortSignal): Promise<Schemas['Page_Member']> {
    const query = { ...this.filter, limit: PAGE, ...(cursor ? { cursor } : {}) };
    const params = { path: { id: this.id }, query };
    return read(api.GET('/api/v1/cases/{id}/members', { params, signal }));
  }
}
