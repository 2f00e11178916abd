// The model's life beyond the seven steps: trainings side by side, a batch that outlives its Kenchi, cost by prices of
// one's own, and what axe-core finds on these pages.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serious } from "../support/axe";
import { expected, startKenchi, stopKenchi, test, expect } from "../support/kenchi";
import { createDataset, createProject, drawSamples, open } from "../support/step";

test.use({ locale: "en-US" });

test("trainings are compared, a batch outlives its Kenchi, and cost follows the prices", async ({ page, problems }) => {
  test.setTimeout(400_000);
  const dataDir = await mkdtemp(join(tmpdir(), "kenchi-model-"));
  let kenchi = await startKenchi(dataDir);
  const looks: string[] = [];
  const look = async (name: string) => {
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const finding of await serious(page)) looks.push(`${name}, ${scheme}: ${finding}`);
    }
  };
  try {
    await open(page, kenchi, "/");
    await drawSamples(page);
    await page.getByTestId("step-next").click();
    await createProject(page, "life");
    await createDataset(page, true);
    await open(page, kenchi, "/projects/life/train");

    // A second training while the first is under way; the local cloud runs one after the other.
    await expect(page.getByTestId("model-kind")).toHaveAttribute("data-kind", "ImageLabels");
    await page.getByTestId("version-name").fill("first");
    await page.getByTestId("train").click();
    await expect(page.getByTestId("training-status")).toHaveCount(1);
    await expect(page.getByTestId("test-own")).toBeChecked();
    await page.getByTestId("version-name").fill("second");
    await expect(page.getByTestId("train")).toBeEnabled();
    await page.getByTestId("train").click();
    await expect(page.getByTestId("versions").locator("tbody tr")).toHaveCount(2);
    await expect(page.getByTestId("flash").filter({ hasText: "second is complete" })).toBeVisible({ timeout: 150_000 });
    await page.getByTestId("open-report").click();
    await expect(page.getByTestId("training-report")).toContainText("32 lines, 32 used");
    for (const tick of await page.getByTestId("tick").all()) await tick.check();
    await expect(page.getByTestId("compare").locator("thead th")).toHaveCount(2);
    await expect(page.getByTestId("compare").locator("tbody tr")).not.toHaveCount(0);
    await look("train");

    await page.getByTestId("version-name").fill("third");
    await page.getByTestId("train").click();
    await page.getByTestId("cancel-training").click();
    await expect(page.getByTestId("flash").filter({ hasText: "third was cancelled" })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByTestId("training-status")).toContainText("Labels and images are as they were");
    await expect(page.getByTestId("versions").locator("tbody tr")).toHaveCount(3);

    await open(page, kenchi, "/projects/life/evaluate?model=second");
    await expect(page.getByTestId("test-images").locator(":scope > li")).toHaveCount(8);
    // The matrix follows the slider: at the top nothing is found any more.
    const cell = (name: string) => page.getByTestId("matrix").locator(`[data-cell="${name}"]`);
    const count = async (name: string) => Number(await cell(name).innerText());
    const right = (await count("0-0")) + (await count("1-1"));
    expect(right).toBe(Number(await page.getByTestId("tp").innerText()));
    expect(right).toBeGreaterThanOrEqual(4);
    await page.getByTestId("threshold").fill("100");
    await expect(page.getByTestId("tp")).toHaveText("0");
    await expect(cell("0-0")).toHaveText("0");
    await expect(cell("1-1")).toHaveText("0");
    expect((await count("0-")) + (await count("1-"))).toBe(8);
    await cell("0-").getByRole("button").click();
    await expect(page).toHaveURL(/cell=0-(&|$)/);
    await expect(page.getByTestId("test-images").locator(":scope > li")).toHaveCount(await count("0-"));
    await cell("0-").getByRole("button").click();
    await look("evaluate");

    // The batch is cut off by the end of Kenchi, and the next one goes on with it.
    await open(page, kenchi, "/projects/life/use?model=second");
    await page.getByTestId("start-model").click();
    await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
    await page.getByTestId("batch-prefix").fill("custom_label/");
    await page.getByTestId("batch-start").click();
    await page.getByTestId("batch-pause").click();
    await expect(page.getByTestId("batch-one")).toHaveAttribute("data-state", "paused");
    await page.goto("about:blank");
    kenchi.process.kill("SIGKILL");
    await new Promise((resolve) => kenchi.process.on("exit", resolve));
    kenchi = await startKenchi(dataDir);
    await open(page, kenchi, "/projects/life/use?model=second");
    await expect(page.getByTestId("batch-one")).toHaveAttribute("data-state", "paused");
    await page.getByTestId("batch-resume").click();
    await expect(page.getByTestId("batch-one")).toHaveAttribute("data-state", "done", { timeout: 60_000 });
    await expect(page.getByTestId("batch-one")).toContainText("40 of 40 pictures");
    await expect(page.getByTestId("batch-manifest")).toContainText("/detections/life/second-");

    // A picture zooms; its canvas stays as sharp as the screen.
    await page.getByTestId("choose-bucket").click();
    await page.getByTestId("bucket-tiles").locator('[data-folder="sample_images/"]').click();
    await page.getByTestId("bucket-tiles").locator("[data-key]").first().click();
    const canvas = page.getByTestId("detect-canvas");
    await expect(canvas).toHaveAttribute("data-painted", "true");
    const pixels = async () => canvas.evaluate((node) => (node as HTMLCanvasElement).width / node.clientWidth);
    const before = await pixels();
    await page.getByTestId("zoom-in").click();
    await expect(canvas).toHaveAttribute("data-zoom", "1.50");
    expect(await pixels()).toBeCloseTo(before, 2);
    await page.getByTestId("zoom-whole").click();
    await expect(canvas).toHaveAttribute("data-zoom", "1.00");
    await look("use");

    // Prices of one's own.
    await open(page, kenchi, "/settings");
    await page.getByTestId("price-unit").fill("0");
    await expect(page.getByTestId("keep-prices")).toBeDisabled();
    await page.getByTestId("price-unit").fill("360");
    await page.getByTestId("keep-prices").click();
    await expect(page.getByTestId("price-table").locator('[data-region="ap-northeast-1"]')).toContainText("$360.00");
    await look("settings");
    await open(page, kenchi, "/models");
    await expect(page.getByTestId("costs")).toContainText("$360.00 for a unit's hour");
    // The run that is under way keeps the price that it began with.
    await expect(page.getByTestId("cost-now")).toContainText("$4.00");
    await expect(page.getByTestId("cost-models").locator('[data-model="second"]')).toBeVisible();
    await expect(page.getByTestId("cost-models").locator('[data-model="first"]')).toBeVisible();
    await look("models");
    await page.getByTestId("stop-all").click();
    await expect(page.getByTestId("running-bar")).toBeHidden({ timeout: 60_000 });
    expect(looks).toEqual([]);
    await page.close();
    expected(problems, "Failed to load resource");
  } finally {
    await stopKenchi(kenchi);
    await rm(dataDir, { recursive: true, force: true });
  }
});
