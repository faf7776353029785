import { defineConfig } from "vite";

// Everything the build writes under assets/ carries a hash of its content in its name, so that the
// server may let it be cached for ever; index.html and favicon.svg are small and never cached.
export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // The content security policy has no data: for fonts and scripts.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:8080",
      "/ws": { target: "ws://127.0.0.1:8080", ws: true },
    },
  },
});
