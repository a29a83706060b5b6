// The catalog's services as lists show them, kept current from what the stream says of cases.
import { api, read, type Schemas } from '../../lib/api/client';
import type { Change } from '../../lib/live/live.svelte';

/** A service with what a list says of how it stands. */
export type Service = Schemas['Service'] & { open: Schemas['OpenCaseView'][]; on_call: string[] };

/** How many open incidents of a service are listed, as the hub does it. */
const MOST_OPEN = 10;

/** All services. */
export async function allServices(signal: AbortSignal): Promise<Service[]> {
  const page = await read(api.GET('/api/v1/services', { params: { query: {} }, signal }));
  return page.items.map((item) => ({ ...item, open: item.open ?? [], on_call: item.on_call ?? [] }));
}

/** Puts changed incidents where they belong; null where the services themselves may have changed. */
export function patchServices(services: Service[], change: Change): Service[] | null {
  if (change.catalog) return null;
  const incidents = change.cases.filter((item) => item.kind === 'incident' && !item.drill);
  if (incidents.length === 0) return services;
  const changed = new Set(incidents.map((item) => item.id));
  return services.map((service) => {
    const here = incidents.filter((item) => item.service === service.name && item.state !== 'resolved');
    if (here.length === 0 && !service.open.some((item) => changed.has(item.id))) return service;
    const open = [
      ...service.open.filter((item) => !changed.has(item.id)),
      ...here.map(({ severity, id, state, title }) => ({ severity, id, state, title })),
    ].sort(
      (left, right) =>
        left.severity.localeCompare(right.severity) ||
        left.id.localeCompare(right.id, 'en', { numeric: true }),
    );
    return { ...service, open: open.slice(0, MOST_OPEN) };
  });
}

/** By what a list is ordered. */
export type Order = 'name' | 'team' | 'tier' | 'state';

/** What of the services is shown. */
export interface Filter {
  words: string;
  team: string;
  tier: string;
  /** Only those with open incidents. */
  open: boolean;
  order: Order;
}

/** The services that fit, in order. */
export function fitting(services: readonly Service[], filter: Filter): Service[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (service: Service): boolean => {
    const text = `${service.name} ${service.team} ${service.summary ?? ''}`.toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (filter.team === '' || service.team === filter.team) &&
      (filter.tier === '' || String(service.tier) === filter.tier) &&
      (!filter.open || service.open.length > 0)
    );
  };
  const worst = (service: Service): string => service.open[0]?.severity ?? 'without';
  const orders: Record<Order, (left: Service, right: Service) => number> = {
    name: () => 0,
    team: (left, right) => left.team.localeCompare(right.team),
    tier: (left, right) => left.tier - right.tier,
    state: (left, right) => worst(left).localeCompare(worst(right)) || left.tier - right.tier,
  };
  return services
    .filter(fits)
    .sort((left, right) => orders[filter.order](left, right) || left.name.localeCompare(right.name));
}
