// Where the guide's QR codes are, and the hand that draws on a canvas.

import { execFileSync } from "node:child_process";
import { expect, type Locator, type Page } from "@playwright/test";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The true box of each of the guide's pictures by key, in image pixels; null without a QR code. */
export function guideTruth(): Map<string, Box | null> {
  const program = process.env.KENCHI_GUIDE_TRUTH;
  if (!program) throw new Error("KENCHI_GUIDE_TRUTH names no program; run `cargo xtask test browser`");
  const json = execFileSync(program, { encoding: "utf8" });
  return new Map(Object.entries(JSON.parse(json) as Record<string, Box | null>));
}

/** Intersection over union. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** Draws a box given in image pixels with the mouse, corner to corner. */
export async function drawBox(page: Page, canvas: Locator, box: Box): Promise<void> {
  const frame = await canvas.boundingBox();
  if (!frame) throw new Error("the canvas is not on the page");
  const number = async (name: string) => Number(await canvas.getAttribute(name));
  const scale = await number("data-view-scale");
  const x = await number("data-view-x");
  const y = await number("data-view-y");
  expect(scale).toBeGreaterThan(0);
  const at = (imageX: number, imageY: number) => [frame.x + imageX * scale + x, frame.y + imageY * scale + y] as const;
  await page.mouse.move(...at(box.left, box.top));
  await page.mouse.down();
  await page.mouse.move(...at(box.left + box.width / 2, box.top + box.height / 2), { steps: 3 });
  await page.mouse.move(...at(box.left + box.width, box.top + box.height), { steps: 3 });
  await page.mouse.up();
}

/** What the table of detections shows now. */
export async function shownDetections(page: Page): Promise<{ label: string; confidence: number; box: Box }[]> {
  const rows = await page.getByTestId("detections").locator("tbody tr").all();
  return Promise.all(
    rows.map(async (row) => {
      const cells = await row.locator("td").allInnerTexts();
      const [left, top, width, height] = cells.slice(2).map(Number) as [number, number, number, number];
      return { label: (cells[0] ?? "").trim(), confidence: parseFloat(cells[1] ?? ""), box: { left, top, width, height } };
    }),
  );
}
