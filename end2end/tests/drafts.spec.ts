// Nothing that was drawn is lost: without a server, with the tab closed, and with two tabs on one dataset.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, expected, ready, startKenchi, stopKenchi, test, type Kenchi } from "../support/kenchi";
import { openEditor, sampleDataset } from "../support/labelling";

test.use({ locale: "en-US" });

test("what was drawn without a server goes up later, from the next tab too", async ({ page, kenchi, context, problems }) => {
  await sampleDataset(page, kenchi);
  const canvas = await openEditor(page, ["qr"]);
  await context.route("**/api/labelling/save_draft", (route) => route.abort());
  await page.keyboard.press("b");
  await page.keyboard.press("d");
  await expect(canvas).toHaveAttribute("data-box-count", "0");
  await page.keyboard.press("b");
  const state = page.getByTestId("save-state");
  await expect(state).toContainText("Offline (2 waiting)");
  await page.close({ runBeforeUnload: false });
  expected(problems, "ERR_FAILED");

  await context.unroute("**/api/labelling/save_draft");
  const next = await context.newPage();
  await next.goto(`${kenchi.url}/projects/bob/labels`);
  await ready(next);
  await expect(next.getByTestId("filter-labelled")).toContainText("2", { timeout: 20_000 });
  await expect(next.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
  await expect(next.getByTestId("save-changes")).toContainText("(2)");
});

test("two tabs on one dataset merge by image, and ask where both changed the same one", async ({ page, kenchi, context }) => {
  await sampleDataset(page, kenchi);
  const canvas = await openEditor(page, ["qr"]);
  const other = await context.newPage();
  await other.goto(page.url());
  await ready(other);
  const theirs = other.getByTestId("editor-canvas");
  await expect(theirs).toHaveAttribute("data-ready", "true");
  // Different images: both stay.
  await other.keyboard.press("d");
  await expect(other.getByTestId("image-name")).not.toHaveText(await page.getByTestId("image-name").innerText());
  await expect(theirs).toHaveAttribute("data-ready", "true");
  await other.keyboard.press("b");
  await page.keyboard.press("b");
  await expect(other.getByTestId("save-changes")).toContainText("(2)", { timeout: 20_000 });
  // The same image: the second is asked.
  await other.keyboard.press("a");
  await expect(theirs).toHaveAttribute("data-box-count", /[01]/);
  await page.keyboard.press("b");
  await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
  await expect(canvas).toHaveAttribute("data-box-count", "2");
  await other.keyboard.press("b");
  const keep = other.getByRole("button", { name: "Keep this window's" });
  await expect(keep.or(other.locator('[data-testid=editor-canvas][data-box-count="3"]'))).toBeVisible();
  if (await keep.isVisible()) await keep.click();
  await expect(other.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
});

/** `kill -9`, and waits until it is gone. */
async function kill(kenchi: Kenchi): Promise<void> {
  const gone = new Promise((resolve) => kenchi.process.on("exit", resolve));
  kenchi.process.kill("SIGKILL");
  await gone;
}

test("an edit survives a server that is killed, and so does a save that it was killed in", async ({ page, context, problems }) => {
  test.setTimeout(180_000);
  const dataDir = await mkdtemp(join(tmpdir(), "kenchi-killed-"));
  let kenchi = await startKenchi(dataDir);
  // The same addresses after the kill, so that the open tab finds the server again.
  const ports = ["--listen", new URL(kenchi.url).host, "--local-listen", new URL(kenchi.localUrl).host];
  await sampleDataset(page, kenchi);
  const canvas = await openEditor(page, ["qr"]);
  await page.keyboard.press("b");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  const state = page.getByTestId("save-state");
  await expect(state.locator("[data-state=saved]")).toBeVisible();
  await kill(kenchi);
  // What is drawn now waits in the browser, and the tab is loaded again in the middle of it.
  await page.keyboard.press("d");
  await expect(canvas).toHaveAttribute("data-box-count", "0");
  await page.keyboard.press("b");
  await expect(state).toContainText("Offline (1 waiting)");
  kenchi = await startKenchi(dataDir, ports);
  await expect(state.locator("[data-state=saved]")).toBeVisible({ timeout: 30_000 });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await ready(page);
  await expect(page.getByTestId("save-changes")).toContainText("(2)", { timeout: 20_000 });
  // Killed while the changes go to the cloud.
  await page.getByTestId("save-changes").click();
  await page.waitForTimeout(40);
  await kill(kenchi);
  kenchi = await startKenchi(dataDir, ports);
  await page.reload();
  await ready(page);
  await expect(page.getByTestId("filter-labelled").or(page.getByTestId("editor-canvas"))).toBeVisible();
  const save = page.getByTestId("save-changes");
  await expect(save).toContainText(/\((0|2)\)/);
  if ((await save.innerText()).includes("(2)")) await save.click();
  await expect(save).toContainText("(0)", { timeout: 30_000 });
  // The cloud has both: a Kenchi that never saw the drafts reads them there.
  const other = await context.newPage();
  await other.goto(`${kenchi.url}/projects/bob/dataset`);
  await expect(other.getByTestId("train-dataset").locator("dd").nth(1)).toHaveText("2");
  await page.close();
  expected(problems, "");
  await stopKenchi(kenchi);
  await rm(dataDir, { recursive: true, force: true });
});
