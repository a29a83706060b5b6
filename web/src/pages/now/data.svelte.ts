// What the page Now shows of the hub.
import { api, read, readAll, type Schemas } from '../../lib/api/client';
import { byNeed, isPagedFor, isUntaken, patchOpen, withSymptoms, type CaseSummary } from '../../lib/cases';
import { Resource } from '../../lib/live/resource.svelte';
import { session } from '../../lib/session.svelte';

/** The most open cases that are read; a page that shows more says nothing any more. */
const MOST = 3_000;
/** How often what only counts is asked for, at most. */
const COUNTS_CALM = 1_000;
/** How often the state of the hub itself is asked for, at most. */
const HUB_CALM = 5_000;

/** Open cases, who is on call, how the hub is; all kept current. */
export class NowData {
  private readonly open = new Resource<CaseSummary[]>({
    load: async (signal) => {
      const query = { state: 'open,acknowledged,mitigated', limit: 1_000 };
      const page = (cursor: string | undefined) =>
        read(api.GET('/api/v1/cases', { params: { query: { ...query, cursor } }, signal }));
      return (await readAll(page, MOST)).items;
    },
    patch: patchOpen,
  });
  private readonly oncall = new Resource({
    load: async (signal) => (await read(api.GET('/api/v1/oncall', { signal }))).items,
    touchedBy: (change) => change.catalog,
  });
  private readonly hub = new Resource({
    load: (signal) => read(api.GET('/api/v1/status', { signal })),
    touchedBy: () => true,
    calm: HUB_CALM,
  });
  private readonly counts = new Resource({
    load: (signal) => read(api.GET('/api/v1/cases/counts', { signal })),
    touchedBy: (change) => change.catalog || change.cases.length > 0,
    calm: COUNTS_CALM,
  });

  /** Every open case, what needs a person first. */
  cases = $derived([...(this.open.data ?? [])].sort(byNeed));
  /** Incidents that are real. */
  incidents = $derived(this.cases.filter((item) => item.kind === 'incident' && !item.drill));
  /** The same with what follows from each. */
  groups = $derived(withSymptoms(this.incidents));
  /** What is done for exercise. */
  drills = $derived(this.cases.filter((item) => item.drill));
  /** Findings, actions and other work. */
  work = $derived(this.cases.filter((item) => item.kind !== 'incident' && !item.drill));
  /** What nobody has taken, and what somebody is or will be paged for. */
  untaken = $derived(this.incidents.filter((item) => isUntaken(item) && !item.symptom_of));
  /** What one was paged for and nobody has taken. */
  pages = $derived(this.cases.filter((item) => isPagedFor(item, session.person)));
  /** What one owns. */
  owned = $derived(this.cases.filter((item) => session.person !== null && item.owner === session.person));
  /** How many services have an open incident. */
  troubled = $derived(new Set(this.incidents.flatMap((item) => item.service ?? [])).size);

  /** Whether the first answer has come. */
  get ready(): boolean {
    return this.open.data !== undefined;
  }

  get error(): unknown {
    return this.open.error;
  }

  get shifts(): Schemas['OnCall'][] | undefined {
    return this.oncall.data;
  }

  get status(): Schemas['Status'] | undefined {
    return this.hub.data;
  }

  /** How many services the catalog has; 0 before that is known. */
  get services(): number {
    return this.counts.data?.services ?? 0;
  }

  /** When the last incident was over; null where there never was one. */
  get lastOverAt(): string | null {
    return this.counts.data?.last_over_at ?? null;
  }

  again(): void {
    this.open.refresh();
  }
}
