// The box editor with very many boxes, beside the same scene in Konva, in one Chromium and one run.
//
// Milliseconds are CPU time of the page's main thread as Chromium's trace tells it, so that other programs on the machine
// change little. An event comes in each frame. "Work" is what scripts do for it, animation frames included; "all" is the
// whole frame: also style, layout, and the drawing itself, which a browser without a GPU does late.

import { join } from "node:path";
import type { CDPSession, Page } from "@playwright/test";
import { expected, test } from "../support/kenchi";
import { openEditor, sampleDataset } from "../support/labelling";

const FRAMES = 60;
const ADDED = 9;
const VIEW = { width: 900, height: 600 };

interface Times {
  p50: number;
  p95: number;
  all: number;
}

/** What the page offers to the benchmark. */
interface Bench {
  begin: (name: string) => Promise<void>;
  act: (name: string, at: number) => void;
  end: (name: string) => Promise<void>;
  frame: () => Promise<void>;
  free: () => Promise<void>;
  settled: () => Promise<number>;
}

declare global {
  interface Window {
    bench: Bench;
  }
}

for (const count of [1_000, 10_000, 100_000]) {
  test(`${count} boxes`, async ({ page, kenchi, problems, context }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await sampleDataset(page, kenchi);
    await page.route("**/api/labelling/entries", async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as { entries: { annotation: { boxes: unknown } }[] };
      const first = json.entries[0];
      if (first) first.annotation.boxes = scene(count).map((box) => ({ label: "qr", ...box }));
      await route.fulfill({ response: answer, json });
    });
    // The service takes 50 boxes: what is measured is the page alone.
    await page.route("**/api/labelling/save_draft", (route) => route.fulfill({ json: 1 }));
    await page.reload();
    await openEditor(page, ["qr"]);
    await page.waitForFunction(() => document.querySelector<HTMLElement>("[data-testid=editor-canvas]")?.dataset["settled"] === "true");
    await kenchiScene(page);
    const ours = new Clock(page, await context.newCDPSession(page));
    const deeds = ["pan", "zoom", "drag a box"];
    const results = new Map<string, [Times, Times | null]>();
    for (const name of deeds) results.set(name, [await ours.measure(name, FRAMES), null]);
    const sharp = await ours.sharp();
    results.set("add a box", [await ours.add(ADDED), null]);
    const draft = await ours.draft();

    const beside = await context.newPage();
    await beside.goto("about:blank");
    await beside.addScriptTag({ path: join(process.cwd(), "node_modules/konva/konva.min.js") });
    if (count <= 10_000) {
      await konvaScene(beside, scene(count));
      const konva = new Clock(beside, await context.newCDPSession(beside));
      for (const name of deeds) (results.get(name) ?? [])[1] = await konva.measure(name, FRAMES);
      (results.get("add a box") ?? [])[1] = await konva.add(ADDED);
    }
    for (const [name, [own, konva]] of results) {
      const ratio = konva ? `, Konva ${show(konva)}, ${(konva.p95 / own.p95).toFixed(0)} times the work` : "";
      console.log(`FIGURE ${count} boxes, ${name}: ${show(own)}${ratio}`);
    }
    console.log(`FIGURE ${count} boxes, sharp again after the wheel rests: ${sharp.ms.toFixed(0)} ms by the clock, ${sharp.cpu.toFixed(1)} ms CPU`);
    console.log(`FIGURE ${count} boxes, the draft of an added box a quarter of a second later: ${draft.toFixed(1)} ms CPU at the median`);
    expected(problems, "");
  });
}

function show(times: Times): string {
  return `work p50 ${times.p50.toFixed(1)} ms, p95 ${times.p95.toFixed(1)} ms, all p95 ${times.all.toFixed(1)} ms`;
}

/** Boxes strewn over a picture of 640 x 480, the same each time. */
function scene(count: number): { left: number; top: number; width: number; height: number }[] {
  let seed = 7;
  const next = (most: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * most);
  };
  return Array.from({ length: count }, () => ({ left: next(610), top: next(455), width: 6 + next(20), height: 6 + next(16) }));
}

/** CPU time of a page's main thread. */
class Clock {
  private started: Promise<unknown>;

  constructor(
    private page: Page,
    private session: CDPSession,
  ) {
    this.started = session.send("Performance.enable", { timeDomain: "threadTicks" });
  }

  private async now(): Promise<number> {
    await this.started;
    const { metrics } = await this.session.send("Performance.getMetrics");
    return (metrics.find((metric) => metric.name === "TaskDuration")?.value ?? NaN) * 1000;
  }

  /** What asking costs by itself. */
  private async idle(): Promise<number> {
    const times: number[] = [];
    for (let at = 0; at < 15; at++) {
      const begun = await this.now();
      await this.page.evaluate(() => window.bench.free());
      times.push((await this.now()) - begun);
    }
    return quantile(times, 0.5);
  }

  /** An event in each of so many frames. */
  async measure(name: string, times: number): Promise<Times> {
    await this.page.evaluate((name) => window.bench.begin(name), name);
    const browser = this.page.context().browser();
    await browser?.startTracing(this.page, { categories: ["toplevel", "devtools.timeline"] });
    await this.page.evaluate(
      async ([name, times]) => {
        for (let at = 0; at < times; at++) {
          await new Promise<void>((resolve) =>
            requestAnimationFrame(() => {
              window.bench.act(name, at);
              resolve();
            }),
          );
        }
      },
      [name, times] as const,
    );
    const { traceEvents } = JSON.parse(((await browser?.stopTracing()) ?? "{}").toString()) as { traceEvents: TraceEvent[] };
    await this.page.evaluate((name) => window.bench.end(name), name);
    const work = frames(traceEvents).slice(1, times);
    return { p50: quantile(work.map((one) => one.work), 0.5), p95: quantile(work.map((one) => one.work), 0.95), all: quantile(work.map((one) => one.all), 0.95) };
  }

  /** Boxes that come one at a time, each after a rest. */
  async add(times: number): Promise<Times> {
    const idle = await this.idle();
    const [work, all]: [number[], number[]] = [[], []];
    for (let at = 0; at < times; at++) {
      await this.page.evaluate(() => window.bench.begin("add"));
      const begun = await this.now();
      await this.page.evaluate((at) => (window.bench.act("add", at), window.bench.free()), at);
      const worked = await this.now();
      await this.page.evaluate(() => window.bench.frame());
      const drawn = await this.now();
      work.push(Math.max(0, worked - begun - idle));
      all.push(Math.max(0, drawn - begun - 2 * idle));
    }
    return { p50: quantile(work, 0.5), p95: quantile(work, 0.95), all: quantile(all, 0.95) };
  }

  /** From the last turn of the wheel until everything is as sharp as it gets: medians by the clock and in CPU time. */
  async sharp(): Promise<{ ms: number; cpu: number }> {
    const [ms, cpu]: [number[], number[]] = [[], []];
    for (let at = 0; at < 9; at++) {
      const begun = await this.now();
      ms.push(await this.page.evaluate((at) => (window.bench.act("zoom", at), window.bench.settled()), at));
      cpu.push((await this.now()) - begun);
    }
    return { ms: quantile(ms, 0.5), cpu: quantile(cpu, 0.5) };
  }

  /** What a box that came leads to later: its draft. */
  async draft(): Promise<number> {
    const times: number[] = [];
    for (let at = 0; at < 9; at++) {
      await this.page.evaluate(() => window.bench.begin("add"));
      await this.page.evaluate(() => (window.bench.act("add", 0), window.bench.frame()));
      const begun = await this.now();
      await this.page.waitForTimeout(2_000);
      times.push((await this.now()) - begun);
    }
    return quantile(times, 0.5);
  }
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  /** CPU time of the thread, in microseconds. */
  tdur?: number;
}

/** The tasks that are frames: what their scripts took and what they took in all, in milliseconds. */
function frames(events: TraceEvent[]): { work: number; all: number }[] {
  const scripts = events.filter((event) => event.ph === "X" && event.name === "FireAnimationFrame");
  const { pid, tid } = scripts[0] ?? { pid: 0, tid: 0 };
  const tasks = events.filter((event) => event.name === "ThreadControllerImpl::RunTask" && event.pid === pid && event.tid === tid);
  const found = tasks.map((task) => {
    const own = scripts.filter((script) => script.ts >= task.ts && script.ts <= task.ts + (task.dur ?? 0));
    return { work: own.reduce((sum, script) => sum + (script.tdur ?? NaN), 0) / 1000, all: (task.tdur ?? NaN) / 1000 };
  });
  return found.filter((one) => one.work > 0);
}

function quantile(times: number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The editor that is open, as the benchmark handles it. */
async function kenchiScene(page: Page): Promise<void> {
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("[data-testid=editor-canvas]");
    if (!canvas) throw new Error("no canvas");
    // Pointer capture refuses pointers that are not there.
    canvas.setPointerCapture = () => undefined;
    const rect = canvas.getBoundingClientRect();
    const send = (type: string, x: number, y: number, buttons: number) =>
      canvas.dispatchEvent(
        new PointerEvent(type, { clientX: rect.left + x, clientY: rect.top + y, buttons, pointerId: 1, bubbles: true, cancelable: true }),
      );
    const key = (type: string, code: string, ctrlKey = false, shiftKey = false) =>
      document.body.dispatchEvent(new KeyboardEvent(type, { code, key: code, ctrlKey, shiftKey, bubbles: true, cancelable: true }));
    const free = () =>
      new Promise<void>((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve();
        channel.port2.postMessage(0);
      });
    const frame = async () => {
      for (let at = 0; at < 2; at++) await new Promise((resolve) => requestAnimationFrame(resolve));
      await free();
    };
    const settled = async () => {
      const begun = performance.now();
      await frame();
      while (canvas.dataset["settled"] !== "true") await frame();
      return performance.now() - begun;
    };
    const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    let [x, y] = [0, 0];
    window.bench = {
      frame,
      free,
      settled,
      async begin(name) {
        if (name === "pan") {
          key("keydown", "Space");
          send("pointerdown", 300, 300, 1);
        } else if (name === "drag a box") {
          key("keydown", "Digit0", true);
          key("keydown", "Tab");
          await rest(300);
          const box = document.querySelector("[data-box]")?.getAttribute("data-box")?.split(",").map(Number) ?? [];
          const scale = Number(canvas.dataset["viewScale"]);
          x = Number(canvas.dataset["viewX"]) + ((box[0] ?? 0) + (box[2] ?? 0) / 2) * scale;
          y = Number(canvas.dataset["viewY"]) + ((box[1] ?? 0) + (box[3] ?? 0) / 2) * scale;
          send("pointerdown", x, y, 1);
        } else if (name === "add") {
          // The limit of 50 boxes stands in the way of drawing: taking a deletion back adds one just so.
          key("keydown", "Tab", false, true);
          key("keydown", "Delete");
          // The draft of the deletion is another matter.
          await rest(2_500);
        }
        await settled();
      },
      act(name, at) {
        if (name === "pan") send("pointermove", 300 + at * 4, 300 + at * 2, 1);
        else if (name === "zoom") {
          const init = { clientX: rect.left + 350, clientY: rect.top + 250, deltaY: at % 2 ? 60 : -60, bubbles: true, cancelable: true };
          canvas.dispatchEvent(new WheelEvent("wheel", init));
        } else if (name === "drag a box") send("pointermove", x + (at % 30) * 3, y + (at % 30) * 2, 1);
        else key("keydown", "KeyZ", true);
      },
      async end(name) {
        if (name === "pan") {
          send("pointerup", 540, 420, 0);
          key("keyup", "Space");
        } else if (name === "drag a box") send("pointercancel", x, y, 0);
        await settled();
      },
    };
  });
}

/** The same boxes as Konva's. */
async function konvaScene(page: Page, boxes: ReturnType<typeof scene>): Promise<void> {
  await page.evaluate(
    ([boxes, view]) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const Konva = (window as any).Konva;
      Konva.autoDrawEnabled = false;
      const holder = document.body.appendChild(document.createElement("div"));
      const stage = new Konva.Stage({ container: holder, width: view.width, height: view.height });
      const layer = new Konva.Layer();
      stage.add(layer);
      const make = (x: number, y: number, width: number, height: number) => {
        const rect = new Konva.Rect({ x, y, width, height, stroke: "#e69f00", strokeWidth: 2, draggable: true });
        layer.add(rect);
        return rect;
      };
      const rects = boxes.map((box) => make(box.left, box.top, box.width, box.height));
      layer.draw();
      const free = () =>
        new Promise<void>((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(0);
        });
      window.bench = {
        free,
        async frame() {
          for (let at = 0; at < 2; at++) await new Promise((resolve) => requestAnimationFrame(resolve));
          await free();
        },
        settled: async () => 0,
        begin: async () => undefined,
        end: async () => undefined,
        act(name, at) {
          if (name === "pan") stage.position({ x: at * 4, y: at * 2 });
          else if (name === "zoom") stage.scale(at % 2 ? { x: 1.1, y: 1.1 } : { x: 1, y: 1 });
          else if (name === "drag a box") rects[0].position({ x: (at % 30) * 3, y: (at % 30) * 2 });
          else make(at, at, 20, 20);
          layer.draw();
        },
      };
    },
    [boxes, VIEW] as const,
  );
}
