// What the situation room shows of one case, kept current, and how it is changed: each change says which
// version of the case it was decided on, so that nobody undoes what somebody else has just done.
import { untrack } from 'svelte';
import { api, onceKey, ProblemError, read, type Schemas } from '../../lib/api/client';
import { wordsOf } from '../../lib/api/problem';
import type { Change } from '../../lib/live/live.svelte';
import { Resource } from '../../lib/live/resource.svelte';
import { toasts } from '../../lib/toast.svelte';
import type { Bodies, CaseDetail, Met, Outcome, Question } from './asked';
import { differencesOf } from './differences';
import { Timeline } from './timeline.svelte';

export type { Bodies, CaseDetail, Met, Outcome, Question } from './asked';

/** The shortest time between two readings of what is large, in milliseconds. */
const CALM = 600;

export class Room {
  readonly id: string;
  readonly timeline: Timeline;
  /** The question that is being asked. */
  question = $state<Question | null>(null);
  /** A change by one key that met another one. */
  met = $state.raw<Met | null>(null);
  /** What is being done. */
  busy = $state<string | null>(null);

  private readonly detail: Resource<CaseDetail>;
  private readonly reach: Resource<Schemas['AffectedView']>;
  private readonly messages: Resource<Schemas['Told'][]>;
  /** Keys of what was asked and not answered, so that asking again does it once. */
  private readonly asked = new Map<string, string>();

  constructor(id: string) {
    this.id = id;
    const path = { id };
    const mine = (change: Change): boolean => change.cases.some((item) => item.id === id);
    this.detail = new Resource<CaseDetail>({
      load: (signal) => read(api.GET('/api/v1/cases/{id}', { params: { path }, signal })),
      touchedBy: mine,
      patch: (detail, change) => {
        const summary = change.cases.find((item) => item.id === id);
        // An edit is decided on all of it: only reading all of it again gives it another version.
        return summary ? { ...detail, ...summary, revision: detail.revision } : detail;
      },
    });
    this.reach = new Resource({
      load: (signal) => read(api.GET('/api/v1/cases/{id}/affected', { params: { path }, signal })),
      // Other cases colour its nodes.
      touchedBy: (change) => change.catalog || change.cases.some((item) => item.kind === 'incident'),
      calm: CALM,
    });
    this.messages = new Resource({
      load: async (signal) =>
        (await read(api.GET('/api/v1/cases/{id}/told', { params: { path }, signal }))).items,
      touchedBy: mine,
      calm: CALM,
    });
    this.timeline = new Timeline(id);
    // Texts that were erased leave the screen too.
    let erased: string | null = null;
    $effect(() => {
      const at = this.now?.erased?.at ?? null;
      if (at === erased) return;
      erased = at;
      untrack(() => this.timeline.again());
    });
  }

  /** The case; undefined before the first answer. */
  get now(): CaseDetail | undefined {
    return this.detail.data;
  }

  get error(): unknown {
    return this.detail.error;
  }

  get affected(): Schemas['AffectedView'] | undefined {
    return this.reach.data;
  }

  get affectedError(): unknown {
    return this.reach.error;
  }

  /** The pages of the case, in the order decided. */
  get pages(): Schemas['Told'][] {
    return (this.messages.data ?? []).filter((message) => message.purpose === 'page');
  }

  /** Reads everything again. */
  refresh(): void {
    this.detail.refresh();
    this.reach.refresh();
    this.messages.refresh();
    this.timeline.refresh();
  }

  /** Whether whoever looks may do this. */
  may(what: string): boolean {
    return this.now?.may?.includes(what) ?? false;
  }

  /** Asks for a change of the case as it was in `base`; of the case as it is where that is null. */
  async ask<A extends keyof Bodies>(act: A, body: Bodies[A], base: CaseDetail | null): Promise<Outcome> {
    const intent = `${act} ${JSON.stringify(body)} ${base?.revision ?? ''}`;
    const once = this.asked.get(intent) ?? onceKey();
    this.asked.set(intent, once);
    this.busy = act;
    try {
      const header = {
        'Idempotency-Key': once,
        ...(base ? { 'If-Match': `"${base.revision}"` } : {}),
      };
      const params = { path: { id: this.id }, header };
      const path = `/api/v1/cases/{id}/${act}` as '/api/v1/cases/{id}/notes';
      const now = await read(api.POST(path, { params, body: body as never }));
      this.asked.delete(intent);
      this.take(now);
      return { kind: 'done', now };
    } catch (error) {
      if (!(error instanceof ProblemError && error.passes)) this.asked.delete(intent);
      if (error instanceof ProblemError && error.status === 412 && base) {
        const now = (error.problem.current as unknown as CaseDetail | null) ?? (await this.look());
        this.take(now);
        // What the hub itself noted meanwhile is nobody's edit: then it still is what one decided on.
        if (differencesOf(base, now).length === 0) return await this.ask(act, body, now);
        return { kind: 'changed', base, now };
      }
      return { kind: 'failed', error };
    } finally {
      this.busy = null;
    }
  }

  /**
   * Does something by one press: says that it was done, how to take it back where that is honest, and
   * what somebody else did where the two met.
   */
  async press<A extends keyof Bodies>(
    act: A,
    body: Bodies[A],
    words: { wanted: string; done: string; undo?: (before: CaseDetail, now: CaseDetail) => void },
    base = this.now,
  ): Promise<boolean> {
    if (!base || this.busy) return false;
    const outcome = await this.ask(act, body, base);
    if (outcome.kind === 'done') {
      const { undo } = words;
      toasts.done(words.done, undo ? () => undo(base, outcome.now) : undefined);
      return true;
    }
    if (outcome.kind === 'failed') {
      toasts.failed(`Could not ${words.wanted}: ${wordsOf(outcome.error)}`);
      return false;
    }
    this.met = {
      wanted: words.wanted,
      base,
      now: outcome.now,
      again: async () => void (await this.press(act, body, words, outcome.now)),
    };
    return false;
  }

  /** Takes the case. */
  acknowledge(): void {
    void this.press(
      'acknowledge',
      {},
      {
        wanted: `acknowledge ${this.id}`,
        done: `You have ${this.id}. Nobody else is paged for it.`,
      },
    );
  }

  /** Says that the harm has stopped. */
  mitigate(): void {
    void this.press(
      'mitigate',
      {},
      {
        wanted: `mark ${this.id} as mitigated`,
        done: `${this.id} is mitigated: the harm has stopped, the cause may remain.`,
      },
    );
  }

  /** Says how bad it is; can be taken back. */
  setSeverity(severity: Schemas['Severity'], base = this.now): void {
    void this.press(
      'severity',
      { severity },
      {
        wanted: `set the severity to ${severity}`,
        done: `${this.id} is ${severity} now.`,
        undo: (before, now) => this.setSeverity(before.severity, now),
      },
      base,
    );
  }

  /** Gives the case to a person; can be taken back where somebody had it before. */
  giveTo(person: string, base = this.now): void {
    const before = base?.owner;
    const back = before && before !== person ? before : null;
    void this.press(
      'assign',
      { person },
      {
        wanted: `give ${this.id} to ${person}`,
        done: `${this.id} belongs to ${person} now.`,
        ...(back ? { undo: (_, now) => this.giveTo(back, now) } : {}),
      },
      base,
    );
  }

  /** Gives a role to a person, or lays it down with null; can be taken back. */
  setRole(role: Schemas['Role'], person: string | null, base = this.now): void {
    const before = base?.roles.find((holder) => holder.role === role)?.person ?? null;
    void this.press(
      'roles',
      { role, person },
      {
        wanted: person ? `make ${person} ${role}` : `lay down the role ${role}`,
        done: person ? `${person} is ${role} now.` : `Nobody is ${role} now.`,
        undo: (_, now) => this.setRole(role, before, now),
      },
      base,
    );
  }

  /** Takes a link away; can be taken back. */
  unlink(link: Schemas['LinkView'], base = this.now): void {
    void this.press(
      'unlink',
      link,
      {
        wanted: 'remove the link',
        done: `The link to ${link.case ?? link.url ?? ''} is gone.`,
        undo: (_, now) => this.link(link, now),
      },
      base,
    );
  }

  /** Links it to another case or to an address; can be taken back. */
  link(link: Schemas['LinkRequest'], base = this.now): void {
    void this.press(
      'links',
      link,
      {
        wanted: 'add the link',
        done: `Linked to ${link.case ?? link.url ?? ''}.`,
        undo: (_, now) => this.unlink(link, now),
      },
      base,
    );
  }

  /** Calls an entry of the timeline a key event, or no more. */
  async setKey(entry: number, key: boolean): Promise<void> {
    try {
      const params = { path: { id: this.id } };
      this.take(await read(api.POST('/api/v1/cases/{id}/key-events', { params, body: { entry, key } })));
    } catch (error) {
      toasts.failed(`Could not mark it: ${wordsOf(error)}`);
    }
  }

  /** Shows the case as the hub has just said it is. */
  private take(now: CaseDetail): void {
    if (now.revision >= (this.now?.revision ?? 0)) this.detail.set(now);
    this.timeline.refresh();
  }

  private look(): Promise<CaseDetail> {
    return read(api.GET('/api/v1/cases/{id}', { params: { path: { id: this.id } } }));
  }
}
