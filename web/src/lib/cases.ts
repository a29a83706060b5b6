// What lists of cases have in common: how bad before how new, what is whose, words for what comes next.
import type { Schemas } from './api/client';
import type { Change } from './live/live.svelte';

export type CaseSummary = Schemas['CaseSummary'];

/** Where a case's page is. */
export function caseHref(id: string): string {
  return `/cases/${encodeURIComponent(id)}`;
}

/** Whether nobody has taken it. */
export function isUntaken(item: CaseSummary): boolean {
  return item.state === 'open';
}

/** What needs a person first: untaken before taken within a severity, then the older one. */
export function byNeed(left: CaseSummary, right: CaseSummary): number {
  return (
    left.severity.localeCompare(right.severity) ||
    Number(isUntaken(right)) - Number(isUntaken(left)) ||
    (left.opened_at ?? '').localeCompare(right.opened_at ?? '') ||
    left.id.localeCompare(right.id, 'en', { numeric: true })
  );
}

/** Whether somebody is asked for it now: paged last and it is untaken. */
export function isPagedFor(item: CaseSummary, person: string | null): boolean {
  return person !== null && isUntaken(item) && (item.paged?.people ?? []).includes(person);
}

/** Puts changed cases into the open ones, and takes out what is over. */
export function patchOpen(open: CaseSummary[], change: Change): CaseSummary[] {
  if (change.cases.length === 0) return open;
  const all = new Map(open.map((item) => [item.id, item]));
  for (const item of change.cases) {
    if (item.state === 'resolved') all.delete(item.id);
    else all.set(item.id, item);
  }
  return [...all.values()];
}

/** Roots with the cases that follow from them; a symptom whose root is not there stands by itself. */
export function withSymptoms(
  cases: readonly CaseSummary[],
): { root: CaseSummary; symptoms: CaseSummary[] }[] {
  const roots = new Map(
    cases.filter((item) => !item.symptom_of).map((item) => [item.id, [] as CaseSummary[]]),
  );
  const alone: CaseSummary[] = [];
  for (const item of cases) {
    if (!item.symptom_of) continue;
    const symptoms = roots.get(item.symptom_of);
    if (symptoms) symptoms.push(item);
    else alone.push(item);
  }
  const firsts = cases.filter((item) => roots.has(item.id) || alone.includes(item));
  return firsts.map((root) => ({ root, symptoms: roots.get(root.id) ?? [] }));
}

/** `dana`, `dana and nadia`, `dana, nadia and 3 more`. */
export function names(all: readonly string[], most = 2): string {
  const people = [...new Set(all)];
  if (people.length <= 1) return people[0] ?? '';
  if (people.length <= most) return `${people.slice(0, -1).join(', ')} and ${people.at(-1)}`;
  return `${people.slice(0, most).join(', ')} and ${people.length - most} more`;
}
