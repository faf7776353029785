// Bundles each tests/*.test.ts with esbuild (Node 18 does not read TypeScript) and runs them with
// node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const tests = dirname(fileURLToPath(import.meta.url));
const output = join(tests, "..", "node_modules", ".cache", "syncline-web-tests");
const sources = readdirSync(tests).filter((name) => name.endsWith(".test.ts"));

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
await build({
  entryPoints: sources.map((name) => join(tests, name)),
  outdir: output,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});

const files = sources.map((name) => join(output, name.replace(/\.ts$/, ".mjs")));
const result = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
  stdio: "inherit",
});
process.exit(result.status ?? 1);
