// A drill that the hub plays, and how it is read: what was sent, what followed, what became of each
// expectation.
import { api, read, type Schemas } from '../../lib/api/client';
import type { Look } from '../../lib/graph/graph';

export type Drill = Schemas['Drill'];
export type Run = Schemas['DrillRun'];
export type RunSummary = Schemas['DrillRunSummary'];

/** The most entries of a case's timeline that a transcript shows. */
const MOST_ENTRIES = 500;

/** One line of what happens in a drill. */
export interface Line {
  key: string;
  at: string;
  kind: 'signal' | 'entry';
  /** The case that it is about. */
  subject: string | null;
  who: string;
  words: string;
  why: string | null;
}

/** Whether it is being played. */
export function isRunning(run: RunSummary): boolean {
  return run.state === 'running';
}

/** Signals that were sent and what the cases of the run have on their timelines, in order. */
export async function transcript(run: Run, signal: AbortSignal): Promise<Line[]> {
  const timelines = await Promise.all(
    run.cases.map(async (id) => {
      const page = await read(
        api.GET('/api/v1/cases/{id}/timeline', {
          params: { path: { id }, query: { limit: MOST_ENTRIES } },
          signal,
        }),
      );
      return page.items.map((entry): Line & { seq: number } => ({
        key: `${id} ${entry.seq}`,
        seq: entry.seq,
        at: entry.at,
        kind: 'entry',
        subject: id,
        who: entry.actor.name ?? entry.actor.kind,
        words: entry.words,
        why: entry.why ?? null,
      }));
    }),
  );
  const sent = run.signals
    .map((cue, index): Line & { seq: number } => ({
      key: `signal ${index}`,
      seq: -1,
      at: cue.due_at,
      kind: 'signal',
      subject: null,
      who: 'the drill',
      words: cue.resolved ? `ends: ${cue.summary}` : cue.summary,
      why: null,
    }))
    .filter((_, index) => run.signals[index]?.sent);
  return [...sent, ...timelines.flat()].sort(
    (left, right) => Date.parse(left.at) - Date.parse(right.at) || left.seq - right.seq,
  );
}

/** What became of an expectation so far. */
export function standingOf(expectation: Schemas['Expectation'], running: boolean): Look {
  const { met, missed, absence } = expectation;
  if (running && met && absence) return { shape: 'ring', word: 'holds so far', tone: 'calm' };
  if (met) return { shape: 'check', word: 'met', tone: 'good' };
  if (running && !missed)
    return absence
      ? { shape: 'wait', word: 'on its way', tone: 'warn' }
      : { shape: 'wait', word: 'not yet', tone: 'calm' };
  return { shape: 'cross', word: 'missed', tone: 'bad' };
}

/** What was found, in words. */
export function foundOf(expectation: Schemas['Expectation'], running: boolean): string {
  if (expectation.absence && expectation.met) return '';
  return running && expectation.found === 'it did not happen' ? '' : expectation.found;
}

/** How a run went. */
export function verdictOf(run: Run): Look {
  if (isRunning(run)) return { shape: 'wait', word: 'running', tone: 'warn' };
  if (run.state === 'stopped') return { shape: 'ring', word: 'stopped', tone: 'calm' };
  if (run.state === 'interrupted') return { shape: 'cross', word: 'interrupted', tone: 'warn' };
  return run.passed
    ? { shape: 'check', word: 'passed', tone: 'good' }
    : { shape: 'cross', word: 'failed', tone: 'bad' };
}

/** How a drill went when it was last held. */
export function heldLook(held: Schemas['HeldDrill'] | null | undefined): Look {
  if (!held) return { shape: 'ring', word: 'never held', tone: 'calm' };
  return held.missed === 0
    ? { shape: 'check', word: 'passed', tone: 'good' }
    : { shape: 'cross', word: 'failed', tone: 'bad' };
}
