// Runs the tests: `npm test`, or `npm test -- now.test` for those whose names contain a word. They are
// written in TypeScript, which Node 18 does not read, so each is made into JavaScript first.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const tests = fileURLToPath(new URL('../tests/', import.meta.url));
const made = fileURLToPath(new URL('../node_modules/.tests/', import.meta.url));
const wanted = process.argv.slice(2);
const names = readdirSync(tests)
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)));

if (names.length === 0) {
  console.error(`error: no test in web/tests has a name with \`${wanted.join('` or `')}\``);
  process.exit(2);
}
if (!existsSync(new URL('../dist/index.html', import.meta.url))) {
  console.error('error: the app has not been built\n  = help: npm run build');
  process.exit(2);
}

rmSync(made, { recursive: true, force: true });
await build({
  entryPoints: names.map((name) => tests + name),
  outdir: made,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node18',
  outExtension: { '.js': '.mjs' },
  sourcemap: 'inline',
  define: { 'import.meta.webRoot': JSON.stringify(fileURLToPath(new URL('../', import.meta.url))) },
});

// One after another: each has a hub and a browser, and some measure.
const files = names.map((name) => made + name.replace(/\.ts$/, '.mjs'));
const options = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=spec'];
const child = spawn(process.execPath, [...options, ...files], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
