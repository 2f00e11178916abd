// A dataset of the sample images, open in the box editor.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Kenchi } from "./kenchi";
import { createDataset, createProject, drawSamples, open } from "./step";

/** Sample images, a project `bob` and its training dataset without labels; ends in the gallery. */
export async function sampleDataset(page: Page, kenchi: Kenchi): Promise<void> {
  await open(page, kenchi, "/");
  await drawSamples(page);
  await open(page, kenchi, "/projects");
  await createProject(page, "bob");
  await createDataset(page, false);
  await open(page, kenchi, "/projects/bob/labels");
  await expect(page.getByTestId("gallery").locator(".label-tile").first()).toBeVisible();
}

/** Opens the first image in the editor, with these labels. */
export async function openEditor(page: Page, labels: string[]): Promise<Locator> {
  for (const label of labels) {
    await page.getByTestId("new-label").first().fill(label);
    await page.getByTestId("add-label").first().click();
    await expect(page.locator(`[data-testid=label-filters] [data-label="${label}"]`)).toBeVisible();
  }
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  const canvas = page.getByTestId("editor-canvas");
  await expect(canvas).toHaveAttribute("data-ready", "true");
  return canvas;
}

/** Where a point of the image is in the window. */
export async function place(canvas: Locator, x: number, y: number): Promise<{ x: number; y: number }> {
  const frame = await canvas.boundingBox();
  if (!frame) throw new Error("the canvas is not on the page");
  const number = async (name: string) => Number(await canvas.getAttribute(name));
  const scale = await number("data-view-scale");
  return {
    x: frame.x + x * scale + (await number("data-view-x")),
    y: frame.y + y * scale + (await number("data-view-y")),
  };
}

/** The boxes as the list at the side mirrors them: left, top, width, height in image pixels. */
export async function boxes(page: Page): Promise<number[][]> {
  const lines = await page.getByTestId("boxes").locator("li").all();
  return Promise.all(lines.map(async (line) => ((await line.getAttribute("data-box")) ?? "").split(",").map(Number)));
}
