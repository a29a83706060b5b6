// All cases of the filters as a file: comma-separated, as the hub writes it, read as it comes.
import { ask } from '../../lib/api/client';
import { problemOf } from '../../lib/api/problem';
import { asked, type Filters } from './filters';

/** Reads the table; `told` hears how many lines have come. Throws where it is cut short: half of it is none. */
export async function readTable(
  filters: Filters,
  zone: string,
  told: (lines: number) => void,
  signal: AbortSignal,
): Promise<{ blob: Blob; lines: number }> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked(filters, zone))) query.set(name, String(value));
  const answer = await ask(`/api/v1/cases?${query}`, { headers: { Accept: 'text/csv' }, signal });
  if (!answer.ok || !answer.body) throw problemOf(answer.status, await answer.json().catch(() => null));
  const reader = answer.body.getReader();
  const parts: BlobPart[] = [];
  // The first line names the columns. A title has no line breaks, so each other line is a case.
  let lines = -1;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value as BlobPart);
    for (const byte of value) if (byte === 10) lines += 1;
    told(Math.max(0, lines));
  }
  return { blob: new Blob(parts, { type: 'text/csv' }), lines: Math.max(0, lines) };
}
