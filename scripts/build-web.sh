#!/usr/bin/env bash
# Builds the web app into web/dist, unless it is there and nothing that it is made from is newer. Without
# Node.js it says so and ends well: the program is built without its app then, and says how to get it.
set -euo pipefail
cd "$(dirname "$0")/../web"

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  echo "The web app is not built: Node.js or npm is missing (Debian: apt-get install nodejs npm)."
  exit 0
fi
if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 18 || (major === 18 && minor >= 19) ? 0 : 1)'; then
  echo "The web app is not built: it needs Node.js 18.19 or newer, and $(node --version) is here."
  exit 0
fi

made_from=(package.json package-lock.json openapi.json index.html vite.config.ts svelte.config.js src public scripts)
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Fetching what the web app is built from …"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
if [ -e dist/index.html ] && [ -z "$(find "${made_from[@]}" -newer dist/index.html -not -name schema.d.ts -print -quit)" ]; then exit 0; fi
echo "Building the web app …"
npm run --silent build
