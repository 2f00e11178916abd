import base from "../playwright.config";

// Figures, not tests: `cargo xtask bench editor`.
export default { ...base, testDir: ".", testMatch: "*.bench.ts", outputDir: "../test-results", timeout: 600_000, reporter: "line" as const };
