// Who uses the app. The hub keeps the token in a cookie that no script can read; this only knows whose
// it is.
import { api, onSignedOut, read, type Schemas } from './api/client';
import { ProblemError } from './api/problem';
import { live } from './live/live.svelte';

class Session {
  /** `unknown` until the hub was asked; `away` while it does not answer. */
  state = $state<'unknown' | 'in' | 'out' | 'away'>('unknown');
  /** Who one is. */
  me = $state.raw<Schemas['Session'] | null>(null);
  /** The organisation and how its hub is. */
  status = $state.raw<Schemas['Status'] | null>(null);

  constructor() {
    onSignedOut(() => this.leave());
  }

  /** The name of the person, or what else holds the token. */
  get name(): string {
    return this.me?.actor.name ?? this.me?.actor.kind ?? '';
  }

  /** The person's name; null for the first-start token and sources, which are nobody. */
  get person(): string | null {
    return this.me?.actor.kind === 'person' ? (this.me.actor.name ?? null) : null;
  }

  /** Asks the hub who one is, and starts to listen. */
  async resume(): Promise<void> {
    try {
      // The status goes first: what is read after it is at least as new as its commit, from which the
      // stream begins, so nothing is missed in between.
      const status = read(api.GET('/api/v1/status')).catch((error: unknown) => {
        // Whoever may not see how the hub is hears of what happens from now on.
        if (error instanceof ProblemError && error.status === 403) return null;
        throw error;
      });
      const [seen, me] = await Promise.all([status, read(api.GET('/api/v1/session'))]);
      this.status = seen;
      this.me = me;
      this.state = 'in';
      live.start(seen?.commit ?? null);
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) this.leave();
      else this.state = 'away';
    }
  }

  /** Signs in with a token; throws the hub's refusal. */
  async signIn(token: string): Promise<void> {
    await read(api.POST('/api/v1/session', { body: { token } }));
    await this.resume();
  }

  /** Signs out, here and at the hub. */
  async signOut(): Promise<void> {
    await read(api.DELETE('/api/v1/session')).catch(() => null);
    this.leave();
  }

  /** How the hub is now. */
  async look(): Promise<void> {
    this.status = await read(api.GET('/api/v1/status'));
  }

  private leave(): void {
    live.end();
    this.me = null;
    this.state = 'out';
  }
}

export const session = new Session();
