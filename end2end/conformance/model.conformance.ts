// The playing cards through the model's pages: labels from their Pascal VOC files, training, judging, using, stopping.

import { mkdtemp, copyFile, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "../support/kenchi";
import { CARD_LABELS, type Card, cards, cardsDataset, cardsFolder, uploadCards } from "../support/cards";
import { iou, shownDetections } from "../support/guide";
import { open } from "../support/step";

/** Pictures that are tried in the playground. */
const TRIED = 24;

test.use({ locale: "en-US" });

test("the cards from their files to a model that is judged, used and stopped", async ({ page, kenchi }) => {
  const folder = cardsFolder();
  test.skip(!folder, "KENCHI_PLAYING_CARDS names no folder with images/train and images/test");
  if (!folder) return;
  const truth = await cards(folder);
  await uploadCards(page, kenchi, truth);
  await cardsDataset(page, kenchi);

  await test.step("the labels of another tool", async () => {
    await open(page, kenchi, "/projects/cards/labels");
    await page.getByTestId("exchange").click();
    const files = [...truth.values()].map((card) => card.path.replace(/\.[^.]+$/, ".xml"));
    await page.getByTestId("import-files").setInputFiles(files);
    await expect(page.getByTestId("import-report")).toContainText(String(truth.size), { timeout: 60_000 });
    console.log(`FIGURE import: ${await page.getByTestId("import-report").innerText()}`);
    await page.keyboard.press("Escape");
    await page.getByTestId("save-changes").click();
    await expect(page.getByTestId("save-changes")).toContainText("(0)", { timeout: 120_000 });
  });

  await test.step("training", async () => {
    await page.getByTestId("step-next").click();
    await expect(page.getByTestId("model-kind")).toHaveAttribute("data-kind", "Boxes");
    const training = Date.now();
    await page.getByTestId("train").click();
    await page.getByTestId("to-evaluate").click({ timeout: 1_200_000 });
    console.log(`FIGURE trained in ${((Date.now() - training) / 1000).toFixed(0)} s`);
  });

  await test.step("judging", async () => {
    await expect(page.getByTestId("labels-table").locator("tbody tr")).toHaveCount(CARD_LABELS.length);
    const text = (name: string) => page.getByTestId(name).innerText();
    console.log(`FIGURE F1 ${await text("f1")}, precision ${await text("precision")}, recall ${await text("recall")}`);
    expect(Number(await text("f1"))).toBeGreaterThan(0.7);
    const count = async (name: string) => Number((await text(name)).replace(/\D/g, ""));
    const objects = (await count("tp")) + (await count("fn"));
    // A matrix tells the same at every threshold.
    const cells = page.getByTestId("matrix").locator("[data-cell]");
    for (const threshold of ["30", "60", "90"]) {
      await page.getByTestId("threshold").fill(threshold);
      await expect(page.locator("output[for=threshold]")).toHaveText(`${threshold}.0%`);
      expect((await count("tp")) + (await count("fn")), threshold).toBe(objects);
      const told = await cells.evaluateAll((cells) => cells.map((cell) => [cell.getAttribute("data-cell"), Number(cell.textContent)]));
      const right = told.filter(([cell]) => /^(\d+)-\1$/.test(String(cell))).reduce((sum, [, one]) => sum + Number(one), 0);
      expect(right, threshold).toBe(await count("tp"));
    }
    // All pictures come as somebody scrolls, and each follows the threshold by the time it is seen.
    const tiles = page.getByTestId("test-images").locator(":scope > li");
    const all = await count("show-all");
    await expect(async () => {
      await tiles.last().scrollIntoViewIfNeeded();
      expect(await tiles.count()).toBe(all);
    }).toPass({ timeout: 30_000 });
    await page.getByTestId("threshold").fill("100");
    await tiles.last().scrollIntoViewIfNeeded();
    await expect(tiles.last().locator(".right, .wrong")).toHaveCount(0);
    await page.getByTestId("assumed").check();
    await page.getByTestId("show-missed").click();
    const missed = await count("show-missed");
    console.log(`FIGURE test images: ${all}, ${missed} of them with something missed`);
    if (missed > 0) await expect(tiles.first().locator(".missed")).toBeVisible();
    await page.getByTestId("step-next").click();
  });

  await test.step("using", async () => {
    await page.getByTestId("lease-minutes").fill("30");
    await page.getByTestId("start-model").click();
    await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
    const scratch = await mkdtemp(join(tmpdir(), "kenchi-tried-"));
    try {
      const tested = [...truth].filter(([, card]) => card.path.includes("/test/")).slice(0, TRIED);
      for (const [, card] of tested) await copyFile(card.path, join(scratch, basename(card.path)));
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      const detections = () => asked.filter((url) => url.includes("/api/model/detect")).length;
      await page.getByTestId("detect-folder").setInputFiles(scratch);
      await expect(page.getByTestId("queue-told")).toContainText(`${tested.length} of ${tested.length}`, { timeout: 60_000 });
      await judge(tested);
      const before = detections();
      await page.getByTestId("min-confidence").fill("100");
      await expect(page.getByTestId("detect-canvas")).toHaveAttribute("data-detections", "0");
      await page.getByTestId("own-thresholds").check();
      expect(detections()).toBe(before);
      for (const kind of ["json", "csv", "png"]) {
        const waiting = page.waitForEvent("download");
        await page.getByTestId(`save-${kind}`).click();
        const path = await (await waiting).path();
        expect((await stat(path)).size, kind).toBeGreaterThan(kind === "png" ? 10_000 : 20);
        if (kind === "json") JSON.parse(await readFile(path, "utf8"));
      }
      await page.getByTestId("add-to-training").click();
      await expect(page.getByTestId("added")).toBeVisible();
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });

  await test.step("in bulk", async () => {
    await page.getByTestId("batch-prefix").fill("cards/");
    await page.getByTestId("batch-start").click();
    await page.getByTestId("batch-pause").click();
    await expect(page.getByTestId("batch-one")).toHaveAttribute("data-state", "paused");
    await page.getByTestId("batch-resume").click();
    await expect(page.getByTestId("batch-one")).toHaveAttribute("data-state", "done", { timeout: 300_000 });
    await expect(page.getByTestId("batch-one")).toContainText(`${truth.size} of ${truth.size} pictures`);
    await expect(page.getByTestId("batch-manifest")).toContainText("/detections/cards/");
    console.log(`FIGURE batch: ${(await page.getByTestId("batch-one").innerText()).replace(/\s+/g, " ")}`);
  });

  await test.step("to the labels of what was added, and stopped", async () => {
    await page.getByTestId("added").locator("a").click();
    await expect(page.getByTestId("editor-canvas")).toHaveAttribute("data-ready", "true");
    await page.getByTestId("stop-all").click();
    await expect(page.getByTestId("running-bar")).toBeHidden({ timeout: 60_000 });
    await open(page, kenchi, "/models");
    console.log(`FIGURE cost: ${(await page.getByTestId("costs").innerText()).replace(/\s+/g, " ").slice(0, 200)}`);
  });

  /** What the playground shows of these pictures beside what is on them. */
  async function judge(tested: [string, Card][]): Promise<void> {
    let [objects, found, wrong] = [0, 0, 0];
    const tiles = page.getByTestId("queue").locator("button");
    for (const [name, card] of tested) {
      await tiles.filter({ hasText: name }).click();
      await expect(page.getByTestId("picture-name")).toHaveText(name);
      await expect(page.getByTestId("detections-told")).not.toBeEmpty();
      const shown = (await page.getByTestId("detections").count()) === 0 ? [] : await shownDetections(page);
      const right = (label: string, box: Card["boxes"][number]) =>
        shown.some((one) => one.label === label && iou(one.box, box) >= 0.5);
      objects += card.boxes.length;
      found += card.boxes.filter((box) => right(box.label, box)).length;
      wrong += shown.filter((one) => !card.boxes.some((box) => box.label === one.label && iou(one.box, box) >= 0.5)).length;
    }
    console.log(`FIGURE ${tested.length} pictures by hand: ${found} of ${objects} cards found, ${wrong} wrong`);
    expect(found / objects).toBeGreaterThan(0.6);
  }
});
