// One automation: read, halted, let go on, answered, tried.
import { api, read, type Schemas } from '../../lib/api/client';
import { sortOf, type Happening, type Sort } from '../automations/data';

export type Detail = Schemas['AutomationDetail'];
export type Question = Schemas['AutomationQuestion'];
export type Trial = Schemas['AutomationTest'];

/** Reads one. */
export function readAutomation(name: string, signal: AbortSignal): Promise<Detail> {
  return read(api.GET('/api/v1/automations/{name}', { params: { path: { name } }, signal }));
}

/** Halts it. */
export function pause(name: string, text: string): Promise<Detail> {
  return read(api.POST('/api/v1/automations/{name}/pause', { params: { path: { name } }, body: { text } }));
}

/** Lets it go on. */
export function resume(name: string): Promise<Detail> {
  return read(api.POST('/api/v1/automations/{name}/resume', { params: { path: { name } } }));
}

/** Agrees to what it asks, or does not. */
export function answer(name: string, number: number, agrees: boolean, text: string): Promise<Detail> {
  const params = { path: { name, number } };
  if (agrees) return read(api.POST('/api/v1/automations/{name}/questions/{number}/approve', { params }));
  const body = text.trim() === '' ? {} : { text: text.trim() };
  return read(api.POST('/api/v1/automations/{name}/questions/{number}/decline', { params, body }));
}

/** Asks what it would answer to an event; nothing happens. */
export function tryOut(name: string, event: unknown): Promise<Trial> {
  const params = { path: { name } };
  return read(api.POST('/api/v1/automations/{name}/test', { params, body: event as never }));
}

/** What came of it, of one sort or of all. */
export function ofSort(events: readonly Happening[], sort: Sort | 'all'): Happening[] {
  return events.filter((event) => sort === 'all' || sortOf(event) === sort);
}

/** What held it back lately, most often first: the gate and how often. */
export function gatesOf(events: readonly Happening[]): { gate: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { held } of events) if (held) counts.set(held, (counts.get(held) ?? 0) + 1);
  const all = [...counts].map(([gate, count]) => ({ gate, count }));
  return all.sort((left, right) => right.count - left.count || left.gate.localeCompare(right.gate));
}

/** An event to begin from, where one is tried out. */
export const EXAMPLE = JSON.stringify(
  { kind: 'case_opened', service: { name: 'ledger' }, case: { severity: 'sev2' } },
  null,
  2,
);
