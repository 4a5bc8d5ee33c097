import { defineConfig } from "@playwright/test";

// Debian's Chromium, not a browser of Playwright's own. The server is the real binary over a site that
// e2e/site.sh makes anew.
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 60_000,
  reporter: [["list"]],
  use: {
    baseURL: "http://127.0.0.1:6299",
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    command: "bash e2e/site.sh",
    url: "http://127.0.0.1:6299/api/v1/health",
    timeout: 240_000,
    reuseExistingServer: false,
  },
});
