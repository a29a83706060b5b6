// Errors of the API: problem+json (RFC 9457), and an answer that never came.
import type { components } from './schema';

type Problem = components['schemas']['Problem'];

/** What the hub said no with, or why nothing was heard of it. */
export class ProblemError extends Error {
  /** The status of the answer; 0 where there was none. */
  readonly status: number;
  /** For programs: `changed`, `forbidden`, …; `unreachable` where nothing answered. */
  readonly code: string;
  /** What is wrong with single fields, by their names. */
  readonly fields: ReadonlyMap<string, string>;
  /** All that the hub said, for what a code brings with it. */
  readonly problem: Partial<Problem>;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? `the hub answered ${status}`);
    this.name = 'ProblemError';
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.fields = new Map((problem.errors ?? []).map((error) => [error.field, error.detail]));
    this.problem = problem;
  }

  /** Whether asking again may help: nobody answered, or the hub is busy. */
  get passes(): boolean {
    return this.status === 0 || this.status === 503;
  }
}

/** Whatever was thrown, as words for a person. */
export function wordsOf(error: unknown): string {
  if (error instanceof ProblemError) return error.message;
  if (error instanceof Error) return error.message;
  return String(error);
}

/** An answer's body as a problem, whatever it is. */
export function problemOf(status: number, body: unknown): ProblemError {
  if (typeof body === 'object' && body !== null) return new ProblemError(status, body);
  if (typeof body === 'string' && body !== '')
    return new ProblemError(status, { detail: body.slice(0, 300) });
  return new ProblemError(status, {});
}

/** That nothing answered. */
export function unreachable(): ProblemError {
  return new ProblemError(0, { code: 'unreachable', detail: 'the hub does not answer' });
}
