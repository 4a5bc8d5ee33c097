// The main journeys through the web app, in a real browser against the real binary. Screenshots are kept as output.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

const PAGES = ["map", "assets", "shadow", "findings", "rules"] as const;

/** Fails a test in which the page says anything to the console, or asks anyone but its own server. */
function watch(page: Page): { trouble: string[] } {
  const seen = { trouble: [] as string[] };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") seen.trouble.push(message.text());
  });
  page.on("pageerror", (error) => seen.trouble.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.host !== "127.0.0.1:6299" && url.protocol !== "blob:" && url.protocol !== "data:") seen.trouble.push(`asked ${request.url()}`);
  });
  return seen;
}

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect(page.locator(".spinner")).toHaveCount(0);
}

for (const name of PAGES) {
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
  ] as const) {
    test(`${name} at ${width} has no accessibility fault and no error`, async ({ page }) => {
      const seen = watch(page);
      await page.setViewportSize({ width, height });
      await page.goto(`/${name}`);
      await settled(page);
      if (name === "map") await expect(page.locator(".zone-box").first()).toBeVisible();
      await page.screenshot({ path: `test-results/${name}-${width}.png` });
      const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(" ")}`)).toEqual([]);
      expect(seen.trouble).toEqual([]);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(wider).toBe(false);
    });
  }
}

test("dark mode is chosen, kept and readable", async ({ page }) => {
  await page.goto("/map");
  await settled(page);
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await page.reload();
  await expect(page.locator(".zone-box").first()).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.screenshot({ path: "test-results/map-dark.png" });
  const found = await new AxeBuilder({ page }).withTags(["wcag2aa"]).analyze();
  expect(found.violations.map((violation) => violation.id)).toEqual([]);
});

test("a zone is picked, says why it is drawn so, and the back button returns", async ({ page }) => {
  await page.goto("/map");
  const zone = page.locator(".zone-box").first();
  const name = await zone.locator(".zone-name").innerText();
  await zone.click();
  const panel = page.locator(".panel");
  await expect(panel.getByRole("heading", { level: 2 })).toHaveText(name);
  await expect(panel.locator(".reason")).not.toBeEmpty();
  await expect(page).toHaveURL(/pick=zone/);
  await page.screenshot({ path: "test-results/map-zone.png" });
  await page.goBack();
  await expect(panel.getByText("Pick a zone or a conduit")).toBeVisible();
});

test("a conduit picked from the list shows its permits with their operations", async ({ page }) => {
  await page.goto("/map");
  await page.locator(".picks").nth(1).getByRole("link").first().click();
  await expect(page.locator(".panel .permits li").first()).toBeVisible();
  await expect(page.locator(".panel .permits .chip").first()).toBeVisible();
});

test("the map is panned and zoomed", async ({ page }) => {
  await page.goto("/map");
  await expect(page.locator(".zone-box").first()).toBeVisible();
  const view = page.locator(".react-flow__viewport");
  const before = await view.getAttribute("style");
  await page.locator(".react-flow__pane").hover({ position: { x: 300, y: 15 } });
  await page.mouse.wheel(0, -400);
  await expect.poll(() => view.getAttribute("style")).not.toBe(before);
});

test("the shadow test finds the monthly calibration and offers the edit that lets it through", async ({ page }) => {
  await page.goto("/shadow");
  await settled(page);
  const card = page.locator(".cut-card", { hasText: /calibration/i }).first();
  await expect(card).toBeVisible();
  await card.locator("summary").click();
  await expect(card.getByText("The smallest edit that lets it through")).toBeVisible();
  await expect(card.locator("pre").first()).not.toBeEmpty();
  await page.screenshot({ path: "test-results/shadow-open.png" });
});

test("the inventory is searched, sorted, exported and opened", async ({ page }) => {
  await page.goto("/assets");
  await expect(page.locator(".grid tbody tr").nth(5)).toBeVisible();
  await page.getByRole("searchbox").fill("plc");
  await expect(page.locator(".grid tbody tr").first()).toContainText(/plc/i);
  await page.getByRole("button", { name: "Address" }).click();
  await expect(page).toHaveURL(/sort=address/);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export CSV" }).click();
  expect((await download).suggestedFilename()).toBe("assets.csv");
  await page.locator(".grid tbody a").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await settled(page);
  await page.screenshot({ path: "test-results/asset.png" });
});

test("the compiled rules are shown with what the device can't enforce", async ({ page }) => {
  await page.goto("/rules");
  await expect(page.locator(".listing").first()).toContainText("table inet cofferdam");
  await page.getByText("What this device can't enforce").click();
  await expect(page.locator(".residuals li").first()).toBeVisible();
});

test("an answer that fails is told with its reason, and asked again", async ({ page }) => {
  await page.route("**/api/v1/shadow", (route) =>
    route.fulfill({
      status: 500,
      contentType: "application/problem+json",
      body: JSON.stringify({ title: "The step failed", detail: "The disk is full.", status: 500 }),
    }),
  );
  await page.goto("/shadow");
  await expect(page.getByRole("alert")).toContainText("The disk is full.");
  await page.screenshot({ path: "test-results/error.png" });
  await page.unroute("**/api/v1/shadow");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("a name off the wire that is markup is shown as text and runs nothing", async ({ page }) => {
  const attack = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`;
  await page.route("**/api/v1/assets?**", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    body.rows[0].name = attack;
    body.rows[0].firmware = attack;
    await route.fulfill({ response: answer, json: body });
  });
  await page.goto("/assets");
  await expect(page.getByText("<img src=x").first()).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();
});
