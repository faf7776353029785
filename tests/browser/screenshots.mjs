// The pictures of the README: the list and an editor with two people, wide and narrow, light and dark.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Person, pause } from "./people.mjs";

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 780 };
const story = "field-notes/bay-of-fundy";
const others = [
  "trip-to-lisbon",
  "field-notes/sampling-plan",
  "release-checklist",
  "team/weekly-meeting",
  "reading-list",
];
const tasks = [
  "Ask the park for the tide tables",
  "Second compass, spare notebooks",
  "Rent a boat for the northern cliffs",
];

export async function takeScreenshots({ server, browser, directory }) {
  mkdirSync(directory, { recursive: true });
  const ada = await Person.arrive(browser, "Ada Lovelace", "#1d5fd1", { viewport: wide });
  const grace = await Person.arrive(browser, "Grace Hopper", "#c2410c", { viewport: wide });
  const take = async (name) => {
    await ada.page.mouse.move(0, 0);
    await ada.page.screenshot({ path: join(directory, `${name}.png`) });
  };
  for (const name of others) {
    await ada.open(server, name);
    await ada.type(`About ${name}. `);
    await ada.waitForStatus("saved");
  }
  await write(server, ada, grace);
  await take("editor-wide");
  await ada.page.emulateMedia({ colorScheme: "dark" });
  await take("editor-wide-dark");
  await ada.page.emulateMedia({ colorScheme: "light" });
  await ada.page.setViewportSize(narrow);
  await pause(300);
  await take("editor-narrow");
  await ada.page.goto(`${server.origin}/`);
  await ada.page.locator("a.row").first().waitFor();
  await pause(300);
  await take("list-narrow");
  await ada.page.setViewportSize(wide);
  await pause(300);
  await take("list-wide");
  await ada.page.emulateMedia({ colorScheme: "dark" });
  await take("list-wide-dark");
  await ada.leave();
  await grace.leave();
}

async function write(server, ada, grace) {
  await ada.open(server, story);
  await grace.open(server, story);
  const { keyboard } = ada.page;
  const lines = [
    "# Notes from the Bay of Fundy",
    "The cliffs at low tide show the fold plainly: each layer dips toward the middle and rises again on the far side. We mapped it in two days, one of us on the shore and one on the ridge.",
    "## Before we go back",
  ];
  for (const line of lines) {
    await keyboard.type(line);
    await keyboard.press("Enter");
  }
  await keyboard.type("[ ] ");
  for (const task of tasks) {
    await keyboard.type(task);
    await keyboard.press("Enter");
  }
  await keyboard.press("Enter");
  await keyboard.type("> A syncline keeps the youngest rock in the middle, and loses none of what came before.");
  await keyboard.press("Enter");
  await keyboard.press("Enter");
  await grace.waitForText("loses none");
  await grace.type("I will bring the drone; let us camp at Five Islands", { delay: 5 });
  await ada.waitForText("Five Islands");
  for (const index of [0, 1]) {
    await ada.page.locator("#editor input[type=checkbox]").nth(index).check();
  }
  await ada.page.locator("h2").click();
  await keyboard.press("End");
  await ada.waitForStatus("saved");
  await grace.page.locator(".cursor-name", { hasText: "Ada" }).waitFor();
  await grace.page.keyboard.type(".");
  await ada.waitForText("Five Islands.");
  await pause(800);
}
