import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Everything is served by the binary itself under a strict Content-Security-Policy: no inline script, no other origin.
export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1600 },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:6243" } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
