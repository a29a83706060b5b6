// One thing done to several cases: each asked of the hub by itself, each with its own outcome.
import { api, onceKey, read, type Schemas } from '../../lib/api/client';
import { ProblemError, wordsOf } from '../../lib/api/problem';
import type { CaseSummary } from '../../lib/cases';

/** How many are asked at once: a browser has but six connections to a host, and the stream has one. */
const AT_ONCE = 3;

/** What can be done to several. */
export type What = 'acknowledge' | 'resolve' | 'severity' | 'assign';

/** What it needs to know. */
export interface Details {
  /** For `resolve`: how it was solved. */
  text: string;
  severity: Schemas['Severity'];
  person: string;
}

/** How it went for one case. */
export interface Outcome {
  item: CaseSummary;
  state: 'waits' | 'runs' | 'done' | 'failed';
  words: string;
  /** The same for every try, so that it happens once. */
  key: string;
  /** The case as it was before it was done. */
  was?: CaseSummary;
}

/** Why something cannot be done to a case as it is; null where it can. */
export function unfit(what: What, item: CaseSummary): string | null {
  if (item.state === 'resolved') return 'is over';
  if (what === 'acknowledge' && item.state !== 'open')
    return item.owner ? `${item.owner} has it` : `is ${item.state}`;
  return null;
}

/** Does it to each that is not done; tells of every step. */
export async function run(
  what: What,
  details: Details,
  outcomes: Outcome[],
  told: (outcomes: Outcome[], now: Schemas['CaseDetail'] | null) => void,
): Promise<void> {
  let all = outcomes;
  const set = (id: string, part: Partial<Outcome>, now: Schemas['CaseDetail'] | null = null): void => {
    all = all.map((outcome) => (outcome.item.id === id ? { ...outcome, ...part } : outcome));
    told(all, now);
  };
  const left = outcomes.filter((outcome) => outcome.state !== 'done');
  const worker = async (): Promise<void> => {
    for (let outcome = left.shift(); outcome; outcome = left.shift()) {
      const { item, key } = outcome;
      set(item.id, { state: 'runs', words: '' });
      try {
        const now = await ask(what, details, item, key);
        set(item.id, { state: 'done', words: wordsFor(what, now), item: now, was: item }, now);
      } catch (error) {
        set(item.id, failed(error, item));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Whether taking it back leaves the case as it was: nobody was paged, nothing lapsed, and there is a way back. */
export function mayTakeBack(what: What, { state, was, item }: Outcome): boolean {
  if (state !== 'done' || !was || item.state !== was.state) return false;
  if (what === 'severity') return item.severity !== was.severity;
  return what === 'assign' && item.owner !== was.owner && (was.owner !== null || was.state === 'open');
}

/** Takes it back where nobody has changed the case since; says how that went, in words. */
export async function takeBack(
  what: What,
  outcomes: readonly Outcome[],
  told: (now: Schemas['CaseDetail']) => void,
): Promise<{ done: number; left: string[] }> {
  const left: string[] = [];
  let done = 0;
  const queue = outcomes.filter((outcome) => mayTakeBack(what, outcome));
  const worker = async (): Promise<void> => {
    for (let outcome = queue.shift(); outcome; outcome = queue.shift()) {
      const { item, was } = outcome;
      if (!was) continue;
      const details = { text: '', severity: was.severity, person: was.owner ?? '' };
      try {
        told(await ask(what, details, item, onceKey()));
        done += 1;
      } catch (error) {
        const changed = error instanceof ProblemError && error.status === 412;
        left.push(`${item.id} ${changed ? 'was changed since' : wordsOf(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { done, left };
}

function ask(what: What, details: Details, item: CaseSummary, key: string): Promise<Schemas['CaseDetail']> {
  const path = { id: item.id };
  const header = { 'Idempotency-Key': key };
  // Severity and owner are set over what one saw, and over nothing else.
  const seen = { ...header, 'If-Match': `"${item.revision}"` };
  switch (what) {
    case 'acknowledge':
      return read(api.POST('/api/v1/cases/{id}/acknowledge', { params: { path, header }, body: {} }));
    case 'resolve': {
      const body = details.text.trim() === '' ? {} : { text: details.text.trim() };
      return read(api.POST('/api/v1/cases/{id}/resolve', { params: { path, header: seen }, body }));
    }
    case 'severity': {
      const body = { severity: details.severity };
      return read(api.POST('/api/v1/cases/{id}/severity', { params: { path, header: seen }, body }));
    }
    case 'assign': {
      const body = details.person === '' ? { nobody: true } : { person: details.person };
      return read(api.POST('/api/v1/cases/{id}/assign', { params: { path, header: seen }, body }));
    }
  }
}

function wordsFor(what: What, now: CaseSummary): string {
  if (what === 'severity') return `is ${now.severity}`;
  if (what === 'assign') return now.owner ? `${now.owner} has it` : 'nobody has it';
  return `is ${now.state}`;
}

/** What a refusal says; where somebody changed the case meanwhile, how it is now, to look at and try again. */
function failed(error: unknown, item: CaseSummary): Partial<Outcome> {
  const now = error instanceof ProblemError && error.status === 412 ? error.problem.current : null;
  if (!now) return { state: 'failed', words: wordsOf(error) };
  const current = { ...item, ...(now as Partial<CaseSummary>) };
  return {
    state: 'failed',
    item: current,
    words: `somebody changed it meanwhile: it is ${current.state}, ${current.severity}, ${
      current.owner ? `${current.owner} has it` : 'nobody has it'
    }`,
    key: onceKey(),
  };
}
