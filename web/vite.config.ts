import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The hub that `npm run dev` asks. */
const hub = process.env.WHEELHOUSE_URL ?? 'http://127.0.0.1:8480';

export default defineConfig({
  plugins: [svelte()],
  build: {
    // `scripts/clean.js` empties it but for its `.gitignore`, and leaves it standing for cargo.
    emptyOutDir: false,
    target: 'es2022',
    // Everything is a file of its own: the content security policy allows no `data:` scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/api': hub, '/in': hub, '/tlog': hub, '/p': hub },
  },
});
