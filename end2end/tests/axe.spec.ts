// What axe-core finds on the pages of step 4: nothing serious, in either theme.

import { serious } from "../support/axe";
import { expect, test } from "../support/kenchi";
import { openEditor, sampleDataset } from "../support/labelling";
import { createProject, drawSamples, open } from "../support/step";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, locale: "ja-JP" });

    test("gallery, dialogs and editor have no serious fault for assistive tools", async ({ page, kenchi }) => {
      await sampleDataset(page, kenchi);
      await page.getByTestId("gallery").locator(".tile-name input").first().check();
      expect(await serious(page)).toEqual([]);
      await page.getByTestId("move-images").click();
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByTestId("exchange").click();
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await openEditor(page, ["qr", "コード"]);
      await page.keyboard.press("b");
      expect(await serious(page)).toEqual([]);
      await page.keyboard.press("F1");
      await expect(page.getByTestId("keys")).toBeVisible();
      expect(await serious(page)).toEqual([]);
    });

    test("the check of a manifest has none either", async ({ page, kenchi }) => {
      await open(page, kenchi, "/");
      await drawSamples(page);
      await open(page, kenchi, "/projects");
      await createProject(page, "m");
      await page.locator('input[name="train-source"]').nth(3).check({ force: true });
      await page.locator('input[type="file"]').setInputFiles({
        name: "train.manifest",
        mimeType: "application/json",
        buffer: Buffer.from('{"source-ref":"s3://one/k.png"}\nno JSON\n{"source-ref":"s3://two/k.png","x":1}\n'),
      });
      await page.getByTestId("manifest-check").locator("summary").click();
      expect(await serious(page)).toEqual([]);
    });
  });
}
