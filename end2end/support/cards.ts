// The playing cards with their boxes in Pascal VOC, where they are at hand.

import { expect, type Page } from "@playwright/test";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Box } from "./guide";
import type { Kenchi } from "./kenchi";
import { createProject, open } from "./step";

export const CARD_LABELS = ["nine", "ten", "jack", "queen", "king", "ace"];

export interface Card {
  /** Where the picture is. */
  path: string;
  boxes: (Box & { label: string })[];
}

/** The folder with `train/` and `test/`: `KENCHI_PLAYING_CARDS`, or beside the checkout; none where it is not. */
export function cardsFolder(): string | null {
  const beside = resolve(__dirname, "../../../shared/datasets/playing-cards");
  const folder = join(process.env.KENCHI_PLAYING_CARDS ?? beside, "images");
  return existsSync(folder) ? folder : null;
}

/** Every picture by its file name. */
export async function cards(folder: string): Promise<Map<string, Card>> {
  const found = new Map<string, Card>();
  for (const part of ["train", "test"]) {
    for (const file of await readdir(join(folder, part))) {
      if (!file.endsWith(".xml")) continue;
      const xml = await readFile(join(folder, part, file), "utf8");
      const name = /<filename>([^<]+)</.exec(xml)?.[1] ?? "";
      found.set(name, { path: join(folder, part, name), boxes: boxes(xml) });
    }
  }
  return found;
}

function boxes(xml: string): Card["boxes"] {
  return [...xml.matchAll(/<object>.*?<\/object>/gs)].map(([object]) => {
    const value = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(object)?.[1] ?? "";
    const [left, top] = [Number(value("xmin")), Number(value("ymin"))];
    return { label: value("name"), left, top, width: Number(value("xmax")) - left, height: Number(value("ymax")) - top };
  });
}

/** Uploads the pictures as a folder into the new bucket `cards`. */
export async function uploadCards(page: Page, kenchi: Kenchi, truth: Map<string, Card>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "kenchi-cards-"));
  try {
    await mkdir(join(scratch, "cards"));
    for (const { path } of truth.values()) await copyFile(path, join(scratch, "cards", basename(path)));
    await open(page, kenchi, "/images");
    await page.getByTestId("new-bucket").fill("cards");
    await page.getByTestId("create-bucket").click();
    await page.waitForURL("**/images/cards/");
    await page.getByTestId("pick-folder").setInputFiles(join(scratch, "cards"));
    const line = page.getByTestId("folders").locator("li").filter({ hasText: "cards" });
    await expect(line).toContainText(String(truth.size), { timeout: 180_000 });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The project `cards` with a training dataset of these pictures, without labels. */
export async function cardsDataset(page: Page, kenchi: Kenchi): Promise<void> {
  await open(page, kenchi, "/projects");
  await createProject(page, "cards");
  await page.getByTestId("folder-picker").locator(".folder-row").filter({ hasText: "cards" }).click();
  await page.getByTestId("label-by-folder").setChecked(false);
  await page.getByTestId("create-dataset").click();
  await expect(page.getByTestId("split-now")).toBeVisible({ timeout: 60_000 });
}
