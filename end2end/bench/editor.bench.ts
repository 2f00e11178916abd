// The box editor with very many boxes, beside the same scene in Konva, in one Chromium and one run.
//
// "Work" is what runs from an event until the browser is free again. "With pixels" adds the drawing itself: without a
// GPU the canvas draws late, so that the second measurement ends by reading one pixel back.

import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expected, test } from "../support/kenchi";
import { openEditor, sampleDataset } from "../support/labelling";

const FRAMES = 60;
const VIEW = { width: 900, height: 600 };

interface Times {
  p50: number;
  p95: number;
  pixels: number;
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
    await page.waitForTimeout(3_000);
    const ours = await kenchiTimes(page);

    const other = await context.newPage();
    await other.goto("about:blank");
    await other.addScriptTag({ path: join(process.cwd(), "node_modules/konva/konva.min.js") });
    const konva = count > 10_000 ? null : await konvaTimes(other, scene(count));
    for (const [name, own] of Object.entries(ours)) {
      const beside = konva?.[name];
      const ratio = beside ? `, Konva ${show(beside)}, ${(beside.p95 / own.p95).toFixed(0)} times` : "";
      console.log(`FIGURE ${count} boxes, ${name}: ${show(own)}${ratio}`);
    }
    expected(problems, "");
  });
}

function show(times: Times): string {
  return `work p50 ${times.p50.toFixed(1)} ms, p95 ${times.p95.toFixed(1)} ms, with pixels p95 ${times.pixels.toFixed(1)} ms`;
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

async function kenchiTimes(page: Page): Promise<Record<string, Times>> {
  return page.evaluate(
    async ([frames]) => {
      const canvas = document.querySelector<HTMLCanvasElement>("[data-testid=editor-canvas]");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) throw new Error("no canvas");
      const rect = canvas.getBoundingClientRect();
      const free = () =>
        new Promise<void>((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(0);
        });
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const send = (type: string, x: number, y: number, buttons: number, button = 0) =>
        canvas.dispatchEvent(
          new PointerEvent(type, { clientX: rect.left + x, clientY: rect.top + y, buttons, button, pointerId: 1, bubbles: true, cancelable: true }),
        );
      const key = (type: string, code: string, ctrlKey = false) =>
        document.body.dispatchEvent(new KeyboardEvent(type, { code, key: code, ctrlKey, bubbles: true, cancelable: true }));
      const measure = async (act: (at: number) => void) => {
        const [work, pixels]: [number[], number[]] = [[], []];
        for (let at = 0; at < frames; at++) {
          await frame();
          const begun = performance.now();
          act(at);
          await free();
          work.push(performance.now() - begun);
          context.getImageData(0, 0, 1, 1);
          pixels.push(performance.now() - begun);
        }
        const at = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.floor(times.length * share)] ?? NaN;
        return { p50: at(work, 0.5), p95: at(work, 0.95), pixels: at(pixels, 0.95) };
      };
      const settle = () => new Promise((resolve) => setTimeout(resolve, 1500));
      const results: Record<string, Times> = {};
      // Pointer capture refuses pointers that are not there.
      canvas.setPointerCapture = () => undefined;

      key("keydown", "Space");
      send("pointerdown", 300, 300, 1);
      results["pan"] = await measure((at) => send("pointermove", 300 + at * 4, 300 + at * 2, 1));
      send("pointerup", 540, 420, 0);
      key("keyup", "Space");
      await settle();

      results["zoom"] = await measure((at) =>
        canvas.dispatchEvent(new WheelEvent("wheel", { clientX: rect.left + 350, clientY: rect.top + 250, deltaY: at % 2 ? 60 : -60, bubbles: true, cancelable: true })),
      );
      key("keydown", "Digit0", true);
      await settle();

      key("keydown", "Tab");
      await settle();
      const box = document.querySelector("[data-box]")?.getAttribute("data-box")?.split(",").map(Number) ?? [];
      const scale = Number(canvas.dataset["viewScale"]);
      const x = Number(canvas.dataset["viewX"]) + ((box[0] ?? 0) + (box[2] ?? 0) / 2) * scale;
      const y = Number(canvas.dataset["viewY"]) + ((box[1] ?? 0) + (box[3] ?? 0) / 2) * scale;
      send("pointerdown", x, y, 1);
      results["drag a box"] = await measure((at) => send("pointermove", x + (at % 30) * 3, y + (at % 30) * 2, 1));
      send("pointercancel", x, y, 0);
      await settle();

      // The limit of 50 boxes stands in the way of drawing: taking a deletion back adds one just so.
      const [added, drawn]: [number[], number[]] = [[], []];
      for (let at = 0; at < 12; at++) {
        key("keydown", "Tab");
        key("keydown", "Delete");
        await settle();
        const begun = performance.now();
        key("keydown", "KeyZ", true);
        await free();
        added.push(performance.now() - begun);
        context.getImageData(0, 0, 1, 1);
        drawn.push(performance.now() - begun);
        await settle();
      }
      for (const times of [added, drawn]) times.sort((a, b) => a - b);
      results["add a box"] = { p50: added[6] ?? NaN, p95: added[11] ?? NaN, pixels: drawn[11] ?? NaN };
      return results;
    },
    [FRAMES] as const,
  );
}

async function konvaTimes(page: Page, boxes: ReturnType<typeof scene>): Promise<Record<string, Times>> {
  return page.evaluate(
    async ([frames, boxes, view]) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const Konva = (window as any).Konva;
      Konva.autoDrawEnabled = false;
      const holder = document.body.appendChild(document.createElement("div"));
      const stage = new Konva.Stage({ container: holder, width: view.width, height: view.height });
      const layer = new Konva.Layer();
      stage.add(layer);
      const rects = boxes.map((box: { left: number; top: number; width: number; height: number }) => {
        const rect = new Konva.Rect({ x: box.left, y: box.top, width: box.width, height: box.height, stroke: "#e69f00", strokeWidth: 2, draggable: true });
        layer.add(rect);
        return rect;
      });
      layer.draw();
      const context = layer.getCanvas().getContext()._context as CanvasRenderingContext2D;
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const measure = async (act: (at: number) => void, times: number) => {
        const [work, pixels]: [number[], number[]] = [[], []];
        for (let at = 0; at < times; at++) {
          await frame();
          const begun = performance.now();
          act(at);
          layer.draw();
          work.push(performance.now() - begun);
          context.getImageData(0, 0, 1, 1);
          pixels.push(performance.now() - begun);
        }
        const at = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.floor(times.length * share)] ?? NaN;
        return { p50: at(work, 0.5), p95: at(work, 0.95), pixels: at(pixels, 0.95) };
      };
      const results: Record<string, Times> = {};
      results["pan"] = await measure((at) => stage.position({ x: at * 4, y: at * 2 }), frames);
      results["zoom"] = await measure((at) => stage.scale(at % 2 ? { x: 1.1, y: 1.1 } : { x: 1, y: 1 }), frames);
      stage.position({ x: 0, y: 0 });
      results["drag a box"] = await measure((at) => rects[0].position({ x: (at % 30) * 3, y: (at % 30) * 2 }), frames);
      results["add a box"] = await measure(
        (at) => layer.add(new Konva.Rect({ x: at, y: at, width: 20, height: 20, stroke: "#e69f00", strokeWidth: 2, draggable: true })),
        12,
      );
      return results;
    },
    [FRAMES, boxes, VIEW] as const,
  );
}
