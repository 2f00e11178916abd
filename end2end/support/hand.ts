// What a hand does in the editor, counted, and how long it waits before it can go on.

import type { CDPSession, Page } from "@playwright/test";

export interface Deed {
  /** `point` for each end of a press of the pointer, `key` for each key that goes down. */
  what: "point" | "key";
  code: string;
}

export interface Wait {
  after: string;
  /** From the event to the frame that shows what came of it, in milliseconds. */
  ms: number;
  /** What the page's main thread did for it, in milliseconds of CPU time: other programs don't count. */
  cpu?: number;
}

declare global {
  interface Window {
    hand: { deeds: Deed[]; waits: Wait[]; pending: string | null; arm(after: string, shown: Record<string, string>): void };
  }
}

/** Watches the page from its next load on. */
export async function watchHand(page: Page): Promise<void> {
  await page.addInitScript(() => {
    let begun = 0;
    const hand: Window["hand"] = {
      deeds: [],
      waits: [],
      pending: null,
      // `shown` holds values of the canvas's data attributes, and the name of the image as `name`.
      arm(after, shown) {
        hand.pending = after;
        begun = 0;
        const look = () => {
          const canvas = document.querySelector<HTMLElement>("[data-testid=editor-canvas]");
          const name = document.querySelector("[data-testid=image-name]")?.textContent ?? "";
          const is = ([key, value]: [string, string]) => (key === "name" ? name === value : canvas?.dataset[key] === value);
          if (begun === 0 || !Object.entries(shown).every(is)) return requestAnimationFrame(look);
          // The frame that shows it is over when the browser comes back to the next task.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            hand.waits.push({ after, ms: performance.now() - begun });
            hand.pending = null;
          };
          return requestAnimationFrame(() => channel.port2.postMessage(0));
        };
        requestAnimationFrame(look);
      },
    };
    window.hand = hand;
    const note = (event: Event, what: Deed["what"], code: string) => {
      begun = event.timeStamp;
      hand.deeds.push({ what, code });
    };
    const modifiers = ["Shift", "Control", "Alt", "Meta"];
    window.addEventListener("keydown", (event) => !modifiers.includes(event.key) && note(event, "key", event.code), true);
    window.addEventListener("pointerdown", (event) => note(event, "point", "down"), true);
    window.addEventListener("pointerup", (event) => note(event, "point", "up"), true);
  });
}

/** Does something and waits until the editor shows what came of it. */
export async function act(
  page: Page,
  after: string,
  shown: Record<string, string>,
  deed: () => Promise<void>,
  session?: CDPSession,
): Promise<void> {
  await page.evaluate(([after, shown]) => window.hand.arm(after, shown), [after, shown] as const);
  const begun = session && (await mainThread(session));
  await deed();
  await page.waitForFunction(() => window.hand.pending === null);
  if (!session || begun === undefined) return;
  const cpu = (await mainThread(session)) - begun;
  await page.evaluate((cpu) => {
    const last = window.hand.waits.at(-1);
    if (last) last.cpu = cpu;
  }, cpu);
}

/** The CPU time of a page's main thread so far, in milliseconds; of a session that counts in `threadTicks`. */
export async function mainThread(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find((metric) => metric.name === "TaskDuration")?.value ?? NaN) * 1000;
}

/** What was done since the last time. */
export async function takeDeeds(page: Page): Promise<Deed[]> {
  return page.evaluate(() => window.hand.deeds.splice(0));
}

/** The waits since the last time. */
export async function takeWaits(page: Page): Promise<Wait[]> {
  return page.evaluate(() => window.hand.waits.splice(0));
}

/** Median, 99th of 100 and longest, in milliseconds. */
export function summary(waits: Wait[]): string {
  const quantiles = (times: number[]) => {
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(0);
    return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
  };
  const cpu = waits.flatMap((wait) => wait.cpu ?? []);
  return `${waits.length} waits, ${quantiles(waits.map((wait) => wait.ms))}; CPU time of the page's main thread ${quantiles(cpu)}`;
}
