// A gallery of 250,000 images in Chromium, beside the same images as plain elements (`content-visibility: auto` and
// lazy pictures, without any virtualisation) in the same browser and run.

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test as base, type Browser, type Page } from "@playwright/test";
import { ready, startKenchi, stopKenchi } from "../support/kenchi";

const COUNT = Number(process.env.KENCHI_GALLERY_IMAGES ?? 250_000);
const JUMPS = 40;
/** Images that are shown by a jump, the same each time. */
const PLACES = Array.from({ length: JUMPS }, (_, at) => Math.floor((((at * 0.618034 + 0.37) % 1) * (COUNT - 400)) / 60) * 60);

base("250,000 images", async ({ browser }) => {
  base.setTimeout(1_800_000);
  const dataDir = await mkdtemp(join(tmpdir(), "kenchi-gallery-"));
  const extra = ["--control-calls", "10000"];
  let kenchi = await startKenchi(dataDir, extra);
  const binary = process.env.KENCHI_BINARY ?? "";
  const environment = execFileSync(binary, ["env", "--local-listen", new URL(kenchi.localUrl).host, "--data-dir", dataDir], { encoding: "utf8" });
  const keys = [...environment.matchAll(/export (\w+)='?([^'\n]*)/g)].map((match) => [match[1] ?? "", match[2] ?? ""] as const);
  const seed = join(dirname(process.env.KENCHI_GUIDE_TRUTH ?? ""), "gallery_seed");
  const ranges = [0, ...PLACES].map((place) => `${place}-${place + (place === 0 ? 600 : 90)}`);
  let begun = Date.now();
  execFileSync(seed, [String(COUNT), ...ranges], { stdio: "inherit", env: { ...process.env, ...Object.fromEntries(keys) } });
  console.log(`made through the local cloud in ${seconds(begun)} s; ${COUNT} lines, pictures behind ${600 + 90 * JUMPS} of them`);

  // The first look reads all entries from the cloud.
  begun = Date.now();
  const first = await open(browser, kenchi.url);
  await first.waitForFunction(
    (count) => {
      const grid = document.querySelector("[data-testid=gallery]") as HTMLElement | null;
      return grid?.dataset["matching"] === String(count) && !document.querySelector(".notice");
    },
    COUNT,
    { timeout: 1_200_000, polling: 500 },
  );
  console.log(`read from the local cloud in ${seconds(begun)} s`);
  // Previews of the pictures are drawn once, as after a first visit.
  for (const place of [0, ...PLACES]) await jump(first, place, true);
  await first.context().close();

  const cold: { grid: number; pictures: number }[] = [];
  for (let round = 0; round < 7; round++) {
    await stopKenchi(kenchi);
    kenchi = await startKenchi(dataDir, extra);
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.addInitScript(watchFirstGrid);
    await page.goto(`${kenchi.url}/projects/gallery/labels`);
    await page.waitForFunction(() => (window as unknown as { pictures?: number }).pictures !== undefined, undefined, { timeout: 60_000 });
    cold.push(await page.evaluate(() => {
      const { grid, pictures } = window as unknown as { grid: number; pictures: number };
      // The images stand in the page's HTML: they are seen once the page is painted.
      const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity;
      return { grid: Math.max(grid, painted), pictures };
    }));
    await page.context().close();
  }
  figure("first grid, server and browser just started", cold.map((one) => one.grid), "at most 300 ms");
  figure("the same until its pictures are drawn", cold.map((one) => one.pictures), "-");

  const page = await open(browser, kenchi.url);
  await page.waitForTimeout(3_000);
  const jumps = [];
  const drawn = [];
  for (const place of PLACES) {
    jumps.push(await jump(page, place, false));
    drawn.push(await picturesDrawn(page));
  }
  figure("jump anywhere", jumps, "at most 50 ms");
  figure("the same until its pictures are drawn", jumps.map((time, at) => time + (drawn[at] ?? 0)), "-");

  for (const [name, change] of CHANGES) {
    const times = [];
    for (let round = 0; round < 8; round++) {
      times.push(await change(page));
      await page.waitForTimeout(300);
      await page.getByTestId("filter-all").click();
      await page.waitForTimeout(300);
    }
    figure(name, times, "at most 100 ms");
  }
  await page.getByTestId("filter-all").click();
  await page.waitForTimeout(500);
  for (let at = 0; at < 100; at++) await jump(page, PLACES[at % JUMPS] ?? 0, false);
  await memory(browser, page, "after 100 jumps", "at most 200 MB");

  begun = Date.now();
  await page.getByTestId("select-all").check();
  await page.locator('[data-testid=image-labels] [data-label="label 03"]').click();
  await page.waitForFunction((count) => document.querySelector("[data-testid=filter-labelled]")?.textContent?.replaceAll(/\D/g, "").endsWith(String(count)), COUNT, { timeout: 600_000, polling: 100 });
  console.log(`FIGURE one label given to all images: ${seconds(begun)} s`);
  const other = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await peer(browser, await other.newPage(), kenchi.url);
  await page.context().close();
  await stopKenchi(kenchi);
  await rm(dataDir, { recursive: true, force: true });
});

const CHANGES: [string, (page: Page) => Promise<number>][] = [
  ["filter: unlabelled", (page) => changed(page, () => (document.querySelector("[data-testid=filter-unlabelled]") as HTMLElement).click())],
  ["filter: one label", (page) => changed(page, () => (document.querySelector('[data-testid=label-filters] [data-label="label 05"]') as HTMLElement).click())],
  ["filter: part of the name", (page) => changed(page, () => {
    const field = document.querySelector("#text-filter") as HTMLInputElement;
    field.value = "0099";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }).then(async (time) => {
    await page.evaluate(() => {
      const field = document.querySelector("#text-filter") as HTMLInputElement;
      field.value = "";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return time;
  })],
  ["order: most boxes first", (page) => sorted(page, "most-boxes")],
  ["order: name, Z to A", (page) => sorted(page, "name-down")],
];

async function sorted(page: Page, order: string): Promise<number> {
  const set = (value: string) => {
    const select = document.querySelector("[data-testid=sort]") as HTMLSelectElement;
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const time = await changed(page, set, order);
  await page.evaluate(set, "");
  return time;
}

/** From a change of filter or order until the new list's images in sight are there. */
async function changed<T>(page: Page, act: (argument: T) => void, argument?: T): Promise<number> {
  return page.evaluate(
    async ([act, argument]) => {
      const list = () => [0, 1, 2, 3].map((place) => document.querySelector(`[data-place="${place}"]`)?.getAttribute("data-source") ?? "").join();
      const before = list();
      const begun = performance.now();
      // eslint-disable-next-line @typescript-eslint/no-implied-eval
      (0, eval)(`(${act})`)(argument);
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        const tiles = [...document.querySelectorAll(".label-tile")];
        if (tiles.length > 0 && list() !== before && tiles.every((tile) => tile.hasAttribute("data-source"))) break;
        if (performance.now() - begun > 20_000) throw new Error("the list stays as it was");
      }
      return performance.now() - begun;
    },
    [act.toString(), argument] as const,
  );
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${url}/projects/gallery/labels`);
  await ready(page);
  await page.locator(".label-tile[data-source]").first().waitFor({ timeout: 60_000 });
  return page;
}

/** Scrolls to a place as a drag of the bar does; the time until every image in sight is there, without its picture. */
async function jump(page: Page, place: number, wait: boolean): Promise<number> {
  const time = await page.evaluate(async ([place, count]) => {
    const grid = document.querySelector("[data-testid=gallery]") as HTMLElement;
    const columns = Number(grid.getAttribute("aria-colcount"));
    // The bar is shorter than all rows together: the share of the way counts.
    const content = Math.ceil(count / columns) * 196 - grid.clientHeight;
    const share = Math.min(1, (Math.floor(place / columns) * 196) / content);
    const begun = performance.now();
    grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
    const sight = grid.getBoundingClientRect();
    let seen: Element[] = [];
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      // Asked only until it holds: it makes the browser lay out the page.
      if (seen.length === 0) {
        const tiles = [...document.querySelectorAll(".label-tile")].map((tile) => ({ tile, own: tile.getBoundingClientRect() }));
        const covered = tiles.some(({ own }) => own.top <= sight.top + 24) && tiles.some(({ own }) => own.bottom >= sight.bottom - 24);
        if (covered) seen = tiles.filter(({ own }) => own.bottom > sight.top && own.top < sight.bottom).map(({ tile }) => tile);
      }
      if (seen.length > 0 && seen.every((tile) => tile.hasAttribute("data-source"))) break;
      if (performance.now() - begun > 20_000) throw new Error(`no images at ${place}`);
    }
    return performance.now() - begun;
  }, [place, COUNT] as const);
  if (wait) await picturesDrawn(page);
  return time;
}

async function picturesDrawn(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const begun = performance.now();
    const grid = document.querySelector("[data-testid=gallery]")?.getBoundingClientRect();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const images = [...document.querySelectorAll<HTMLImageElement>(".label-tile img")];
      const seen = images.filter((image) => {
        const place = image.getBoundingClientRect();
        return grid && place.bottom > grid.top && place.top < grid.bottom;
      });
      if (seen.every((image) => image.complete) || performance.now() - begun > 20_000) return performance.now() - begun;
    }
  });
}

/** Notes when the first images stand in the grid, and when their pictures do; both from the navigation's start. */
function watchFirstGrid(): void {
  const notes = window as unknown as { grid?: number; pictures?: number };
  const look = () => {
    const tiles = [...document.querySelectorAll(".label-tile")];
    if (notes.grid === undefined && tiles.length > 0 && tiles.every((tile) => tile.hasAttribute("data-source"))) {
      notes.grid = performance.now();
    }
    const images = [...document.querySelectorAll<HTMLImageElement>(".label-tile img")].slice(0, 15);
    if (notes.grid !== undefined && images.length > 0 && images.every((image) => image.complete)) {
      notes.pictures = performance.now();
      return;
    }
    setTimeout(look, 1);
  };
  look();
}

/** What the page's own process holds for itself, and of it the JavaScript and WebAssembly heap. */
async function memory(browser: Browser, page: Page, what: string, goal: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  const heap = metrics.find((metric) => metric.name === "JSHeapUsedSize")?.value ?? NaN;
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
  const own = await Promise.all(processInfo.filter((one) => one.type === "renderer").map(async (one) => {
    const text = await readFile(`/proc/${one.id}/smaps_rollup`, "utf8").catch(() => "");
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
    return kilobytes("Private_Clean") + kilobytes("Private_Dirty");
  }));
  console.log(`FIGURE memory ${what}: the page's process ${(Math.max(...own) / 1024).toFixed(0)} MB, JavaScript heap ${(heap / 1e6).toFixed(0)} MB (goal: ${goal})`);
}

/** The same images as plain elements, all of them. */
async function peer(browser: Browser, page: Page, url: string): Promise<void> {
  await page.goto(`${url}/favicon.svg`).catch(() => undefined);
  await page.goto("about:blank");
  const times = await page.evaluate(
    async ([count, places]) => {
      const style = document.createElement("style");
      style.textContent = `#g{height:600px;overflow:auto;display:grid;grid-template-columns:repeat(5,1fr);gap:12px}
        .t{height:184px;content-visibility:auto;contain-intrinsic-size:auto 184px;border:1px solid #888}`;
      document.head.append(style);
      const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
      const begun = performance.now();
      const grid = document.body.appendChild(document.createElement("div"));
      grid.id = "g";
      const parts: string[] = [];
      for (let at = 0; at < count; at++) {
        parts.push(`<div class="t" data-n="${at}"><a href="#"><img alt="" loading="lazy"></a><label><input type="checkbox"><span>${String(at).padStart(6, "0")}.png</span></label><div><span>label ${at % 12}</span></div></div>`);
      }
      grid.innerHTML = parts.join("");
      await frame();
      const first = performance.now() - begun;
      const jumps: number[] = [];
      for (const place of places) {
        const from = performance.now();
        grid.scrollTop = Math.floor(place / 5) * 196;
        await frame();
        jumps.push(performance.now() - from);
      }
      const filters: number[] = [];
      for (let round = 0; round < 4; round++) {
        const from = performance.now();
        const tiles = grid.children as HTMLCollectionOf<HTMLElement>;
        for (let at = 0; at < tiles.length; at++) (tiles[at] as HTMLElement).style.display = round % 2 || at % 12 === 5 ? "" : "none";
        await frame();
        filters.push(performance.now() - from);
      }
      return { first, jumps, filters };
    },
    [COUNT, PLACES.slice(0, 10)] as const,
  );
  figure("plain elements: first grid, without fetching anything", [times.first], "-");
  figure("plain elements: jump anywhere, without fetching anything", times.jumps, "-");
  figure("plain elements: filter", times.filters, "-");
  await page.context().close();
}

function figure(what: string, times: number[], goal: string): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0);
  console.log(`FIGURE ${what}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, n = ${times.length} (goal: ${goal})`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
