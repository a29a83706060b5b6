// What machines are at with steps of runs, in words.
import { api, read, type Schemas } from '../api/client';
import { sizeOf } from '../size';
import { lasting, moment, timeOfDay } from '../time.svelte';
import type { Run, RunStep } from './runs';

export type StepInput = Schemas['StepInputView'];
export type StepOutput = Schemas['StepOutput'];
export type Attempt = Schemas['StepAttempt'];

/** How long the hub may wait for more output, in seconds. */
const WAIT = 15;

/** Reads what a step is carried out with, or would be now. */
export function readInput(run: string, step: string, signal: AbortSignal): Promise<StepInput> {
  const params = { path: { id: run, step } };
  return read(api.GET('/api/v1/runs/{id}/steps/{step}/input', { params, signal }));
}

/** How many requests of this page wait for more output: a browser has but six connections for a host. */
let waiting = 0;

/** Reads what an attempt said from a piece on; waits for more where it still runs and no other reading waits already. */
export async function readOutput(
  run: string,
  step: string,
  attempt: number,
  from: number,
  signal: AbortSignal,
): Promise<StepOutput> {
  const waits = waiting === 0;
  const params = { path: { id: run, step }, query: { attempt, from, wait: waits ? WAIT : 0 } };
  if (waits) waiting += 1;
  try {
    return await read(api.GET('/api/v1/runs/{id}/steps/{step}/output', { params, signal }));
  } finally {
    if (waits) waiting -= 1;
  }
}

const KINDS: Record<string, string> = {
  process: 'a command',
  function: 'a function',
  http: 'an HTTP request',
  sql: 'an SQL query',
  wait: 'a wait',
  case: 'a change of a case',
  notify: 'a message',
  runbook: 'another runbook',
};

/** What a machine does in it: `a command`. */
export function kindOf(step: RunStep): string {
  return KINDS[step.carried_out?.does ?? ''] ?? 'a machine’s work';
}

/** How a machine carries it out, a few words each: `at most 1 min`, `holds db`. */
export function waysOf(step: RunStep): string[] {
  const how = step.carried_out;
  if (!how) return [];
  const roles = how.approving_roles.join(' or ');
  return [
    `at most ${lasting(how.timeout_seconds * 1_000)}`,
    how.attempts > 1 ? `up to ${how.attempts} attempts` : '',
    how.idempotent ? 'may be done twice' : '',
    how.dry_run ? 'knows dry runs' : '',
    how.lock ? `needs the lock ${how.lock}` : '',
    how.runner.length > 0 ? `on a runner with ${how.runner.join(', ')}` : '',
    how.approvals > 0 ? `${how.approvals} must agree${roles ? ` (${roles})` : ''}` : '',
    how.undo ? `taken back by ${how.undo}` : '',
  ].filter(Boolean);
}

const ENDS: Record<string, string> = {
  succeeded: 'did what it should',
  unexpected: 'ended well, and not as expected',
  failed: 'failed',
  timed_out: 'took too long and was ended',
  cancelled: 'was cancelled',
  not_started: 'could not begin',
  unknown: 'ended nobody knows how',
};

/** How an attempt ended: `failed with 3`. */
export function endOf(attempt: Attempt): string {
  const exit = attempt.exit !== null && attempt.exit !== undefined && attempt.end !== 'succeeded';
  return `${ENDS[attempt.end] ?? attempt.end}${exit ? ` with ${attempt.exit}` : ''}`;
}

/** Whether everything that an attempt started was seen to be gone; nothing where nobody looked. */
export function leftOf(attempt: Attempt): string {
  if (attempt.gone === true) return 'nothing of it is left';
  return attempt.gone === false ? 'something of it may still run' : '';
}

/** How much an attempt said, where somebody counted: `said 12 KiB, of which 2 KiB were not kept`. */
export function saidBy(attempt: Attempt): string {
  if (attempt.output_bytes === 0) return attempt.end === 'unknown' ? '' : 'said nothing';
  const lost = attempt.lost_bytes > 0 ? `, of which ${sizeOf(attempt.lost_bytes)} were not kept` : '';
  return `said ${sizeOf(attempt.output_bytes)}${lost}`;
}

/** How many more people must agree: `one more`. */
export function missing(step: RunStep): string {
  const agreed = step.work?.approved_by.length ?? 0;
  const still = Math.max(1, (step.carried_out?.approvals ?? 1) - agreed);
  const people = still === 1 ? 'one' : String(still);
  return agreed > 0 ? `${people} more` : people;
}

/** What a machine is at with a step: `runs on embedded, attempt 2 of 3`; how long stands beside it. */
export function worksAt(step: RunStep): string {
  const work = step.work;
  if (!work) return '';
  const attempts = step.carried_out?.attempts ?? 1;
  const words = [stateOf(step)];
  if (work.items) words.push(`${Math.min(work.item + 1, work.items)} of ${work.items}`);
  if (attempts > 1 && work.attempt > 0 && work.state !== 'unknown')
    words.push(`attempt ${work.attempt} of ${attempts}`);
  return words.join(', ');
}

function stateOf(step: RunStep): string {
  const work = step.work;
  switch (work?.state) {
    case 'turn':
      return 'its turn has come';
    case 'asking':
      return `waits for ${missing(step)} to agree`;
    case 'locked':
      return `waits for the lock ${step.carried_out?.lock ?? ''}`.trim();
    case 'ready':
      return work.until && Date.parse(work.until) > Date.now()
        ? `ready, tried again at ${timeOfDay(work.until, true)}`
        : 'ready, waits for a runner';
    case 'leased':
      return work.cancelling ? 'is being ended' : `runs on ${work.runner ?? 'a runner'}`;
    case 'waiting':
      if (!work.until) return 'waits';
      return `waits ${work.awaits ? 'for something to happen, ' : ''}until ${moment(work.until)}`;
    case 'within':
      return 'is another run';
    default:
      return 'nobody knows what became of it';
  }
}

/** Why somebody cannot agree to a step; nothing where they can. */
export function mayNotAgree(run: Run, step: RunStep, person: string | null): string {
  const work = step.work;
  if (!work) return '';
  if (!person) return 'Only people agree, and this token is no person’s.';
  if (work.can_approve.includes(person)) return '';
  if (work.approved_by.includes(person)) return 'You agreed already; somebody else has to as well.';
  if (run.by.name === person) return 'You began this run, so somebody else has to agree.';
  if (work.asked_by.name === person) return 'You asked for this step, so somebody else has to agree.';
  const roles = step.carried_out?.approving_roles ?? [];
  return `Those who hold ${roles.join(' or ')} can agree; you do not.`;
}
