// Two real Chromium pages against the real server, and against a cluster.
//
//   node run.mjs --server PATH [--only TEXT] [--screenshots DIR]
//
// SYNCLINE_SERVER stands in for --server, CHROMIUM for /usr/bin/chromium. With --screenshots nothing
// is tested: the pictures of the README are taken. The last line is "N passed, N failed".

import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { cases } from "./cases.mjs";
import { clusterCases } from "./cluster.mjs";
import { takeScreenshots } from "./screenshots.mjs";
import { Server } from "./server.mjs";

const caseLimitMs = 90_000;

const { values: options } = parseArgs({
  options: {
    server: { type: "string", default: process.env.SYNCLINE_SERVER ?? "" },
    only: { type: "string", default: "" },
    screenshots: { type: "string" },
  },
});
if (options.server === "") {
  console.error("usage: node run.mjs --server PATH [--only TEXT] [--screenshots DIR]");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const server = new Server(options.server);
let failed = 0;
try {
  await server.start();
  if (options.screenshots !== undefined) {
    await takeScreenshots({ server, browser, directory: options.screenshots });
  } else {
    failed = await runCases();
  }
} catch (error) {
  failed += 1;
  console.error(error);
  console.log(`0 passed, ${failed} failed`);
} finally {
  await server.dispose();
  await browser.close();
}
process.exit(failed === 0 ? 0 : 1);

async function runCases() {
  const chosen = [...cases, ...clusterCases].filter(([name]) => name.includes(options.only));
  let failures = 0;
  for (const [name, body] of chosen) {
    const begun = performance.now();
    const problem = await attempt(body);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${problem === null ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    if (problem === null) continue;
    failures += 1;
    console.log(String(problem?.stack ?? problem).replace(/^/gm, "    "));
    await closeContexts();
    if (server.process === null) await server.start();
  }
  console.log(`${chosen.length - failures} passed, ${failures} failed`);
  return failures;
}

async function attempt(body) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("took too long")), caseLimitMs);
  });
  try {
    await Promise.race([body({ server, browser }), late]);
    return null;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}

async function closeContexts() {
  for (const context of browser.contexts()) await context.close().catch(() => {});
}
