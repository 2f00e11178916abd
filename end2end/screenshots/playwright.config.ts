import base from "../playwright.config";

// Pictures of the pages: `cargo xtask screenshots`.
export default { ...base, testDir: ".", testMatch: "*.shots.ts", outputDir: "../test-results", timeout: 900_000, reporter: "line" as const };
