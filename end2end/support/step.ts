// Going from step to step the way a person does: by the buttons of the page.

import { expect, type Page } from "@playwright/test";
import { ready, type Kenchi } from "./kenchi";

/** Opens a page of Kenchi and waits until it answers to clicks. */
export async function open(page: Page, kenchi: Kenchi, path: string): Promise<void> {
  await page.goto(kenchi.url + path);
  await ready(page);
}

/** Draws the sample images into a new bucket and waits for all of them. Ends in `custom_label/`. */
export async function drawSamples(page: Page): Promise<void> {
  await page.getByTestId("use-samples").click();
  await page.waitForURL(/\/images\/[^/]+\/custom_label\//);
  const folders = page.getByTestId("folders").locator("li");
  await expect(folders).toHaveCount(2);
  await expect(folders.nth(0)).toContainText("with_qr");
  await expect(folders.nth(0)).toContainText("20");
  await expect(folders.nth(1)).toContainText("20");
  await expect(page.locator('[data-testid="flash"][data-job="draw-samples"].good')).toBeVisible();
}

export async function createProject(page: Page, name: string): Promise<void> {
  await page.getByTestId("project-name").fill(name);
  await page.getByTestId("create-project").click();
  await page.waitForURL(`**/projects/${name}/dataset`);
  await expect(page.getByTestId("train-dataset")).toBeVisible();
}

/** Makes the training dataset from `custom_label/`. */
export async function createDataset(page: Page, labelByFolder: boolean): Promise<void> {
  await page.getByTestId("folder-picker").getByRole("button", { name: /^custom_label/ }).click();
  await page.getByTestId("label-by-folder").setChecked(labelByFolder);
  await expect(page.getByTestId("label-preview")).toContainText("custom_label/");
  await expect(page.getByTestId("label-preview")).toContainText("40");
  await page.getByTestId("create-dataset").click();
  await expect(page.getByTestId("split-now")).toBeVisible({ timeout: 30_000 });
}
