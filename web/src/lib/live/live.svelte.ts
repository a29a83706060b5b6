// The hub's stream: one connection for the whole app. It says what changed, whether it is connected,
// and since when what is shown may be old. After a break it comes back by itself and catches up.
import { ask, type Schemas } from '../api/client';
import { clock } from '../time.svelte';
import { events } from './sse';

/** What a page hears: cases as they are now; or that it should read everything again. */
export interface Change {
  /** The cases that changed, as lists show them. */
  cases: Schemas['CaseSummary'][];
  /** Whether another catalog came into force. */
  catalog: boolean;
  /** Whether the hub could not tell what changed: read again what is shown. */
  reset: boolean;
}

/** The hub says something every 15 s; without a word for longer the connection is dead. */
const SILENCE = 20_000;
/** A hidden page gives its connection back after this long: a browser has but six for a host. */
const HIDDEN = 60_000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

class Live {
  /** `off` before one is signed in; `paused` while the page is hidden. */
  state = $state<'off' | 'connecting' | 'live' | 'broken' | 'paused'>('off');
  /** Since when what is shown may be old; null while it is current. */
  since = $state<number | null>(null);
  /** When it is tried again. */
  nextTry = $state<number | null>(null);
  /** The last commit that was heard of. */
  commit = $state(0);
  /** How many entries the record has. */
  recordSize = $state(0);

  private last: number | null = null;
  private heardAt = 0;
  private run = 0;
  private stop: AbortController | null = null;
  private wake: (() => void) | null = null;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<(change: Change) => void>();

  constructor() {
    window.addEventListener('online', () => this.again());
    document.addEventListener('visibilitychange', () => this.seen());
  }

  /** Hears of changes until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Connects, to hear of everything after this commit; of what happens from now on where it is null. */
  start(commit: number | null): void {
    this.end();
    this.last = commit;
    this.commit = commit ?? 0;
    this.state = 'connecting';
    void this.keep(++this.run);
  }

  /** Ends the connection. */
  end(): void {
    this.run += 1;
    this.stop?.abort();
    this.wake?.();
    this.state = 'off';
    this.since = this.nextTry = null;
  }

  /** Tries now instead of later. */
  again(): void {
    this.wake?.();
  }

  /** A hidden page keeps its connection for a minute; a page that is shown again takes it up. */
  private seen(): void {
    clearTimeout(this.hiding);
    if (this.state === 'off') return;
    if (document.visibilityState === 'hidden') {
      this.hiding = setTimeout(() => {
        this.broke();
        this.state = 'paused';
        this.run += 1;
        this.stop?.abort();
      }, HIDDEN);
    } else if (this.state === 'paused') {
      this.state = 'connecting';
      void this.keep(++this.run);
    } else {
      this.again();
    }
  }

  private async keep(run: number): Promise<void> {
    let wait = FIRST_WAIT;
    while (run === this.run) {
      const connected = await this.connect(run).catch(() => false);
      if (run !== this.run) return;
      this.broke();
      if (connected) wait = FIRST_WAIT;
      await this.pause(wait * (0.8 + Math.random() * 0.4));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  /** One connection, to its end; says whether there was one. */
  private async connect(run: number): Promise<boolean> {
    const stop = new AbortController();
    this.stop = stop;
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.last !== null) headers['Last-Event-ID'] = String(this.last);
    const watch = setInterval(() => {
      if (Date.now() - this.heardAt > SILENCE) stop.abort();
    }, 1_000);
    this.heardAt = Date.now();
    try {
      const response = await ask('/api/v1/stream', { headers, signal: stop.signal, cache: 'no-store' });
      if (!response.ok || !response.body || run !== this.run) return false;
      this.state = 'live';
      this.since = this.nextTry = null;
      // What was read before the stream began may be old.
      if (this.last === null) this.tell({ cases: [], catalog: true, reset: true });
      for await (const event of events(response.body, () => (this.heardAt = Date.now()))) {
        if (run !== this.run) return true;
        this.take(event.id, event.data);
      }
      return true;
    } catch {
      return this.state === 'live';
    } finally {
      clearInterval(watch);
      stop.abort();
    }
  }

  private take(id: string | null, data: string): void {
    const event = JSON.parse(data) as Schemas['StreamEvent'];
    if (id !== null) this.commit = this.last = Number(id);
    if (event.event === 'changed') this.recordSize = event.record_size;
    const change: Change =
      event.event === 'changed'
        ? { cases: event.cases, catalog: event.catalog, reset: false }
        : { cases: [], catalog: true, reset: true };
    this.tell(change);
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }

  private broke(): void {
    this.state = 'broken';
    // Until the last word from the hub it was current; after that nobody knows.
    this.since ??= clock.exact() - (Date.now() - this.heardAt);
  }

  private pause(milliseconds: number): Promise<void> {
    this.nextTry = clock.exact() + milliseconds;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export const live = new Live();
