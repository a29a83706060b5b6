// Where things are.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

declare global {
  interface ImportMeta {
    /** The folder `web`; put in by `scripts/run-tests.js`. */
    webRoot: string;
  }
}

/** The folder of the web app. */
export const web = import.meta.webRoot;
/** The repository. */
export const root = join(web, '..');
/** The app as it was built; `WHEELHOUSE_DIST` names another build, for those who make several. */
export const dist = process.env['WHEELHOUSE_DIST'] ?? join(web, 'dist');

/** The program: `WHEELHOUSE_BIN`, else what cargo built. */
export function program(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target');
  const places = [
    process.env['WHEELHOUSE_BIN'],
    join(target, 'debug/wheelhouse'),
    join(target, 'release/wheelhouse'),
  ];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (!found) throw new Error('there is no wheelhouse to test with; run `cargo build -p wheelhouse-cli`');
  return found;
}

/** Debian's Chromium, or what `CHROMIUM` names. */
export function chromium(): string {
  const places = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (!found) throw new Error('there is no Chromium; run `scripts/install-deps.sh test`');
  return found;
}
