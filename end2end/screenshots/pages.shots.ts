// Every page of the sample project, in both languages and themes and at two widths: those of the docs into
// docs/screenshots, and all of them into the folder that KENCHI_SHOTS names.

import type { Browser, Page } from "@playwright/test";
import { join, resolve } from "node:path";
import { expect, expected, ready, test, type Kenchi } from "../support/kenchi";
import { guideTruth } from "../support/guide";
import { createProject, drawSamples, open } from "../support/step";

const PROJECT = "qr-finder";
const DOCS = resolve(__dirname, "../../docs/screenshots");
const ALL = process.env.KENCHI_SHOTS && resolve(process.env.KENCHI_SHOTS);

interface Look {
  lang: "ja" | "en";
  scheme: "light" | "dark";
  width: number;
}

const LOOKS: Look[] = (["ja", "en"] as const).flatMap((lang) =>
  (["light", "dark"] as const).flatMap((scheme) => [1280, 768].map((width) => ({ lang, scheme, width }))),
);

interface Shot {
  path: string;
  /** What is done on the page before its picture is taken. */
  before?: (page: Page) => Promise<void>;
  /** Brings what the docs show into the window. */
  frame?: (page: Page) => Promise<void>;
}

const SHOTS: Record<string, Shot> = {
  images: { path: "/images" },
  projects: { path: "/projects" },
  dataset: { path: `/projects/${PROJECT}/dataset` },
  gallery: { path: `/projects/${PROJECT}/labels`, before: someSelected },
  labels: { path: `/projects/${PROJECT}/labels?label=qr`, before: editor },
  keys: { path: `/projects/${PROJECT}/labels?label=qr`, before: keys },
  train: { path: `/projects/${PROJECT}/train` },
  evaluate: { path: `/projects/${PROJECT}/evaluate`, before: tiles, frame: atTheSlider },
  use: { path: `/projects/${PROJECT}/use`, before: detect, frame: atThePicture },
  dashboard: { path: "/models" },
  activity: { path: "/activity" },
  settings: { path: "/settings" },
};

test.use({ locale: "en-US" });

test("the pages", async ({ page, kenchi, browser, problems }) => {
  await trained(page, kenchi);
  for (const look of LOOKS) {
    for (const [name, shot] of Object.entries(SHOTS)) {
      // The docs show wide pages in the light.
      const docs = ["gallery", "labels", "keys", "evaluate", "use"].includes(name) && look.scheme === "light" && look.width === 1280;
      if (!docs && !ALL) continue;
      await take(browser, kenchi, look, shot, async (page) => {
        const { lang, scheme, width } = look;
        if (docs) {
          await shot.frame?.(page);
          await page.screenshot({ path: join(DOCS, `${name}-${lang}.png`) });
        }
        if (ALL) await page.screenshot({ path: join(ALL, `${name}-${lang}-${scheme}-${width}.png`), fullPage: name !== "labels" });
      });
    }
  }
  await open(page, kenchi, "/models");
  await page.getByTestId("stop-all").click();
  await expect(page.getByTestId("running-bar")).toBeHidden({ timeout: 60_000 });
  expected(problems, "");
});

async function take(browser: Browser, kenchi: Kenchi, look: Look, shot: Shot, picture: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    locale: look.lang === "ja" ? "ja-JP" : "en-US",
    colorScheme: look.scheme,
    viewport: { width: look.width, height: 800 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await page.goto(kenchi.url + shot.path);
  await ready(page);
  await shot.before?.(page);
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(400);
  await picture(page);
  await context.close();
}

/** The sample pictures with their true boxes, trained, with the model running. */
async function trained(page: Page, kenchi: Kenchi): Promise<void> {
  await open(page, kenchi, "/");
  await drawSamples(page);
  const bucket = /images\/([^/]+)/.exec(page.url())?.[1] ?? "";
  await page.getByTestId("step-next").click();
  await createProject(page, PROJECT);
  await page.locator('input[name="train-source"]').nth(3).check({ force: true });
  await page.locator('input[type="file"]').setInputFiles({
    name: "train.manifest",
    mimeType: "application/json",
    buffer: Buffer.from([...guideTruth()].flatMap(([key, box]) => (key.startsWith("custom_label/") ? [line(bucket, key, box)] : [])).join("\n")),
  });
  await page.getByTestId("create-dataset").click();
  await expect(page.getByTestId("split-now")).toBeVisible({ timeout: 60_000 });
  await open(page, kenchi, `/projects/${PROJECT}/train`);
  await page.getByTestId("train").click();
  await expect(page.getByTestId("to-evaluate")).toBeVisible({ timeout: 150_000 });
  await open(page, kenchi, `/projects/${PROJECT}/use`);
  await page.getByTestId("start-model").click();
  await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
}

/** A line of a Ground Truth manifest. */
function line(bucket: string, key: string, box: { left: number; top: number; width: number; height: number } | null): string {
  return JSON.stringify({
    "source-ref": `s3://${bucket}/${key}`,
    boxes: {
      image_size: [{ width: 640, height: 480, depth: 3 }],
      annotations: box ? [{ class_id: 0, left: box.left, top: box.top, width: box.width, height: box.height }] : [],
    },
    "boxes-metadata": {
      objects: box ? [{ confidence: 1 }] : [],
      "class-map": box ? { "0": "qr" } : {},
      type: "groundtruth/object-detection",
      "human-annotated": "yes",
      "creation-date": "2024-01-01T00:00:00.000Z",
      "job-name": "boxes",
    },
  });
}

async function editor(page: Page): Promise<void> {
  await page.getByTestId("gallery").locator(".label-tile a").first().click();
  await expect(page.getByTestId("editor-canvas")).toHaveAttribute("data-ready", "true");
  await page.getByTestId("boxes").locator("li").first().click();
}

async function keys(page: Page): Promise<void> {
  await editor(page);
  await page.keyboard.press("F1");
  await expect(page.getByTestId("keys")).toBeVisible();
}

async function someSelected(page: Page): Promise<void> {
  const ticks = page.getByTestId("gallery").locator(".label-tile input[type=checkbox]");
  await ticks.nth(1).check();
  await ticks.nth(3).click({ modifiers: ["Shift"] });
  await page.evaluate(() => window.scrollTo(0, 0));
}

async function tiles(page: Page): Promise<void> {
  await expect(page.getByTestId("test-images").locator("figure").first()).toBeVisible();
}

async function detect(page: Page): Promise<void> {
  await page.getByTestId("choose-bucket").click();
  await page.getByTestId("bucket-tiles").locator('[data-folder="sample_images/"]').click();
  await page.getByTestId("bucket-tiles").locator("[data-key]").first().click();
  await expect(page.getByTestId("detect-canvas")).toHaveAttribute("data-painted", "true");
}

async function atTheSlider(page: Page): Promise<void> {
  await page.locator(".big-numbers").evaluate((numbers) => numbers.scrollIntoView());
  await page.evaluate(() => window.scrollBy(0, -70));
}

async function atThePicture(page: Page): Promise<void> {
  await page.getByTestId("choose-bucket").click();
  await page.getByTestId("playground").evaluate((playground) => playground.scrollIntoView());
  await page.evaluate(() => window.scrollBy(0, -330));
  await page.waitForTimeout(200);
}
