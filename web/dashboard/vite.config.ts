import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The pages run under `default-src 'none'; script-src 'self'; style-src 'self'`: nothing may be inlined, neither
// scripts, styles nor data: URLs, and nothing may come from another host.
export default defineConfig({
  plugins: [svelte({ configFile: false, compilerOptions: { css: 'external' } })],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // keeps light-dark() as it is
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
