// Runs of runbooks: read, started, worked on.
import { api, onceKey, read, type Schemas } from '../api/client';

export type Run = Schemas['RunDetail'];
export type RunSummary = Schemas['RunSummary'];
export type RunStep = Schemas['RunStepView'];
/** What can be said of a step; `open` takes back what was said. */
export type How = 'done' | 'skipped' | 'failed' | 'open';

/** Reads a run with its steps. */
export function readRun(id: string, signal: AbortSignal): Promise<Run> {
  return read(api.GET('/api/v1/runs/{id}', { params: { path: { id } }, signal }));
}

/** The runs of a case, or of a runbook, the last started first. */
export async function readRuns(
  which: { case?: string; runbook?: string },
  signal: AbortSignal,
): Promise<RunSummary[]> {
  const params = { query: { ...which, limit: 100 } };
  return (await read(api.GET('/api/v1/runs', { params, signal }))).items;
}

/** Starts a run of the version that one looks at. */
export function startRun(request: {
  runbook: string;
  version: string;
  case?: string;
  parameters: Record<string, unknown>;
}): Promise<Run> {
  const params = { header: { 'Idempotency-Key': onceKey() } };
  return read(api.POST('/api/v1/runs', { params, body: { drill: false, ...request } }));
}

/** Says what became of a step. */
export function settle(run: string, step: string, how: How, text: string): Promise<Run> {
  const params = { path: { id: run, step }, header: { 'Idempotency-Key': onceKey() } };
  const body = text.trim() === '' ? { how } : { how, text: text.trim() };
  return read(api.POST('/api/v1/runs/{id}/steps/{step}', { params, body }));
}

/** Ends a run with steps open. */
export function stopRun(run: string, text: string): Promise<Run> {
  const params = { path: { id: run }, header: { 'Idempotency-Key': onceKey() } };
  return read(api.POST('/api/v1/runs/{id}/stop', { params, body: text.trim() ? { text: text.trim() } : {} }));
}

/** How far a run is, in words: `2 of 6 done`, `complete, 1 did not work`. */
export function stands(run: RunSummary): string {
  const { steps, settled, failed } = run.progress;
  const trouble = failed > 0 ? `, ${failed} did not work` : '';
  if (run.state === 'under_way') return `${settled} of ${steps} settled${trouble}`;
  if (run.state === 'stopped') return `ended with ${steps - settled} of ${steps} open${trouble}`;
  return `complete${trouble}`;
}

/** The step that is next: the first open one on the way from top to bottom. */
export function next(run: Run): RunStep | undefined {
  return run.steps.find((step) => !step.settled && !step.only_undoes);
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
