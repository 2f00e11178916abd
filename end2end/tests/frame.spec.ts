// The page around every step: language, theme, security headers, and what lasts.

import { test, expect, expected, startKenchi, stopKenchi } from "../support/kenchi";
import { createProject, open } from "../support/step";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

test.describe("language", () => {
  test.use({ locale: "en-US" });

  test("Accept-Language decides first, and the choice is kept", async ({ page, kenchi }) => {
    await open(page, kenchi, "/");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await page.getByTestId("lang-ja").click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("ダッシュボード");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("lang", "ja");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("ダッシュボード");
  });
});

test("every page has its policy with a nonce, and scripts of others do not run", async ({ page, kenchi, problems }) => {
  const answer = await page.goto(`${kenchi.url}/projects`);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toMatch(/script-src 'nonce-[\w-]{20,}' 'strict-dynamic' 'wasm-unsafe-eval'/);
  expect(policy).not.toMatch(/'unsafe-(inline|eval)'/);
  await page.evaluate(() => {
    const script = document.createElement("div");
    script.innerHTML = "<img src=x onerror=\"document.title='owned'\">";
    document.body.append(script);
  });
  await page.waitForTimeout(300);
  expect(await page.title()).not.toBe("owned");
  problems.length = 0;
});

test("requests of another host or origin are refused on both listeners", async ({ request, kenchi }) => {
  const api = `${kenchi.url}/api/project/list`;
  const call = (headers: Record<string, string>) =>
    request.post(api, { headers: { "content-type": "application/json", ...headers }, data: "{}" });
  expect((await call({ origin: kenchi.url })).status()).toBe(200);
  expect((await call({ origin: "http://evil.example" })).status()).toBe(403);
  expect((await call({ "sec-fetch-site": "same-site" })).status()).toBe(403);
  expect((await call({})).status()).toBe(403);
  expect((await request.get(kenchi.url, { headers: { host: "evil.example" } })).status()).toBe(403);
  expect((await request.get(kenchi.localUrl, { headers: { host: "evil.example" } })).status()).toBe(403);
  expect((await request.get(kenchi.localUrl, { headers: { origin: kenchi.url } })).status()).toBe(403);
  const unsigned = await request.post(kenchi.localUrl, {
    headers: { "x-amz-target": "RekognitionService.DescribeProjects", "content-type": "application/x-amz-json-1.1" },
    data: "{}",
  });
  expect(unsigned.status()).toBe(400);
  expect(await unsigned.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
});

test("what was made is there after a restart, and a signal ends Kenchi cleanly", async ({ page, problems }) => {
  const dataDir = await mkdtemp(join(tmpdir(), "kenchi-restart-"));
  try {
    const first = await startKenchi(dataDir);
    await open(page, first, "/projects");
    await createProject(page, "lasting");
    expect(await stopKenchi(first)).toBe(0);
    const second = await startKenchi(dataDir);
    await open(page, second, "/");
    await expect(page.getByTestId("project-card")).toContainText("lasting");
    expect(await stopKenchi(second)).toBe(0);
    // The open page asks on while nobody answers.
    await page.close();
    expected(problems, "ERR_CONNECTION_REFUSED");
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
