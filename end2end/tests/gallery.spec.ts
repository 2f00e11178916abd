// Step 4, the gallery: many images at once, labels renamed and merged, annotations in and out.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/kenchi";
import { boxes, openEditor, sampleDataset } from "../support/labelling";
import { createProject, drawSamples, open } from "../support/step";

test.use({ locale: "en-US" });

test("annotations of other tools come in with a report of what was wrong, and go out again", async ({ page, kenchi }) => {
  await sampleDataset(page, kenchi);
  await page.getByTestId("exchange").click();
  const voc = `<annotation><filename>qr_01.png</filename><size><width>640</width><height>480</height></size>
    <object><name>猫 &amp; 犬</name><bndbox><xmin>10.5</xmin><ymin>20</ymin><xmax>110</xmax><ymax>220</ymax></bndbox></object>
    <object><name></name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>`;
  const csv = "filename,class,xmin,ymin,xmax,ymax\nqr_02.png,tag,1,2,31,42\nnobody.png,tag,1,2,3,4\n";
  await page.getByTestId("import-files").setInputFiles([
    { name: "qr_01.xml", mimeType: "text/xml", buffer: Buffer.from(voc) },
    { name: "more.csv", mimeType: "text/csv", buffer: Buffer.from(csv) },
  ]);
  await expect(page.getByTestId("import-report")).toContainText("2 images changed, with 2 boxes");
  const notes = page.getByTestId("import-notes").locator("li");
  await expect(notes).toHaveCount(2);
  await expect(notes.nth(0)).toContainText("qr_01.xml");
  await expect(notes.nth(1)).toContainText("no image nobody.png");
  for (const [format, text] of [["csv", "猫 & 犬,10.5,20,110,220"], ["coco", '"name":"tag"'], ["manifest", '"class-map"']] as const) {
    const waiting = page.waitForEvent("download");
    await page.getByTestId(`export-${format}`).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toContain(`bob-train-${format}`);
    expect(await readFile(await download.path(), "utf8")).toContain(text);
  }
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("filter-labelled")).toContainText("2");
  await openEditor(page, []);
  expect(await boxes(page)).toEqual([[10.5, 20, 99.5, 200]]);
});

test("labels are renamed, merged and deleted wherever they are used", async ({ page, kenchi }) => {
  await sampleDataset(page, kenchi);
  const labels = page.getByTestId("label-filters");
  for (const [label, images] of [["cat", 3], ["dog", 5]] as const) {
    await page.getByTestId("new-label").first().fill(label);
    await page.getByTestId("add-label").first().click();
    const tiles = page.getByTestId("gallery").locator(".tile-name input");
    for (let at = 0; at < images; at++) await tiles.nth(at).check();
    await page.locator(`[data-testid=image-labels] [data-label=${label}]`).check();
    await expect(labels.locator(`[data-label=${label}]`)).toContainText(String(images));
    await page.getByRole("button", { name: "Deselect" }).click();
  }
  const line = (label: string) => page.locator(`.edit-labels form[data-label="${label}"]`);
  await page.getByTestId("edit-labels").click();
  await line("cat").locator("input").fill("猫");
  await line("cat").getByRole("button", { name: "Rename" }).click();
  await expect(line("猫")).toBeVisible();
  await line("dog").locator("input").fill("猫");
  await line("dog").getByRole("button", { name: "Merge" }).click();
  await expect(line("dog")).toHaveCount(0);
  await expect(labels.locator('[data-label="猫"]')).toContainText("5");
  await line("猫").getByRole("button", { name: /^Delete/ }).click();
  await line("猫").getByRole("button", { name: /^Delete/ }).click();
  await expect(labels.locator("a")).toHaveCount(0);
  await expect(page.getByTestId("filter-labelled")).toContainText("0");
});

test("everything that matches is labelled at once, on other pages too", async ({ page, kenchi }) => {
  await open(page, kenchi, "/");
  await drawSamples(page);
  await manyPictures(page, 70);
  await open(page, kenchi, "/projects");
  await createProject(page, "bob");
  await page.getByTestId("folder-picker").getByRole("button", { name: /^many/ }).click();
  await page.getByTestId("label-by-folder").uncheck();
  await page.getByTestId("create-dataset").click();
  await expect(page.getByTestId("split-now")).toBeVisible({ timeout: 30_000 });
  await open(page, kenchi, "/projects/bob/labels");
  await expect(page.getByTestId("gallery").locator(":scope > li")).toHaveCount(60);
  await page.getByTestId("new-label").first().fill("qr");
  await page.getByTestId("add-label").first().click();
  await page.getByTestId("select-all").check();
  await page.getByTestId("select-everything").click();
  await expect(page.getByTestId("selected-count")).toContainText("70");
  await page.locator("[data-testid=image-labels] [data-label=qr]").check();
  await expect(page.getByTestId("filter-labelled")).toContainText("70");
  await page.getByTestId("bulk-clear-labels").click();
  await expect(page.getByTestId("filter-labelled")).toContainText("0");
});

/** Copies one of the sample pictures below `many/`. */
async function manyPictures(page: Page, count: number): Promise<void> {
  const statuses = await page.evaluate(async (count) => {
    const bucket = location.pathname.split("/")[2] ?? "";
    const picture = await (await fetch(`/preview/${bucket}/custom_label/with_qr/qr_01.png?side=0`)).blob();
    const put = async (at: number) =>
      (await fetch(`/upload/${bucket}/many/${at}.png`, { method: "PUT", body: picture })).status;
    return Promise.all(Array.from({ length: count }, (_, at) => put(at)));
  }, count);
  expect(new Set(statuses)).toEqual(new Set([200]));
}
