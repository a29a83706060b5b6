// Runs of runbooks: read, started, worked on.
import { api, onceKey, read, readAll, type Schemas } from '../api/client';

export type Run = Schemas['RunDetail'];
export type RunSummary = Schemas['RunSummary'];
export type RunStep = Schemas['RunStepView'];
/** What can be said of a step; `open` takes back what was said. */
export type Said = 'done' | 'skipped' | 'failed' | 'open';
/** What can be done to a step: `execute` has a machine carry it out, `approve` and `decline` answer where people must agree. */
export type How = Said | 'execute' | 'cancel' | 'approve' | 'decline';
/** Where a run can be turned. */
export type Turn = 'pause' | 'resume' | 'undo' | 'stop';
/** Which runs are listed: those under way, or those of them that want a person. */
export type RunState = 'under_way' | 'wanting';
/** Who moves a run on. */
export type Pace = 'by_hand' | 'by_itself';

/** Reads a run with its steps. */
export function readRun(id: string, signal: AbortSignal): Promise<Run> {
  return read(api.GET('/api/v1/runs/{id}', { params: { path: { id } }, signal }));
}

/** Which runs. */
export interface Which {
  case?: string;
  runbook?: string;
  state?: RunState;
}

/** A page of runs, the last started first. */
export function readRunsPage(
  which: Which,
  signal: AbortSignal,
  cursor?: string,
): Promise<{ items: RunSummary[]; next_cursor?: string | null }> {
  const params = { query: { ...which, ...(cursor ? { cursor } : {}), limit: 100 } };
  return read(api.GET('/api/v1/runs', { params, signal }));
}

/** The last runs of a case, or of a runbook, the last started first. */
export async function readRuns(which: Which, signal: AbortSignal): Promise<RunSummary[]> {
  return (await readRunsPage(which, signal)).items;
}

/** The most runs that want somebody that are shown where one looks for something else. */
const MOST_WANTING = 20;

/** Runs that want a person, the last started first, and whether these are all of them. */
export async function readWanting(signal: AbortSignal): Promise<{ items: RunSummary[]; complete: boolean }> {
  const page = (cursor: string | undefined) => readRunsPage({ state: 'wanting' }, signal, cursor);
  const found = await readAll(page, MOST_WANTING);
  const complete = found.complete && found.items.length <= MOST_WANTING;
  return { items: found.items.slice(0, MOST_WANTING), complete };
}

/** Starts a run of the version that one looks at. */
export function startRun(request: {
  runbook: string;
  version: string;
  case?: string;
  parameters: Record<string, unknown>;
  pace: Pace;
  undo_on_failure: boolean;
  dry_run: boolean;
}): Promise<Run> {
  const params = { header: { 'Idempotency-Key': onceKey() } };
  return read(api.POST('/api/v1/runs', { params, body: { drill: false, ...request } }));
}

/** Does something to a step. */
export function settle(
  run: string,
  step: string,
  how: How,
  more: { text?: string; input?: string } = {},
): Promise<Run> {
  const params = { path: { id: run, step }, header: { 'Idempotency-Key': onceKey() } };
  const text = more.text?.trim();
  const body = { how, ...(text ? { text } : {}), ...(more.input ? { input: more.input } : {}) };
  return read(api.POST('/api/v1/runs/{id}/steps/{step}', { params, body }));
}

/** Halts a run, lets it go on, has what was done taken back, or ends it. */
export function turnRun(run: string, to: Turn, text: string): Promise<Run> {
  const params = { path: { id: run }, header: { 'Idempotency-Key': onceKey() } };
  const body = text.trim() ? { to, text: text.trim() } : { to };
  return read(api.POST('/api/v1/runs/{id}/course', { params, body }));
}

/** Where a run is. */
export const runHref = (id: string): string => `/runs/${encodeURIComponent(id)}`;

/** How far a run is, in words: `2 of 6 settled`, `complete, 1 did not work`. */
export function stands(run: RunSummary): string {
  const { steps, settled, failed } = run.progress;
  const trouble = failed > 0 ? `, ${failed} did not work` : '';
  if (run.state === 'under_way') return `${settled} of ${steps} settled${trouble}`;
  if (run.state === 'stopped') return `ended with ${steps - settled} of ${steps} open${trouble}`;
  if (run.state === 'undone') return `taken back${trouble}`;
  return `complete${trouble}`;
}

/** What a run is at, where that is not simply onward: `halted`, `takes back what was done`. */
export function courseOf(run: RunSummary): string {
  if (run.state !== 'under_way') return '';
  switch (run.course) {
    case 'paused':
      return 'halted';
    case 'undoing':
      return 'takes back what was done';
    case 'undoing_paused':
      return 'halted while what was done is taken back';
    case 'stopping':
      return 'ends when what still runs has ended';
    default:
      return '';
  }
}

const WANTS: Record<string, string> = {
  approval: 'a step waits for people to agree',
  verdict: 'nobody knows what became of a step',
  resume: 'it is halted until somebody lets it go on',
  step: 'it waits at a step of people',
};

/** What a person is wanted for, in words. */
export function wantsOf(run: RunSummary): string[] {
  return run.wants.map((want) => WANTS[want] ?? want);
}

/** The step that is next: the first open one on the way from top to bottom; on the way back what takes back the last. */
export function next(run: Run): RunStep | undefined {
  if (!isUndoing(run)) return run.steps.find((step) => !step.settled && !step.only_undoes);
  const happened = (step: RunStep): boolean =>
    !step.only_undoes && (step.settled?.how === 'done' || step.attempts.length > 0);
  const wanted = [...run.steps].reverse().filter(happened);
  return wanted
    .map((step) => run.steps.find((back) => back.id === step.carried_out?.undo))
    .find((back) => back && !back.settled);
}

/** Whether what was done is being taken back. */
export function isUndoing(run: RunSummary): boolean {
  return run.course === 'undoing' || run.course === 'undoing_paused';
}

/** What is typed for a parameter, as its schema has it; a text where it fits nothing, so that the hub says why. */
export function valueOf(schema: unknown, typed: string): unknown {
  const type = (schema as { type?: string }).type;
  if (type === 'array')
    return typed
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  if (type === 'integer' || type === 'number') {
    const number = Number(typed);
    return typed.trim() !== '' && Number.isFinite(number) ? number : typed;
  }
  if (type === 'boolean') return typed === 'true';
  return typed;
}
