// Runners as the page shows them: how each stands, what it is at, how its steps went.
import { api, read, type Schemas } from '../../lib/api/client';
import type { Look } from '../../lib/graph/graph';

export type Runner = Schemas['RunnerView'];

/** All runners. */
export async function allRunners(signal: AbortSignal): Promise<Runner[]> {
  return (await read(api.GET('/api/v1/runners', { signal }))).items;
}

const STANDS: Record<string, Look> = {
  here: { shape: 'disc', word: 'in the hub', tone: 'good' },
  heard: { shape: 'disc', word: 'heard of', tone: 'good' },
  silent: { shape: 'cross', word: 'silent', tone: 'bad' },
  never: { shape: 'ring', word: 'not heard of', tone: 'calm' },
  gone: { shape: 'square', word: 'left the catalog', tone: 'warn' },
};

/** How one stands. */
export function standOf(runner: Runner): Look {
  return STANDS[runner.state] ?? { shape: 'dot', word: runner.state, tone: 'calm' };
}

const ENDS: Record<string, string> = {
  unexpected: 'not as expected',
  timed_out: 'took too long',
  not_started: 'could not begin',
  unknown: 'unknown',
};

/** How its steps ended: what went well first, then the rest by how often. */
export function endsOf(runner: Runner): { words: string; count: number; well: boolean }[] {
  const all = runner.ended.filter(({ count }) => count > 0);
  const sorted = [...all].sort(
    (left, right) =>
      Number(right.end === 'succeeded') - Number(left.end === 'succeeded') || right.count - left.count,
  );
  return sorted.map(({ end, count }) => ({ words: ENDS[end] ?? end, count, well: end === 'succeeded' }));
}

/** Those that fit; what should be there and is not comes first. */
export function fitting(runners: readonly Runner[], words: string, team: string): Runner[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (runner: Runner): number => (runner.state === 'silent' ? 0 : runner.state === 'gone' ? 2 : 1);
  const fits = runners.filter((runner) => {
    const text = `${runner.name} ${runner.summary ?? ''} ${runner.labels.join(' ')}`.toLowerCase();
    return wanted.every((word) => text.includes(word)) && (team === '' || runner.team === team);
  });
  return fits.sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
}
