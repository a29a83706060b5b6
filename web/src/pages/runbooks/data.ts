// The catalog's runbooks as the list shows them.
import { api, read, type Schemas } from '../../lib/api/client';

export type Runbook = Schemas['RunbookSummary'];

/** What of the runbooks is shown. */
export interface Filter {
  words: string;
  team: string;
  /** Only those about which something is found. */
  findings: boolean;
  /** Only those of which machines carry out something. */
  automated: boolean;
}

/** All runbooks, by name. */
export async function allRunbooks(signal: AbortSignal): Promise<Runbook[]> {
  const all: Runbook[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 1_000, ...(cursor ? { cursor } : {}) };
    const page = await read(api.GET('/api/v1/runbooks', { params: { query }, signal }));
    all.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return all;
}

/** The page of a runbook. */
export function runbookHref(name: string): string {
  return `/runbooks/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** The runbooks that fit. */
export function fitting(runbooks: readonly Runbook[], filter: Filter): Runbook[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  return runbooks.filter((runbook) => {
    const text =
      `${runbook.name} ${runbook.title} ${runbook.summary} ${runbook.owners.join(' ')} ${runbook.services.join(' ')}`.toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (filter.team === '' || runbook.owners.includes(filter.team)) &&
      (!filter.findings || runbook.findings > 0) &&
      (!filter.automated || runbook.automated > 0)
    );
  });
}

/** How many steps there are, in words. */
export function stepsOf(runbook: Runbook): string {
  const all = runbook.manual + runbook.automated;
  const steps = all === 1 ? '1 step' : `${all} steps`;
  return runbook.automated > 0 ? `${steps}, ${runbook.automated} automated` : steps;
}
