// The playing cards with their boxes in Pascal VOC, where they are at hand.

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Box } from "./guide";

export interface Card {
  /** Where the picture is. */
  path: string;
  boxes: (Box & { label: string })[];
}

/** The folder with `train/` and `test/`: `KENCHI_PLAYING_CARDS`, or beside the checkout; none where it is not. */
export function cardsFolder(): string | null {
  const beside = resolve(__dirname, "../../../shared/datasets/playing-cards");
  const folder = join(process.env.KENCHI_PLAYING_CARDS ?? beside, "images");
  return existsSync(folder) ? folder : null;
}

/** Every picture by its file name. */
export async function cards(folder: string): Promise<Map<string, Card>> {
  const found = new Map<string, Card>();
  for (const part of ["train", "test"]) {
    for (const file of await readdir(join(folder, part))) {
      if (!file.endsWith(".xml")) continue;
      const xml = await readFile(join(folder, part, file), "utf8");
      const name = /<filename>([^<]+)</.exec(xml)?.[1] ?? "";
      found.set(name, { path: join(folder, part, name), boxes: boxes(xml) });
    }
  }
  return found;
}

function boxes(xml: string): Card["boxes"] {
  return [...xml.matchAll(/<object>.*?<\/object>/gs)].map(([object]) => {
    const value = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(object)?.[1] ?? "";
    const [left, top] = [Number(value("xmin")), Number(value("ymin"))];
    return { label: value("name"), left, top, width: Number(value("xmax")) - left, height: Number(value("ymax")) - top };
  });
}
