// All seven steps, by hand, in both languages: from an empty Kenchi to a picture with boxes, and the model
// stopped again.

import type { Page } from "@playwright/test";
import { test, expect, ready, type Kenchi } from "../support/kenchi";
import { type Box, drawBox, guideTruth, iou, shownDetections } from "../support/guide";
import { boxes } from "../support/labelling";
import { createDataset, createProject, drawSamples, open } from "../support/step";

/** The running model fills an image without boxes; one key takes its box over, one drops it. */
async function suggestions(page: Page, kenchi: Kenchi, project: string, truth: Map<string, Box | null>): Promise<void> {
  await open(page, kenchi, `/projects/${project}/labels?label=qr`);
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  const canvas = page.getByTestId("editor-canvas");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  const file = (await page.getByTestId("image-name").innerText()).trim();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await expect(canvas).toHaveAttribute("data-box-count", "0");
  await page.keyboard.press("s");
  await expect(page.getByTestId("said")).toContainText("Suggestions left: 1");
  await page.keyboard.press("f");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  const key = [...truth.keys()].find((key) => key.startsWith("custom_label/") && key.endsWith(`/${file}`)) ?? "";
  const [left = 0, top = 0, width = 0, height = 0] = (await boxes(page))[0] ?? [];
  const box = truth.get(key);
  expect(box && iou({ left, top, width, height }, box)).toBeGreaterThanOrEqual(0.5);
  // It is a change like any other; dropped, a suggestion is gone.
  await page.keyboard.press("Control+z");
  await expect(canvas).toHaveAttribute("data-box-count", "0");
  await page.keyboard.press("s");
  await page.keyboard.press("s");
  await expect(page.getByTestId("said")).toContainText("Suggestions left: 1");
  await page.keyboard.press("x");
  await expect(page.getByTestId("said")).toContainText("Suggestions left: 0");
  await page.keyboard.press("Control+y");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
}

/** The running model is asked about all unlabelled images at once; what it found waits for yes or no, also after a reload. */
async function suggestionsForAll(page: Page, kenchi: Kenchi, project: string): Promise<void> {
  const canvas = page.getByTestId("editor-canvas");
  const said = page.getByTestId("said");
  const saved = page.getByTestId("save-state").locator("[data-state=saved]");
  const count = (state: string) => page.getByTestId(`filter-${state}`).locator(".figures");
  await open(page, kenchi, `/projects/${project}/labels?label=qr`);
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  for (let image = 0; image < 3; image++) {
    if (image > 0) await page.keyboard.press("d");
    await expect(canvas).toHaveAttribute("data-ready", "true");
    await expect(canvas).toHaveAttribute("data-box-count", "1");
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
  }
  await expect(saved).toBeVisible();

  await open(page, kenchi, `/projects/${project}/labels?state=unlabelled`);
  await expect(count("unlabelled")).toHaveText("3");
  await expect(page.getByTestId("suggest-all")).toContainText("(3)");
  // The page hears of the run when it is over.
  await page.route("**/api/labelling/suggest_all", async (route) => {
    const answer = await route.fetch();
    await page.waitForTimeout(3_000);
    await route.fulfill({ response: answer });
  });
  await page.getByTestId("suggest-all").click();
  await expect(page.getByTestId("suggest-state")).toHaveAttribute("data-state", "done", { timeout: 30_000 });
  await expect(count("suggested")).toHaveText("3");
  await expect(page.locator(".label-tile .label-chip.suggested")).toHaveCount(3);
  await expect(count("unlabelled")).toHaveText("3");
  await expect(page.getByTestId("suggest-all")).toBeDisabled();

  // From here on nobody asks the model.
  let calls = 0;
  page.on("request", (request) => (calls += request.url().includes("/model/detect") ? 1 : 0));
  await page.getByTestId("filter-suggested").click();
  await expect(page).toHaveURL(/state=suggested/);
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  await expect(said).toContainText("Suggestions left: 1");
  await page.keyboard.press("f");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  await page.keyboard.press("d");
  await expect(said).toContainText("Suggestions left: 1");
  const left = page.waitForResponse((response) => response.url().includes("leave_suggestions"));
  await page.keyboard.press("x");
  await expect(said).toContainText("Suggestions left: 0");
  expect((await left).ok()).toBe(true);
  await expect(saved).toBeVisible();
  await page.reload();
  await ready(page);
  await expect(canvas).toHaveAttribute("data-ready", "true");
  await expect(canvas).toHaveAttribute("data-box-count", "0");
  await expect(page.getByTestId("accept-suggestion")).toBeDisabled();

  await open(page, kenchi, `/projects/${project}/labels?state=suggested`);
  await expect(count("suggested")).toHaveText("1");
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  await expect(said).toContainText("Suggestions left: 1");
  await page.keyboard.press("Shift+F");
  await expect(canvas).toHaveAttribute("data-box-count", "1");
  await expect(saved).toBeVisible();
  await open(page, kenchi, `/projects/${project}/labels`);
  await expect(count("suggested")).toHaveText("0");
  await expect(count("unlabelled")).toHaveText("1");
  expect(calls).toBe(0);
}

const languages = [
  { code: "ja", locale: "ja-JP", labels: "画像にラベルを付ける", running: "実行中" },
  { code: "en", locale: "en-US", labels: "Label the images", running: "Running" },
] as const;

for (const language of languages) {
  test.describe(`in ${language.code}`, () => {
    test.use({ locale: language.locale });

    test("the seven steps lead from an empty bucket to boxes on new pictures, and the model is stopped", async ({
      page,
      kenchi,
    }) => {
      test.setTimeout(300_000);
      const truth = guideTruth();
      const project = `qr-${language.code}`;

      await test.step("1 images", async () => {
        await open(page, kenchi, "/");
        await expect(page.locator("html")).toHaveAttribute("lang", language.code);
        await drawSamples(page);
        await page.getByTestId("step-next").click();
      });

      await test.step("2 project", async () => {
        await page.getByTestId("project-name").fill("has spaces");
        await expect(page.getByTestId("create-project")).toBeDisabled();
        await createProject(page, project);
      });

      await test.step("3 dataset", async () => {
        const policy = page.getByTestId("policy");
        await policy.locator("summary").click();
        await page.getByTestId("apply-policy").click();
        await expect(page.getByTestId("apply-policy")).toBeHidden();
        await page.getByTestId("dataset-name").fill("qrcode-dataset-bob");
        await createDataset(page, false);
        await expect(page.getByText("qrcode-dataset-bob")).toBeVisible();
        await page.getByTestId("step-next").click();
      });

      await test.step("4 labels", async () => {
        await expect(page.getByRole("heading", { level: 1 })).toContainText(language.labels);
        await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", "40");
        await page.getByTestId("new-label").first().fill("qr");
        await page.getByTestId("add-label").first().click();
        await page.getByTestId("gallery").locator(".label-tile a").first().click();
        const canvas = page.getByTestId("editor-canvas");
        const name = page.getByTestId("image-name");
        for (let image = 0; image < 40; image++) {
          await expect(canvas).toHaveAttribute("data-ready", "true");
          const file = (await name.innerText()).trim();
          const key = [...truth.keys()].find((key) => key.startsWith("custom_label/") && key.endsWith(`/${file}`));
          const box = truth.get(key ?? "");
          if (box) {
            await drawBox(page, canvas, box);
            await expect(canvas).toHaveAttribute("data-box-count", "1");
          } else {
            await page.getByTestId("no-object").check();
          }
          if (image < 39) {
            await page.keyboard.press("Shift+D");
            await expect(name).not.toHaveText(file);
          }
        }
        await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
        await page.getByTestId("to-gallery").click();
        await expect(page.getByTestId("filter-unlabelled")).toContainText("0");
        await page.getByTestId("save-changes").click();
        await expect(page.getByTestId("save-changes")).toBeDisabled({ timeout: 30_000 });
        await expect(page.getByTestId("save-changes")).toContainText(/\(0\)|（0）/);
        await page.getByTestId("step-next").click();
      });

      await test.step("5 train", async () => {
        await expect(page.getByTestId("model-kind")).toHaveAttribute("data-kind", "Boxes");
        await expect(page.getByTestId("test-split")).toBeChecked();
        await expect(page.getByTestId("summary")).toContainText("32");
        await page.getByTestId("train").click();
        await expect(page.getByTestId("training-status")).toBeVisible();
        await page.getByTestId("to-evaluate").click({ timeout: 150_000 });
      });

      await test.step("6 evaluate", async () => {
        await expect(page.getByTestId("test-images").locator(":scope > li")).toHaveCount(8);
        await expect(page.getByTestId("labels-table").locator("tbody tr")).toHaveCount(1);
        const count = async (name: string) => Number(await page.getByTestId(name).innerText());
        const objects = (await count("tp")) + (await count("fn"));
        expect(objects).toBeGreaterThanOrEqual(3);
        const cell = (name: string) => page.getByTestId("matrix").locator(`[data-cell="${name}"]`);
        await expect(cell("0-0")).toHaveText(String(await count("tp")));
        await expect(cell("0-")).toHaveText(String(await count("fn")));

        // The slider takes everything away: what was found is missed, and the link says so.
        const asked: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        await page.getByTestId("threshold").fill("100");
        await expect(page.getByTestId("fn")).toHaveText(String(objects));
        expect([await count("tp"), await count("fp")]).toEqual([0, 0]);
        await expect(cell("0-0")).toHaveText("0");
        await expect(cell("0-")).toHaveText(String(objects));
        await expect(page.getByTestId("recall")).toHaveText("0.000");
        await expect(page.getByTestId("show-missed")).not.toContainText(" 0");
        expect(asked.filter((url) => url.includes("/api/evaluation"))).toEqual([]);
        await expect(page).toHaveURL(/threshold=1/);
        await page.getByTestId("show-missed").click();
        const missed = page.getByTestId("test-images").locator(":scope > li");
        expect(await missed.count()).toBeLessThanOrEqual(objects);
        await expect(missed.first().locator(".missed")).toBeVisible();

        // A cell of the matrix opens its images, a second click closes it.
        await cell("0-").getByRole("button").click();
        await expect(page).toHaveURL(/cell=0-(&|$)/);
        await expect(missed.first().locator(".missed")).toBeVisible();
        await cell("0-").getByRole("button").click();
        await expect(page).not.toHaveURL(/cell=/);
        await page.getByTestId("show-all").click();
        await page.getByTestId("assumed").check();
        await expect(page).not.toHaveURL(/threshold=/);

        // From an image straight to its labels.
        const first = missed.first();
        const file = await first.locator("code").innerText();
        await first.locator("figcaption a").click();
        await expect(page.getByTestId("image-name")).toHaveText(file);
        await page.goBack();
        await expect(page.getByTestId("test-images")).toBeVisible();
        await page.getByTestId("step-next").click();
      });

      await test.step("7 use", async () => {
        await page.getByTestId("start-model").click();
        await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
        await expect(page.getByTestId("model-state")).toContainText(language.running);
        await expect(page.getByTestId("running-bar")).toBeVisible();

        await page.getByTestId("choose-bucket").click();
        await page.getByTestId("bucket-tiles").locator('[data-folder="sample_images/"]').click();
        const samples = [...truth].filter(([key]) => key.startsWith("sample_images/"));
        expect(samples.filter(([, box]) => box !== null).length).toBeGreaterThanOrEqual(3);
        expect(samples.filter(([, box]) => box === null).length).toBeGreaterThanOrEqual(1);
        for (const [key, box] of samples) {
          const answered = page.waitForResponse((response) => response.url().includes("/api/model/detect"));
          await page.getByTestId("bucket-tiles").locator(`[data-key="${key}"]`).click();
          expect((await answered).ok()).toBe(true);
          if (box === null) {
            await expect(page.getByTestId("nothing")).toBeVisible();
            await expect(page.getByTestId("detect-canvas")).toHaveAttribute("data-detections", "0");
          } else {
            await expect(page.getByTestId("detections").locator("tbody tr")).not.toHaveCount(0);
            await expect(async () => {
              const found = await shownDetections(page);
              expect(found[0]?.label).toBe("qr");
              expect(Math.max(...found.map((one) => iou(one.box, box))), key).toBeGreaterThanOrEqual(0.5);
            }).toPass({ timeout: 5_000 });
          }
        }

        // The slider answers at once, without another call.
        const [withBox] = samples.find(([, box]) => box !== null) ?? [""];
        await page.getByTestId("bucket-tiles").locator(`[data-key="${withBox}"]`).click();
        await expect(page.getByTestId("detections").locator("tbody tr")).not.toHaveCount(0);
        await page.getByTestId("min-confidence").fill("100");
        await expect(page.getByTestId("detect-canvas")).toHaveAttribute("data-detections", "0");

        if (language.code === "en") {
          const use = page.url();
          await suggestions(page, kenchi, project, truth);
          await suggestionsForAll(page, kenchi, project);
          await page.goto(use);
          await ready(page);
        }
        await page.getByTestId("stop-model").click();
        await expect(page.getByTestId("start-model")).toBeEnabled({ timeout: 60_000 });
        await expect(page.getByTestId("running-bar")).toBeHidden();
        const log = page.getByTestId("activity-log");
        for (const line of [
          "Starting model: arn:aws:rekognition:",
          "Status: RUNNING",
          "Message: The model is running.",
          "Detected custom labels for",
          "Stopping model:arn:aws:rekognition:",
          "Status: STOPPING",
        ]) {
          await expect(log).toContainText(line);
        }
      });

      await test.step("whoever comes back finds the guide where it was", async () => {
        await open(page, kenchi, "/");
        await expect(page.getByTestId("project-card")).toHaveCount(1);
        await expect(page.getByTestId("project-card")).toContainText(project);
      });
    });
  });
}
