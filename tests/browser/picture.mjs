// A simulated run's picture, opened from a file in real Chromium: lanes, arrows, bands, the two
// marks that matter, filters and keys.
//
//   node picture.mjs --sample PATH [PAGE ...]
//
// `sample` writes the page of a made-up run, which is looked at closely. Other pages are only opened,
// and must draw something without an error. The last line is "N passed, N failed".

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options, positionals: pages } = parseArgs({
  options: { sample: { type: "string", default: "" } },
  allowPositionals: true,
});

const folder = mkdtempSync(join(tmpdir(), "syncline-picture-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});

// What a page said went wrong, and what it asked the network for.
const complaints = [];

async function open(file, colorScheme = "light") {
  complaints.length = 0;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => request.url().startsWith("file:") || complaints.push(request.url()));
  await page.goto(pathToFileURL(resolve(file)).href);
  await page.locator("#sheet svg").waitFor();
  return page;
}

function story(edits) {
  const file = join(folder, `story-${edits}.html`);
  execFileSync(options.sample, [file, String(edits)]);
  return file;
}

const count = (page, selector) => page.locator(selector).count();
const detail = (page) => page.locator("#detail").textContent();

const cases = {
  "says what is wrong, and shows every party as a lane": async (page) => {
    assert.match(await page.locator(".verdict.bad").textContent(), /no-acknowledged-edit-lost.*client-2/);
    const lanes = await page.locator("#lanes span").allTextContents();
    assert.deepEqual(lanes.slice(-4), ["node-2", "redis", "worker-1", "postgres"]);
    assert.equal(lanes.length, 10);
    assert.equal(await count(page, "#sheet .lane"), 10);
  },
  "begins at the acknowledgement, and follows its edit to the loss": async (page) => {
    assert.match(await detail(page), /acknowledgement.*edit 18/s);
    assert.equal(await count(page, "#sheet .thread"), 1);
    assert.match(await page.locator("#sheet .flag text").allTextContents().then(String), /the acknowledgement/);
    await page.keyboard.press("x");
    assert.match(await detail(page), /cold read.*without client-2:4/s);
    const flags = String(await page.locator("#sheet .flag text").allTextContents());
    assert.match(flags, /the loss/);
    assert.match(flags, /violation: no-acknowledged-edit-lost/);
  },
  "draws arrows, and breaks off those that were lost": async (page) => {
    await page.keyboard.press("x");
    const arrows = await count(page, "#sheet .arrow");
    const lost = await count(page, "#sheet .broken");
    assert.ok(arrows > 20 && lost > 3 && lost < arrows, `${arrows} arrows, ${lost} lost`);
    await page.locator("#sheet .arrow").nth(10).dispatchEvent("pointermove", { bubbles: true });
    assert.match(await page.locator("#hint").textContent(), /→/);
  },
  "shows faults as bands": async (page) => {
    await page.keyboard.press("v");
    assert.deepEqual((await page.locator("#sheet .band-name").allTextContents()).sort(), ["crash", "lose-tail"]);
    await page.keyboard.press("a");
    assert.equal(await count(page, "#sheet .band.wire"), 1);
  },
  "filters by kind, party, document and text, and shows everything again": async (page) => {
    const all = await page.locator("#count").textContent();
    await page.locator("#kinds label", { hasText: "lost message" }).click();
    await page.keyboard.press("x");
    assert.equal(await count(page, "#sheet .broken"), 0);
    await page.locator("#parties label", { hasText: "redis" }).click();
    assert.equal(await count(page, "#sheet .lane"), 9);
    await page.locator("#document").selectOption("1");
    assert.match(await page.locator("#count").textContent(), /\d+ of \d+ events/);
    await page.locator("#reset").click();
    assert.equal(await page.locator("#count").textContent(), all);
    await page.locator("#search").fill("append doc-1");
    const shown = Number((await page.locator("#count").textContent()).split(" ")[0]);
    assert.equal(await page.evaluate(() => layout.items.every((i) => i.text.includes("append doc-1"))), true);
    assert.ok(shown > 5, `${shown} shown`);
  },
  "goes from event to event by keys": async (page) => {
    await page.locator("#diagram").focus();
    await page.keyboard.press("Home");
    const first = await detail(page);
    await page.keyboard.press("j");
    assert.notEqual(await detail(page), first);
    await page.keyboard.press("k");
    assert.equal(await detail(page), first);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.id), "diagram");
  },
  "zooms, and can show true time": async (page) => {
    const height = () => page.evaluate(() => layout.height);
    const before = await height();
    await page.keyboard.press("+");
    assert.ok((await height()) > before);
    await page.keyboard.press("0");
    await page.keyboard.press("t");
    assert.equal(await page.evaluate(() => {
      const [a, b, c] = [1e9, 2e9, 3e9].map((at) => layout.y(at));
      return Math.abs((b - a) - (c - b)) < 1;
    }), true);
  },
};

async function longStory() {
  const page = await open(story(1500));
  assert.match(await page.locator(".cut").textContent(), /^Shown are \d+ of 6\d{4} events/);
  assert.ok(await page.evaluate(() => run.items.length > 10_000));
  // Only what is near the screen is drawn, so that it scrolls.
  assert.ok((await count(page, "#sheet .item")) < 600);
  const took = await page.evaluate(() => {
    const begun = performance.now();
    for (let at = 0; at < layout.height; at += layout.height / 20) { diagram.scrollTop = at; scrolled(); }
    return (performance.now() - begun) / 20;
  });
  assert.ok(took < 250, `a screen takes ${took} ms`);
  await page.keyboard.press("v");
  assert.match(String(await page.locator("#sheet .flag text").allTextContents()), /violation/);
}

async function darkStory() {
  const page = await open(story(12), "dark");
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.match(paper, /^rgb\((\d|[1-4]\d), /);
}

async function givenPage(file) {
  const page = await open(file);
  assert.ok((await count(page, "#sheet .lane")) > 1);
  assert.ok((await count(page, "#sheet .item")) > 0);
}

const ofSample = [
  ...Object.entries(cases).map(([name, body]) => [name, async () => body(await open(story(12)))]),
  ["a long run is cut around its violation, and scrolls", longStory],
  ["has a dark side", darkStory],
];
const all = [
  ...(options.sample === "" ? [] : ofSample),
  ...pages.map((file) => [`draws ${basename(file)}`, () => givenPage(file)]),
];
let failed = 0;
for (const [name, body] of all) {
  try {
    await body();
    assert.deepEqual(complaints, []);
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${String(error.stack).replace(/^/gm, "    ")}`);
  }
}
await browser.close();
rmSync(folder, { recursive: true });
console.log(`${all.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
