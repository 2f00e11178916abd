// Step 4, the gallery: many images at once, labels renamed and merged, annotations in and out.

import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test, type Kenchi } from "../support/kenchi";
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

test("everything that matches is labelled at once, also what is not in sight", async ({ page, kenchi }) => {
  await manyImages(page, kenchi, 300);
  const gallery = page.getByTestId("gallery");
  expect(await gallery.locator(".label-tile").count()).toBeLessThan(80);
  await addLabel(page, "qr");
  await page.getByTestId("select-all").check();
  await expect(page.getByTestId("selected-count")).toContainText("300");
  await page.locator("[data-testid=image-labels] [data-label=qr]").check();
  await expect(page.getByTestId("filter-labelled")).toContainText("300");
  // One more time: all of them have it, also those that this page never saw.
  await expect(page.locator("[data-testid=image-labels] [data-label=qr]")).toBeChecked();
  await page.getByTestId("bulk-clear-labels").click();
  await expect(page.getByTestId("filter-labelled")).toContainText("0");
  await page.getByTestId("bulk-no-object").click();
  await expect(page.getByTestId("filter-labelled")).toContainText("300");
});

test("filter, order and place are kept in the URL, and what no longer matches stays until it is asked for", async ({ page, kenchi }) => {
  await manyImages(page, kenchi, 130);
  const gallery = page.getByTestId("gallery");
  const first = gallery.locator(".label-tile").first();
  await page.getByTestId("sort").selectOption("name-down");
  await expect(page).toHaveURL(/sort=name-down/);
  await expect(first.locator(".tile-name")).toContainText("0129.png");
  await page.getByTestId("filter-unlabelled").click();
  await page.getByLabel("Name contains").fill("/012");
  await page.keyboard.press("Tab");
  await expect(gallery).toHaveAttribute("data-matching", "10");
  await page.reload();
  await expect(gallery).toHaveAttribute("data-matching", "10");
  await expect(page.getByTestId("sort")).toHaveValue("name-down");
  await expect(first.locator(".tile-name")).toContainText("0129.png");
  await addLabel(page, "cat");
  await gallery.locator(".tile-name input").first().check();
  await page.keyboard.press("1");
  await expect(first.locator(".tile-labels")).toContainText("cat");
  await expect(page.getByTestId("filter-labelled")).toContainText("1");
  await expect(gallery).toHaveAttribute("data-matching", "10");
  await page.getByTestId("list-anew").click();
  await expect(gallery).toHaveAttribute("data-matching", "9");
  await expect(first.locator(".tile-name")).toContainText("0128.png");
});

test("the grid goes by keys alone, and jumps anywhere", async ({ page, kenchi }) => {
  await manyImages(page, kenchi, 300);
  await addLabel(page, "cat");
  const gallery = page.getByTestId("gallery");
  const name = (place: number) => gallery.locator(`[data-place="${place}"] .tile-name`);
  const columns = Number(await gallery.getAttribute("aria-colcount"));
  expect(await gallery.getAttribute("aria-rowcount")).toBe(String(Math.ceil(300 / columns)));
  await gallery.focus();
  for (const [key, place] of [["End", columns - 1], ["ArrowRight", columns], ["ArrowDown", 2 * columns], ["Home", 2 * columns], ["Control+End", 299]] as const) {
    await page.keyboard.press(key);
    await expect(gallery).toHaveAttribute("data-active", String(place));
  }
  await expect(name(299)).toHaveText("0299.png");
  await expect(name(299)).toBeInViewport();
  await expect(gallery).toHaveAttribute("aria-activedescendant", "image-299");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(page.getByTestId("selected-count")).toContainText("2 selected");
  await page.keyboard.press("Digit1");
  await expect(page.getByTestId("filter-labelled")).toContainText("2");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Space");
  await expect(page.getByTestId("selected-count")).toContainText("1 selected");
  await page.keyboard.press("Control+a");
  await expect(page.getByTestId("selected-count")).toContainText("300");
  await page.keyboard.press("Control+Home");
  await expect(name(0)).toBeInViewport();
  // By the mouse into the middle, then into the editor and back: the place stays.
  await gallery.evaluate((grid) => grid.scrollTo(0, grid.scrollHeight / 2));
  const middle = gallery.locator('[data-place="150"]');
  await expect(middle.locator(".tile-name")).toHaveText("0150.png");
  await middle.locator("a").click();
  await expect(page.getByTestId("image-name")).toContainText("0150.png");
  await page.getByTestId("to-gallery").click();
  await expect(name(150)).toBeInViewport();
});

test("a range of Shift reaches over what is not in sight", async ({ page, kenchi }) => {
  await manyImages(page, kenchi, 300);
  const gallery = page.getByTestId("gallery");
  await gallery.locator('[data-place="2"] .tile-name input').check();
  await gallery.evaluate((grid) => grid.scrollTo(0, grid.scrollHeight));
  await gallery.locator('[data-place="290"] .tile-name input').click({ modifiers: ["Shift"] });
  await expect(page.getByTestId("selected-count")).toContainText("289 selected");
});

test("images go to the test dataset and the labels go with them", async ({ page, kenchi }) => {
  await manyImages(page, kenchi, 12);
  await addLabel(page, "cat");
  const tiles = page.getByTestId("gallery").locator(".tile-name input");
  await tiles.nth(0).check();
  await tiles.nth(1).check();
  await page.keyboard.press("1");
  await expect(page.getByTestId("filter-labelled")).toContainText("2");
  await page.getByTestId("move-images").click();
  await expect(page.getByRole("dialog")).toContainText("2 images go to the test dataset");
  await expect(page.getByRole("dialog")).toContainText("the other 10");
  await page.getByTestId("move-now").click();
  await expect(page.locator('[data-testid="flash"][data-job="move-images"].good')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", "10");
  await page.getByTestId("kind-test").click();
  await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", "2");
  await expect(page.getByTestId("filter-labelled")).toContainText("2");
  await expect(page.getByTestId("save-changes")).toContainText("(2)");
  await page.getByTestId("save-changes").click();
  await expect(page.getByTestId("save-changes")).toContainText("(0)", { timeout: 30_000 });
});

async function addLabel(page: Page, label: string): Promise<void> {
  await page.getByTestId("new-label").first().fill(label);
  await page.getByTestId("add-label").first().click();
  await expect(page.locator(`[data-testid=image-labels] [data-label="${label}"]`)).toBeAttached();
}

/** A project with a training dataset of so many images without labels, each with its picture. */
async function manyImages(page: Page, kenchi: Kenchi, count: number): Promise<void> {
  await open(page, kenchi, "/");
  await drawSamples(page);
  const bucket = new URL(page.url()).pathname.split("/")[2] ?? "";
  await page.evaluate(
    async ([bucket, count]) => {
      const picture = await (await fetch(`/preview/${bucket}/custom_label/with_qr/qr_01.png?side=0`)).blob();
      const put = (at: number) =>
        fetch(`/upload/${bucket}/many/${String(at).padStart(4, "0")}.png`, { method: "PUT", body: picture });
      for (let from = 0; from < count; from += 30) {
        await Promise.all(Array.from({ length: Math.min(30, count - from) }, (_, at) => put(from + at)));
      }
    },
    [bucket, count] as const,
  );
  await open(page, kenchi, "/projects");
  await createProject(page, "bob");
  await page.getByTestId("folder-picker").getByRole("button", { name: /^many/ }).click();
  await page.getByTestId("label-by-folder").uncheck();
  await page.getByTestId("create-dataset").click();
  await expect(page.getByTestId("split-now")).toBeVisible({ timeout: 30_000 });
  await open(page, kenchi, "/projects/bob/labels");
  await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", String(count));
}
