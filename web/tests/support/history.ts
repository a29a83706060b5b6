// A long history: a database filled with cases that are over while its hub is down.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { until, type Hub } from './hub';
import { web } from './paths';

/** How many: as a test has time for. `WHEELHOUSE_HISTORY=1000000` measures with more. */
export const LONG = Number(process.env['WHEELHOUSE_HISTORY'] ?? 100_000);

/** Fills the hub's database, and starts the hub again. There must be a case that is over. */
export async function fillHistory(hub: Hub): Promise<void> {
  await hub.kill();
  const script = join(web, 'tests/support/fill_history.py');
  const python = process.env['WHEELHOUSE_PYTHON'] ?? 'python3';
  const filled = spawnSync(python, [script, join(hub.data, 'wheelhouse.db'), String(LONG)]);
  if (filled.status !== 0) throw new Error(`the history was not filled: ${filled.stderr}`);
  await hub.up();
  await until('the history is there', 30_000, async () => {
    const page = await hub.get('/api/v1/cases?limit=1&text=number%20');
    return page.items.length > 0;
  });
}
