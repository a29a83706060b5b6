// The names that questions about a case offer: people, teams, schedules, audiences, services.
import { api, read } from '../../lib/api/client';
import { session } from '../../lib/session.svelte';

/** Something of the catalog that can be picked. */
export interface Pick {
  kind: 'person' | 'team' | 'schedule' | 'audience' | 'service';
  name: string;
  /** What helps to know it again. */
  about: string;
}

/** The names; empty until they were read. Make it while a component is set up. */
export class Names {
  people = $state.raw<Pick[]>([]);
  teams = $state.raw<Pick[]>([]);
  schedules = $state.raw<Pick[]>([]);
  audiences = $state.raw<Pick[]>([]);
  services = $state.raw<Pick[]>([]);
  /** Why they could not be read. */
  error = $state.raw<unknown>(null);

  constructor() {
    $effect(() => {
      const stop = new AbortController();
      void this.load(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) this.error = error;
      });
      return () => stop.abort();
    });
  }

  private async load(signal: AbortSignal): Promise<void> {
    const [people, oncall, all] = await Promise.all([
      read(api.GET('/api/v1/people', { signal })),
      read(api.GET('/api/v1/oncall', { signal })),
      read(api.GET('/api/v1/catalog/names', { signal })),
    ]);
    const duty = new Map<string, string[]>();
    for (const shift of oncall.items) {
      if (!shift.person) continue;
      duty.set(shift.person, [...(duty.get(shift.person) ?? []), shift.schedule]);
    }
    // Oneself first, then whoever is on call.
    const rank = (name: string): number => (name === session.person ? 0 : duty.has(name) ? 1 : 2);
    this.people = people.items
      .map((person): Pick => {
        const on = duty.get(person.name);
        const about = [person.display_name, ...person.teams].join(', ');
        return {
          kind: 'person',
          name: person.name,
          about: on ? `${about} · on call: ${on.join(', ')}` : about,
        };
      })
      .sort((left, right) => rank(left.name) - rank(right.name) || left.name.localeCompare(right.name));
    this.schedules = oncall.items.map((shift) => ({
      kind: 'schedule',
      name: shift.schedule,
      about: shift.person ? `now ${shift.person}` : 'nobody now',
    }));
    const names = (all as { names?: Record<string, string[]> }).names ?? {};
    const of = (section: string, kind: Pick['kind']): Pick[] =>
      (names[section] ?? []).map((name) => ({ kind, name, about: '' }));
    this.teams = of('Team', 'team');
    this.audiences = of('Audience', 'audience');
    this.services = of('Service', 'service');
  }
}
