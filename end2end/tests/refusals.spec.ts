// What can go wrong is said in a sentence with what to do, in the language of the page, and nothing entered is lost.

import { test, expect, expected, startKenchi, stopKenchi } from "../support/kenchi";
import { createDataset, createProject, drawSamples, open } from "../support/step";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

test.describe("in English", () => {
  test.use({ locale: "en-US" });

  test("a project's name is checked as it is typed, and a taken one stays in the field", async ({ page, kenchi }) => {
    await open(page, kenchi, "/projects");
    const name = page.getByTestId("project-name");
    for (const bad of ["with space", "ä", "a/b", "x".repeat(256)]) {
      await name.fill(bad);
      await expect(page.getByTestId("create-project")).toBeDisabled();
      await expect(name).toHaveAttribute("aria-invalid", "true");
    }
    await createProject(page, "taken");
    await open(page, kenchi, "/projects");
    await name.fill("taken");
    await expect(page.getByText("taken", { exact: false }).first()).toBeVisible();
    await expect(page.getByTestId("create-project")).toBeDisabled();
    await expect(name).toHaveValue("taken");
  });

  test("a dataset with one label can't be trained, and the checklist says why", async ({ page, kenchi }) => {
    await open(page, kenchi, "/");
    await drawSamples(page);
    await open(page, kenchi, "/projects");
    await createProject(page, "one-label");
    await page.getByTestId("folder-picker").getByRole("button", { name: /^custom_label/ }).click();
    await page.getByTestId("folder-picker").getByRole("button", { name: /^with_qr/ }).click();
    await page.getByTestId("label-by-folder").uncheck();
    await page.getByTestId("create-dataset").click();
    await expect(page.getByTestId("split-now")).toBeVisible();
    await page.getByTestId("step-next").click();
    await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", "20");
    await page.getByTestId("new-label").first().fill("only");
    await page.getByTestId("add-label").first().click();
    await page.getByTestId("select-all").check();
    await page.getByTestId("image-labels").getByText("only").click();
    await page.getByTestId("save-changes").click();
    await expect(page.getByTestId("save-changes")).toContainText(/\(0\)/, { timeout: 20_000 });
    await page.getByTestId("step-next").click();
    await expect(page.getByTestId("train")).toBeDisabled();
    await expect(page.getByTestId("checklist")).toContainText("at least 2");
  });

  test("a manifest that can't be read names the line and stays in the form", async ({ page, kenchi, problems }) => {
    await open(page, kenchi, "/");
    await drawSamples(page);
    await open(page, kenchi, "/projects");
    await createProject(page, "bad-manifest");
    await page.getByRole("radio", { name: /^Manifest file/ }).check({ force: true });
    await page.locator('input[type="file"]').setInputFiles({
      name: "train.manifest",
      mimeType: "application/json",
      buffer: Buffer.from('{"source-ref":"s3://b/k.png"}\nthis is no JSON\n'),
    });
    await expect(page.getByTestId("manifest-lines")).toContainText("train.manifest");
    const check = page.getByTestId("manifest-check");
    await expect(check).toContainText("2 lines: 1 images");
    await check.locator("summary").click();
    await expect(page.getByTestId("manifest-findings")).toContainText("line 2: ERROR_INVALID_JSON_LINE");
    // As it stands it is refused.
    await page.getByTestId("mend-manifest").uncheck();
    await page.getByTestId("create-dataset").click();
    const problem = page.locator('[data-kind="ManifestUnreadable"]');
    await expect(problem).toContainText("2");
    expected(problems, "Failed to load resource");
    await expect(page.getByTestId("manifest-lines")).toContainText("train.manifest");
  });
});

const NO_FILES = (dataDir: string) => ({
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: join(dataDir, "none"),
  AWS_SHARED_CREDENTIALS_FILE: join(dataDir, "none"),
  HOME: dataDir,
});

/** Kenchi on an AWS that is not there. */
const CASES = [
  { what: "without credentials", kind: "CredentialsMissing", environment: {} },
  {
    what: "when the cloud can't be reached",
    kind: "CloudUnreachable",
    environment: { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "x", AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
  },
];

for (const language of [
  { locale: "ja-JP", name: "ja", sentence: /(ません|ください|ます)。/ },
  { locale: "en-US", name: "en", sentence: /\w+\./ },
]) {
  test.describe(`in ${language.name}`, () => {
    test.use({ locale: language.locale });

    for (const { what, kind, environment } of CASES) {
      test(`${what} the page says so and what to do, and what was entered stays`, async ({ page, problems }) => {
        test.setTimeout(180_000);
        const dataDir = await mkdtemp(join(tmpdir(), "kenchi-aws-"));
        const kenchi = await startKenchi(dataDir, ["--cloud", "aws", "--region", "ap-northeast-1"], {
          ...NO_FILES(dataDir),
          ...environment,
        });
        try {
          await open(page, kenchi, "/projects");
          const problem = page.getByTestId("problem").first();
          await expect(problem).toHaveAttribute("data-kind", kind, { timeout: 60_000 });
          await expect(problem).toContainText(language.sentence);
          await page.getByTestId("project-name").fill("kept");
          await page.getByTestId("create-project").click();
          await expect(page.getByTestId("problem").nth(1)).toBeVisible({ timeout: 60_000 });
          await expect(page.getByTestId("project-name")).toHaveValue("kept");
          await page.close();
          expected(problems, "Failed to load resource");
        } finally {
          await stopKenchi(kenchi);
          await rm(dataDir, { recursive: true, force: true });
        }
      });
    }
  });
}
