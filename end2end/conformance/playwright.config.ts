import base from "../playwright.config";

// Long walks: `cargo xtask conformance labelling`.
export default { ...base, testDir: ".", testMatch: "*.conformance.ts", outputDir: "../test-results", timeout: 1_500_000, reporter: "line" as const };
