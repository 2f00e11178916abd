// A Kenchi of its own for each test: free ports, an empty data folder, stopped at the end.

import { test as base, expect, type Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Kenchi {
  /** `http://127.0.0.1:<port>` of the page. */
  url: string;
  /** `http://127.0.0.1:<port>` of the local cloud. */
  localUrl: string;
  dataDir: string;
  process: ChildProcess;
  /** What a panic of the server said. */
  panics: string[];
}

export async function startKenchi(
  dataDir: string,
  extra: string[] = [],
  environment: Record<string, string> = {},
): Promise<Kenchi> {
  const binary = process.env.KENCHI_BINARY;
  if (!binary) throw new Error("KENCHI_BINARY names no server; run `cargo xtask test browser`");
  const anyPorts = extra.includes("--listen") ? [] : ["--listen", "127.0.0.1:0", "--local-listen", "127.0.0.1:0"];
  const child = spawn(
    binary,
    ["serve", ...anyPorts, "--data-dir", dataDir, ...extra],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } },
  );
  let output = "";
  const panics: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => {
    process.stderr.write(chunk);
    const text = chunk.toString();
    if (text.includes("panicked at")) panics.push(text);
  });
  const ready = new Promise<Kenchi>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`kenchi was not ready in time: ${output}`)), 30_000);
    child.on("exit", (code) => reject(new Error(`kenchi ended with ${code}: ${output}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const page = /Kenchi is ready at (\S+?)\/?\s/.exec(output);
      const local = /The local cloud is at (\S+?)\/?\s/.exec(output) ?? /(no local cloud) was started/.exec(output);
      if (page?.[1] && local?.[1]) {
        clearTimeout(late);
        resolve({ url: page[1], localUrl: local[1], dataDir, process: child, panics });
      }
    });
  });
  return ready;
}

export async function stopKenchi(kenchi: Kenchi): Promise<number | null> {
  if (kenchi.process.exitCode === null && kenchi.process.signalCode === null) {
    // Its streams are read to their ends then.
    const ended = new Promise((resolve) => kenchi.process.on("close", resolve));
    kenchi.process.kill("SIGTERM");
    await ended;
  }
  expect(kenchi.panics).toEqual([]);
  return kenchi.process.exitCode;
}

export const test = base.extend<{ problems: string[]; kenchi: Kenchi }>({
  kenchi: [
    async ({}, use) => {
      const dataDir = await mkdtemp(join(tmpdir(), "kenchi-e2e-"));
      const kenchi = await startKenchi(dataDir);
      await use(kenchi);
      await stopKenchi(kenchi);
      await rm(dataDir, { recursive: true, force: true });
    },
    { timeout: 60_000 },
  ],
  // Every page is watched: an error in the console, a panic or a refusal by the policy fails the test.
  problems: [
    // After `kenchi`, so that it looks before the server is gone.
    async ({ page, kenchi: _ }, use) => {
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(`console: ${message.text()}`);
      });
      await use(problems);
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Waits until the page answers to clicks: the module has run. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator("html[data-hydrated]")).toBeAttached({ timeout: 30_000 });
}

/** Takes out of the noted problems what the test itself brought about. */
export function expected(problems: string[], text: string): void {
  problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes(text)));
}
