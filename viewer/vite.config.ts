// How the viewer is built: hashed files that the collector embeds and serves under a content
// security policy without inline scripts or styles.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { trimUplot } from './scripts/trim_uplot.ts';

export default defineConfig({
  base: './',
  plugins: [trimUplot()],
  resolve: {
    alias: [
      {
        find: /^@dagrejs\/graphlib$/,
        replacement: fileURLToPath(new URL('src/shared/graphlib.ts', import.meta.url)),
      },
      {
        // Of dagre: groups of nodes, and another way to break circles.
        find: /^\.\/(greedy-fas|parent-dummy-chains|add-border-segments|add-subgraph-constraints)$/,
        replacement: fileURLToPath(new URL('scripts/nothing.cjs', import.meta.url)),
      },
    ],
  },
  build: {
    // Browsers of 2024: they know light-dark(), oklch() and modules.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One script: it comes from this machine, and compresses better than its parts.
    rollupOptions: { output: { codeSplitting: false } },
  },
  server: {
    proxy: { '/api': process.env['SEAMTRACE_VIEWER_API'] ?? 'http://127.0.0.1:4380' },
  },
});
