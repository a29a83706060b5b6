// Lays a `.br` and a `.gz` beside each file of `dist` that gets smaller by it, and says what a first
// load costs: the page, and what it names.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const texts = /\.(html|js|css|svg|json|webmanifest|txt)$/;

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

for (const path of files(dist).filter((path) => texts.test(path))) {
  const bytes = readFileSync(path);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const smaller = [
    ['.br', brotliCompressSync(bytes, { params: quality })],
    ['.gz', gzipSync(bytes, { level: 9 })],
  ];
  for (const [ending, packed] of smaller) {
    if (packed.length < bytes.length) writeFileSync(path + ending, packed);
  }
}

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const named = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]);
const size = (path) =>
  statSync(join(dist, path) + '.gz', { throwIfNoEntry: false })?.size ?? statSync(join(dist, path)).size;
const first = ['index.html', ...named].reduce((sum, path) => sum + size(path), 0);
console.log(`first load: ${(first / 1024).toFixed(1)} KB with gzip, in ${named.length + 1} files`);
