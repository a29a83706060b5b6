// Which cases the page shows. The address says it, in the API's own words, so that a view can be sent to
// somebody; days are written as days and mean the viewer's zone.
import { Temporal } from 'temporal-polyfill';
import type { CaseSummary } from '../../lib/cases';

/** The filters of the address, in the order in which they are shown. */
export const NAMES = [
  'text',
  'state',
  'severity',
  'kind',
  'team',
  'service',
  'person',
  'mine',
  'drill',
  'opened_from',
  'opened_until',
  'sort',
] as const;

export type Name = (typeof NAMES)[number];
/** What is chosen; nothing stands for all. */
export type Filters = Partial<Record<Name, string>>;

export const STATES = ['open', 'acknowledged', 'mitigated', 'resolved'] as const;
export const SEVERITIES = ['sev1', 'sev2', 'sev3', 'sev4'] as const;
export const KINDS = ['incident', 'ticket', 'request', 'change', 'finding', 'action'] as const;

/** The filters of an address; what is no filter is left out. */
export function filtersOf(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value) filters[name] = value;
  }
  return filters;
}

/** The same as an address's query, always in one order. */
export function queryOf(filters: Filters): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = filters[name];
    if (value) query.set(name, value);
  }
  return query.toString().replaceAll('%2C', ',');
}

/** What the API is asked for; days become instants of the zone. */
export function asked(filters: Filters, zone: string): Record<string, string | boolean> {
  const query: Record<string, string | boolean> = { ...filters };
  for (const name of ['mine', 'drill'] as const) {
    if (filters[name] !== undefined) query[name] = filters[name] === 'true';
  }
  if (filters.opened_from) query['opened_from'] = instant(filters.opened_from, 0, zone);
  if (filters.opened_until) query['opened_until'] = instant(filters.opened_until, 1, zone);
  return query;
}

/** The beginning of a day, so many days later; what is no day stays, for the hub to judge. */
function instant(text: string, later: number, zone: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  try {
    return Temporal.PlainDate.from(text)
      .add({ days: later })
      .toZonedDateTime({ timeZone: zone })
      .toInstant()
      .toString();
  } catch {
    return text;
  }
}

/** The chosen words of a filter that takes several. */
export function wordsIn(value: string | undefined): string[] {
  return (value ?? '').split(',').filter((word) => word !== '');
}

/** Takes a word into such a filter, or out of it. */
export function toggled(value: string | undefined, word: string, order: readonly string[]): string {
  const words = new Set(wordsIn(value));
  if (!words.delete(word)) words.add(word);
  // All of them is the same as none.
  return words.size === order.length ? '' : order.filter((known) => words.has(known)).join(',');
}

/** Whether a case fits, as far as a list can tell; `me` is the person who looks. */
export function fits(filters: Filters, item: CaseSummary, zone: string, me: string | null): boolean {
  const among = (value: string | undefined, word: string): boolean =>
    value === undefined || wordsIn(value).includes(word);
  const whose = filters.mine === 'true' ? me : filters.person;
  const theirs = (): boolean =>
    item.owner === whose || (item.paged?.people ?? []).some((person) => person === whose);
  const opened = item.opened_at === undefined ? NaN : Date.parse(item.opened_at ?? '');
  const range = asked(filters, zone);
  return (
    among(filters.state, item.state) &&
    among(filters.severity, item.severity) &&
    among(filters.kind, item.kind) &&
    (filters.team === undefined || filters.team === item.team) &&
    (filters.service === undefined || filters.service === item.service) &&
    (filters.drill === undefined || (filters.drill === 'true') === item.drill) &&
    (filters.text === undefined || item.title.toLowerCase().includes(filters.text.toLowerCase())) &&
    (filters.opened_from === undefined || !(opened < Date.parse(String(range['opened_from'])))) &&
    (filters.opened_until === undefined || !(opened >= Date.parse(String(range['opened_until'])))) &&
    ((filters.mine !== 'true' && filters.person === undefined) || theirs())
  );
}

/** The order of the list: less than nothing where the left one stands before. */
export function compare(filters: Filters, left: CaseSummary, right: CaseSummary): number {
  const opened =
    (left.opened_at ?? '').localeCompare(right.opened_at ?? '') ||
    left.id.localeCompare(right.id, 'en', { numeric: true });
  if (filters.sort === 'oldest') return opened;
  if (filters.sort === 'severity') return left.severity.localeCompare(right.severity) || -opened;
  return -opened;
}

/** How many things are chosen beside the order. */
export function chosen(filters: Filters): number {
  return NAMES.filter((name) => name !== 'sort' && filters[name] !== undefined).length;
}
