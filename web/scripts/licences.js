// Fails when a package that the app or its tests are built from has a licence that does not go with
// Apache-2.0, or when the lock names the place of one.
import { readFileSync } from 'node:fs';

const ALLOWED = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Python-2.0',
  'CC-BY-4.0',
  'Unlicense',
  '(MIT OR CC0-1.0)',
  '(MPL-2.0 OR Apache-2.0)',
  '(MIT OR Apache-2.0)',
  'MIT OR Apache-2.0',
]);
/** What says its licence in a file alone. */
const IN_A_FILE = { 'svelte-toolbelt': 'MIT' };
/** Only the tests use these, and nothing of them is handed on. */
const TESTS_ALONE = { 'axe-core': 'MPL-2.0', '@axe-core/playwright': 'MPL-2.0' };

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const lock = read('../package-lock.json');
const wrong = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  if (path === '') continue;
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (entry.resolved)
    wrong.push(`${name}: the lock names ${entry.resolved}; expected the package alone (web/.npmrc)`);
  const licence = entry.license ?? IN_A_FILE[name] ?? '';
  if (!ALLOWED.has(licence) && !(entry.dev && TESTS_ALONE[name] === licence)) {
    wrong.push(`${name}: its licence is \`${licence}\`; expected one that goes with Apache-2.0`);
  }
}
for (const line of wrong) console.error(`error: ${line}`);
process.exit(wrong.length > 0 ? 1 : 0);
