// How the viewer is built: hashed files that the collector embeds and serves under a content
// security policy without inline scripts or styles.
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    // Browsers of 2024: they know light-dark(), oklch() and modules.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/api': process.env['SEAMTRACE_VIEWER_API'] ?? 'http://127.0.0.1:4380' },
  },
});
