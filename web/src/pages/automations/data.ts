// Automations as the pages show them: which fit, how each stands, in words.
import { api, read, type Schemas } from '../../lib/api/client';
import type { Look } from '../../lib/graph/graph';
import { moment } from '../../lib/time.svelte';

export type Automation = Schemas['AutomationSummary'];
export type Happening = Schemas['AutomationEvent'];

/** Which of them are shown: those that act, that only note, that do neither now, that ask people. */
export const STANDS = ['live', 'shadow', 'halted', 'asks'] as const;
export type Stand = (typeof STANDS)[number];

/** What of the automations is shown. */
export interface Filter {
  words: string;
  team: string;
  stand: Stand | '';
}

/** All automations, by name. */
export async function allAutomations(signal: AbortSignal): Promise<Automation[]> {
  return (await read(api.GET('/api/v1/automations', { signal }))).items;
}

/** The page of an automation. */
export function automationHref(name: string): string {
  return `/automations/${encodeURIComponent(name)}`;
}

/** Whether one stands so. */
export function isSo(automation: Automation, stand: Stand): boolean {
  if (stand === 'halted') return automation.state !== 'ready';
  return stand === 'asks' ? automation.waiting > 0 : automation.mode === stand;
}

/** The automations that fit; those that ask people first, then those that stopped by themselves. */
export function fitting(automations: readonly Automation[], filter: Filter): Automation[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (one: Automation): number => (one.waiting > 0 ? 0 : one.state === 'resting' ? 1 : 2);
  const fits = automations.filter((one) => {
    const text = `${one.name} ${one.summary ?? ''} ${one.team} ${one.runbook}`.toLowerCase();
    const stands = filter.stand === '' || isSo(one, filter.stand);
    return (
      words.every((word) => text.includes(word)) && (filter.team === '' || one.team === filter.team) && stands
    );
  });
  return fits.sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
}

/** How one stands: whether it acts, and whether it does now. */
export function standOf(automation: Automation): Look {
  if (automation.state === 'paused') return { shape: 'cross', word: 'halted', tone: 'warn' };
  if (automation.state === 'resting') return { shape: 'cross', word: 'breaker open', tone: 'bad' };
  return automation.mode === 'live'
    ? { shape: 'disc', word: 'live', tone: 'good' }
    : { shape: 'ring', word: 'shadow', tone: 'calm' };
}

/** How often what came of one: `12 ran, 2 of them went wrong · 3 held back`. */
export function totalsOf(automation: Automation): string {
  const { started, would_have, held, asked, failed } = automation.totals;
  const wrong = failed > 0 ? `, ${failed} went wrong` : '';
  const parts = [
    started > 0 ? `${started} ran${wrong}` : '',
    would_have > 0 ? `${would_have} would have run` : '',
    asked > 0 ? `${asked} asked` : '',
    held > 0 ? `${held} held back` : '',
  ].filter(Boolean);
  return parts.join(' · ') || 'nothing so far';
}

/** What came of one once, told apart by what a reader looks for. */
export type Sort = 'ran' | 'would' | 'held' | 'people';

const SORTS: Record<string, Sort> = {
  started: 'ran',
  began: 'ran',
  caused: 'ran',
  run_over: 'ran',
  would_have: 'would',
  held: 'held',
  awaits_approval: 'people',
  approved: 'people',
  declined: 'people',
  paused: 'people',
  resumed: 'people',
};

/** Which sort it is of. */
export function sortOf(event: Happening): Sort {
  return SORTS[event.what] ?? 'people';
}

const SHAPES: Record<Sort, Look> = {
  ran: { shape: 'disc', word: 'ran', tone: 'good' },
  would: { shape: 'ring', word: 'would have run', tone: 'calm' },
  held: { shape: 'cross', word: 'held back', tone: 'warn' },
  people: { shape: 'diamond', word: 'people', tone: 'calm' },
};

/** Its shape and word. */
export function lookOf(event: Happening): Look {
  if (event.what === 'awaits_approval') return { shape: 'wait', word: 'asks people', tone: 'warn' };
  return SHAPES[sortOf(event)];
}

/** What came of it in words: instants as they are read in the viewer's zone, without what its look says already. */
export function wordsOfEvent(event: Happening): string {
  const words = event.text.replace(/^(held back|would have run): /, '');
  return words.replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, (instant) => moment(instant));
}

/** What an event is called: `case opened`. */
export function eventWords(event: string): string {
  return event.replaceAll('_', ' ');
}

/** What it is about, with where that is: `service/ledger` has a page. */
export function targetHref(target: string): string | null {
  const service = /^service\/(.+)$/.exec(target)?.[1];
  return service ? `/services/${encodeURIComponent(service)}` : null;
}
