// Runs the tests: `npm test`, or `npm test -- now` for those whose names contain a word.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { make, tests } from './tests.js';

const wanted = process.argv.slice(2);
const names = readdirSync(tests)
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
if (names.length === 0) {
  console.error(`error: no test in web/tests has a name with \`${wanted.join('` or `')}\``);
  process.exit(2);
}

// One after another: each has a hub and a browser, and some measure.
const options = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=spec'];
const child = spawn(process.execPath, [...options, ...(await make(names))], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
