// Step 1: uploads, what is refused with its reason, and folders that become labels.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, expect, expected } from "../support/kenchi";
import { picture } from "../support/pictures";
import { open } from "../support/step";

test.use({ locale: "en-US" });

test.beforeEach(async ({ page, kenchi }) => {
  await open(page, kenchi, "/images");
  await page.getByTestId("new-bucket").fill("my-pictures");
  await page.getByTestId("create-bucket").click();
  await page.waitForURL("**/images/my-pictures/");
});

test("files that the service would refuse are named with the reason, and the others go on", async ({ page, problems }) => {
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: "image/png", buffer });
  // What is refused comes last: the list of images must not wait for another file to arrive.
  await page.route("**/upload/**/words.png", async (route) => {
    await page.waitForTimeout(2_000);
    await route.continue();
  });
  await page.getByTestId("pick-files").setInputFiles([
    file("words.png", Buffer.from("no picture at all, only words in a file with a picture's name")),
    file("tiny.png", await picture(page, 40, 40)),
    file("strip.png", await picture(page, 1500, 70)),
    file("wide.jpg", await picture(page, 4200, 300, "image/jpeg")),
    file("heavy.png", Buffer.concat([await picture(page, 100, 100), Buffer.alloc(15 * 1024 * 1024)])),
    file("cut.png", (await picture(page, 200, 200)).subarray(0, 20_000)),
    file("good.png", await picture(page, 320, 240)),
    file("日本語 の 写真.jpg", await picture(page, 320, 240, "image/jpeg")),
  ]);
  const row = (name: string) => page.getByTestId("uploads").locator("li").filter({ hasText: name });
  for (const [name, kind] of [
    ["words.png", "NotAnImage"],
    ["tiny.png", "ImageTooSmall"],
    ["strip.png", "ImageAspectTooWide"],
    ["wide.jpg", "ImageTooLarge"],
    ["heavy.png", "ImageTooManyBytes"],
    ["cut.png", "ImageDamaged"],
  ] as const) {
    await expect(row(name).locator(`[data-kind="${kind}"]`)).toBeVisible();
    await expect(row(name).getByRole("button", { name: "Try again" })).toBeVisible();
  }
  await expect(page.getByTestId("upload-sum")).toContainText("2");
  const images = page.getByTestId("images").locator(":scope li");
  await expect(images).toHaveCount(2);
  await expect(images.filter({ hasText: "good.png" })).toHaveCount(1);
  await expect(images.filter({ hasText: "日本語 の 写真.jpg" })).toHaveCount(1);
  // The answers with 4xx are this test's own doing.
  expected(problems, "Failed to load resource");
});

test("a whole folder tree keeps its folders, and their names become labels", async ({ page }) => {
  const root = await mkdtemp(join(tmpdir(), "kenchi-tree-"));
  try {
    for (const folder of ["cat", "dog"]) {
      await mkdir(join(root, "animals", folder), { recursive: true });
      for (const name of ["1.png", "2.png", "3.png"]) {
        await writeFile(join(root, "animals", folder, name), await picture(page, 96, 96));
      }
    }
    await page.getByTestId("pick-folder").setInputFiles(join(root, "animals"));
    await expect(page.getByTestId("folders").locator("li").filter({ hasText: "animals" })).toContainText("6");
    await page.getByTestId("folders").getByRole("link", { name: "animals" }).click();
    const folders = page.getByTestId("folders").locator("li");
    await expect(folders.filter({ hasText: "cat" })).toContainText("becomes the label cat");
    await expect(folders.filter({ hasText: "dog" })).toContainText("3");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
