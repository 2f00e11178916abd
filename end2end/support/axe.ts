// What axe-core finds on a page.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";

interface Finding {
  id: string;
  impact: string | null;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** The serious and critical findings, in words. */
export async function serious(page: Page): Promise<string[]> {
  // Colours that are on their way from one theme to the other are nobody's.
  await page.emulateMedia({ reducedMotion: "reduce" });
  // Through the protocol, so that the page's policy for scripts stands.
  await page.evaluate(await readFile(join(process.cwd(), "node_modules/axe-core/axe.min.js"), "utf8"));
  const findings = await page.evaluate(async () => {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const results = (await (window as any).axe.run()) as { violations: Finding[] };
    return results.violations;
  });
  const bad = findings.filter((finding) => finding.impact === "serious" || finding.impact === "critical");
  return bad.flatMap((finding) =>
    finding.nodes.map((node) => `${finding.id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
  );
}
