// No model runs without an end: its lease is kept over a killed server, and a shell can stop everything.

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expected, startKenchi, stopKenchi, test, expect, type Kenchi } from "../support/kenchi";
import { createDataset, createProject, drawSamples, open } from "../support/step";

test.use({ locale: "en-US" });

/** `kenchi models …` beside a Kenchi that runs. */
async function models(kenchi: Kenchi, ...words: string[]): Promise<string> {
  const local = ["--local-listen", new URL(kenchi.localUrl).host, "--data-dir", kenchi.dataDir];
  const done = await promisify(execFile)(process.env.KENCHI_BINARY ?? "", ["models", ...words, ...local]);
  return done.stdout;
}

test("a lease ends its model though the server was killed, and `kenchi models stop --all` stops the next", async ({
  page,
  problems,
}) => {
  test.setTimeout(300_000);
  const dataDir = await mkdtemp(join(tmpdir(), "kenchi-lease-"));
  let kenchi = await startKenchi(dataDir);
  try {
    await open(page, kenchi, "/");
    await drawSamples(page);
    await page.getByTestId("step-next").click();
    await createProject(page, "leased");
    await createDataset(page, true);
    await page.getByTestId("step-next").click();
    await expect(page.getByTestId("gallery")).toHaveAttribute("data-matching", "40");
    await page.getByTestId("step-next").click();
    await expect(page.getByTestId("model-kind")).toHaveAttribute("data-kind", "ImageLabels");
    await page.getByTestId("train").click();
    await page.getByTestId("to-use").click({ timeout: 150_000 });

    await page.getByTestId("lease-minutes").fill("0");
    await expect(page.getByTestId("start-model")).toBeDisabled();
    await page.getByTestId("lease-minutes").fill("1");
    await page.getByTestId("start-model").click();
    await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
    await expect(page.getByTestId("model-state").getByTestId("lease")).toContainText("Stops by itself");
    expect(await models(kenchi)).toContain("with a lease");

    await page.goto("about:blank");
    kenchi.process.kill("SIGKILL");
    await new Promise((resolve) => kenchi.process.on("exit", resolve));
    kenchi = await startKenchi(dataDir);
    await open(page, kenchi, "/projects/leased/use");
    await expect(page.getByTestId("stop-model")).toBeVisible();
    // A minute from the start, and at most half a minute until the keeper looks.
    await expect(page.getByTestId("start-model")).toBeEnabled({ timeout: 120_000 });
    await expect(page.getByTestId("activity-log")).toContainText("Lease ended: the agreed time is over");
    expect(await models(kenchi)).toContain("No model is running.");

    await page.getByTestId("start-model").click();
    await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
    await page.getByTestId("extend-lease").first().click();
    const stopped = await models(kenchi, "stop", "--all");
    expect(stopped).toContain("Stopping model:arn:aws:rekognition:");
    expect(stopped).toContain("Stopped: arn:aws:rekognition:");
    await expect(page.getByTestId("start-model")).toBeEnabled({ timeout: 30_000 });

    // Ended in order and asked to, it stops what it leased; the next one finds nothing running.
    await page.goto("about:blank");
    await stopKenchi(kenchi);
    kenchi = await startKenchi(dataDir, ["--models-at-end", "stop"]);
    await open(page, kenchi, "/projects/leased/use");
    await page.getByTestId("start-model").click();
    await expect(page.getByTestId("stop-model")).toBeVisible({ timeout: 60_000 });
    await page.goto("about:blank");
    await stopKenchi(kenchi);
    kenchi = await startKenchi(dataDir);
    expect(await models(kenchi)).toContain("No model is running.");
    await page.close();
    expected(problems, "Failed to load resource");
  } finally {
    await stopKenchi(kenchi);
    await rm(dataDir, { recursive: true, force: true });
  }
});
