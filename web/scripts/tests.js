// Makes the tests, which are TypeScript, into JavaScript, which Node 18 reads.
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The folder of the tests. */
export const tests = fileURLToPath(new URL('../tests/', import.meta.url));
const made = fileURLToPath(new URL('../node_modules/.tests/', import.meta.url));

/** Makes these files of the tests' folder and returns where they are now. */
export async function make(names) {
  if (!process.env.WHEELHOUSE_DIST && !existsSync(new URL('../dist/index.html', import.meta.url))) {
    console.error('error: the app has not been built\n  = help: npm run build');
    process.exit(2);
  }
  // Each run has a folder of its own: two may go on at once.
  const folder = `${made}${process.pid}/`;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    entryPoints: names.map((name) => tests + name),
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node18',
    outExtension: { '.js': '.mjs' },
    sourcemap: 'inline',
    define: { 'import.meta.webRoot': JSON.stringify(fileURLToPath(new URL('../', import.meta.url))) },
  });
  return names.map((name) => folder + name.replace(/\.ts$/, '.mjs'));
}
