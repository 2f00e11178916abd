// Somebody labels every box of the playing cards, from pictures on the disk to a trained model: a scripted hand with mouse
// and keys, which notes how long it waits between its actions.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect, test } from "../support/kenchi";
import { type Box, iou } from "../support/guide";
import { CARD_LABELS as LABELS, cards, cardsDataset, cardsFolder, uploadCards } from "../support/cards";
import { act, summary, takeDeeds, takeWaits, type Wait, watchHand } from "../support/hand";
import { open } from "../support/step";

/** Nobody should wait longer between two actions. */
const GOAL_MS = 100;
/** So many pictures are labelled; all where nothing else is said. */
const MOST = Number(process.env.KENCHI_CARDS_MOST ?? Infinity);

test.use({ locale: "en-US" });

test("the cards from empty to labelled to saved to trained", async ({ page, kenchi, context }) => {
  const folder = cardsFolder();
  test.skip(!folder, "KENCHI_PLAYING_CARDS names no folder with images/train and images/test");
  if (!folder) return;
  const truth = new Map([...(await cards(folder))].slice(0, MOST));
  const all = [...truth.values()].reduce((sum, card) => sum + card.boxes.length, 0);
  console.log(`FIGURE ${truth.size} pictures, ${all} boxes`);
  await watchHand(page);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const uploading = Date.now();
  await uploadCards(page, kenchi, truth);
  console.log(`FIGURE uploaded in ${((Date.now() - uploading) / 1000).toFixed(0)} s`);
  await cardsDataset(page, kenchi);
  await open(page, kenchi, "/projects/cards/labels");
  await expect(page.getByTestId("gallery").locator(".label-tile").first()).toBeVisible();

  const begun = Date.now();
  const waits = await label();
  const took = (Date.now() - begun) / 1000;
  for (const after of ["label", "box", "next"]) {
    console.log(`FIGURE after ${after}: ${summary(waits.filter((wait) => wait.after === after))}`);
  }
  const slow = waits.filter((wait) => wait.ms > GOAL_MS);
  console.log(`FIGURE labelled in ${took.toFixed(0)} s; waits over ${GOAL_MS} ms: ${slow.length} of ${waits.length}`);
  const busy = waits.filter((wait) => (wait.cpu ?? 0) > GOAL_MS);
  console.log(`FIGURE of them the page's own work was over ${GOAL_MS} ms: ${busy.length}`);

  await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
  await page.getByTestId("to-gallery").click();
  await expect(page.getByTestId("filter-labelled")).toContainText(String(truth.size));
  await expect(page.getByTestId("filter-unlabelled")).toContainText("0");
  const saving = Date.now();
  await page.getByTestId("save-changes").click();
  await expect(page.getByTestId("save-changes")).toContainText(/\(0\)|（0）/, { timeout: 120_000 });
  console.log(`FIGURE saved in ${((Date.now() - saving) / 1000).toFixed(1)} s`);
  await compare();

  await page.getByTestId("step-next").click();
  await expect(page.getByTestId("model-kind")).toHaveAttribute("data-kind", "Boxes");
  await expect(page.getByTestId("test-split")).toBeChecked();
  const training = Date.now();
  await page.getByTestId("train").click();
  await page.getByTestId("to-evaluate").click({ timeout: 1_200_000 });
  console.log(`FIGURE trained in ${((Date.now() - training) / 1000).toFixed(0)} s`);
  await expect(page.getByTestId("labels-table").locator("tbody tr")).toHaveCount(LABELS.length);
  const figures = await Promise.all(["f1", "precision", "recall"].map((name) => page.getByTestId(name).innerText()));
  console.log(`FIGURE the model: F1 ${figures[0]}, precision ${figures[1]}, recall ${figures[2]}`);

  /** Every box of every picture: a drag, the label's key where it is another one, and the key for the next picture. */
  async function label(): Promise<Wait[]> {
    for (const label of LABELS) {
      await page.getByTestId("new-label").first().fill(label);
      await page.getByTestId("add-label").first().click();
      await expect(page.locator(`[data-testid=label-filters] [data-label="${label}"]`)).toBeVisible();
    }
    const order = [...truth.keys()].sort();
    await page.getByTestId("gallery").locator(".label-tile a").first().click();
    const canvas = page.getByTestId("editor-canvas");
    await expect(canvas).toHaveAttribute("data-ready", "true");
    const waits: Wait[] = [];
    let [points, keys, current] = [0, 0, 0];
    for (let image = 0; image < order.length; image++) {
      const name = (await page.getByTestId("image-name").innerText()).trim();
      const card = truth.get(name);
      if (!card) throw new Error(`${name} is no card`);
      await takeDeeds(page);
      for (const [at, box] of card.boxes.entries()) {
        // A press inside the box that was drawn last would move it.
        const last = card.boxes[at - 1];
        if (last && near(last, box)) await page.keyboard.press("Escape");
        await draw(box, at + 1);
        const index = LABELS.indexOf(box.label);
        if (index !== current) await act(page, "label", {}, () => page.keyboard.press(`${index + 1}`), session);
        current = index;
      }
      const deeds = await takeDeeds(page);
      points += deeds.filter((deed) => deed.what === "point").length;
      keys += deeds.filter((deed) => deed.what === "key").length;
      if (image + 1 < order.length) {
        const next = order[image + 1] ?? "";
        await act(page, "next", { name: next, ready: "true" }, () => page.keyboard.press("Shift+D"), session);
      }
      const own = await takeWaits(page);
      for (const wait of own.filter((wait) => wait.ms > GOAL_MS)) {
        console.log(`after ${wait.after} at picture ${image + 1}: ${wait.ms.toFixed(0)} ms, ${(wait.cpu ?? NaN).toFixed(0)} of them the page's own`);
      }
      waits.push(...own);
    }
    console.log(`FIGURE for a box: ${(points / all).toFixed(2)} points, ${(keys / all).toFixed(2)} presses`);
    return waits;
  }

  /** Whether a drag from a box's upper left corner would take hold of another one. */
  function near(other: Box, { left, top }: Box): boolean {
    const away = 12;
    const across = left > other.left - away && left < other.left + other.width + away;
    return across && top > other.top - away && top < other.top + other.height + away;
  }

  async function draw(box: Box, count: number): Promise<void> {
    const place = await page.evaluate(() => {
      const canvas = document.querySelector<HTMLElement>("[data-testid=editor-canvas]");
      const frame = canvas?.getBoundingClientRect();
      const number = (name: string) => Number(canvas?.dataset[name]);
      return { x: (frame?.left ?? 0) + number("viewX"), y: (frame?.top ?? 0) + number("viewY"), scale: number("viewScale") };
    });
    const at = (x: number, y: number) => [place.x + x * place.scale, place.y + y * place.scale] as const;
    await page.mouse.move(...at(box.left, box.top));
    await page.mouse.down();
    await page.mouse.move(...at(box.left + box.width / 2, box.top + box.height / 2), { steps: 2 });
    await page.mouse.move(...at(box.left + box.width, box.top + box.height), { steps: 2 });
    await act(page, "box", { boxCount: String(count) }, () => page.mouse.up(), session);
  }

  /** What the cloud has is what was drawn: from the export. */
  async function compare(): Promise<void> {
    await page.getByTestId("exchange").click();
    const waiting = page.waitForEvent("download");
    await page.getByTestId("export-csv").click();
    const lines = (await readFile(await (await waiting).path(), "utf8")).trim().split(/\r?\n/);
    const columns = (lines[0] ?? "").split(",");
    const rows = lines.slice(1).map((line) => {
      const cells = line.split(",");
      const cell = (name: string) => cells[columns.indexOf(name)] ?? "";
      const [left, top] = [Number(cell("xmin")), Number(cell("ymin"))];
      const box = { left, top, width: Number(cell("xmax")) - left, height: Number(cell("ymax")) - top };
      return { file: basename(cell("filename")), label: cell("class"), box };
    });
    const boxes = rows.filter((row) => row.label !== "");
    expect(boxes.length).toBe(all);
    let [least, sum] = [1, 0];
    for (const [file, card] of truth) {
      for (const box of card.boxes) {
        const own = boxes.filter((row) => row.file === file && row.label === box.label);
        const best = Math.max(0, ...own.map((row) => iou(row.box, box)));
        [least, sum] = [Math.min(least, best), sum + best];
      }
    }
    console.log(`FIGURE drawn boxes beside those of the dataset: IoU ${(sum / all).toFixed(3)} in the mean, ${least.toFixed(3)} at least`);
    expect(least).toBeGreaterThan(0.85);
    await page.keyboard.press("Escape");
  }
});
