// Nothing that was drawn is lost: without a server, with the tab closed, and with two tabs on one dataset.

import { expect, expected, ready, test } from "../support/kenchi";
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
