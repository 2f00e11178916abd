// Pictures drawn by the browser, so that no test needs a file.

import type { Page } from "@playwright/test";

/** A picture of noise; noise does not compress, so `quality` and size decide the bytes. */
export async function picture(page: Page, width: number, height: number, type = "image/png"): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([width, height, type]) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      if (!context) throw new Error("no canvas");
      const data = context.createImageData(width, height);
      let seed = 1;
      for (let at = 0; at < data.data.length; at += 4) {
        // xorshift: all bits are noise.
        seed ^= seed << 13;
        seed ^= seed >>> 17;
        seed ^= seed << 5;
        data.data[at] = seed & 255;
        data.data[at + 1] = (seed >>> 8) & 255;
        data.data[at + 2] = (seed >>> 16) & 255;
        data.data[at + 3] = 255;
      }
      context.putImageData(data, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 0.9 })).arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
    [width, height, type] as const,
  );
  return Buffer.from(base64, "base64");
}
