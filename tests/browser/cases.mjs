// Each case gets a running server and a browser, and leaves both as it found them.

import assert from "node:assert/strict";
import { Person, eventually, pause } from "./people.mjs";

export const cases = [
  ["two people type at once and end with the same document", typeAtOnce],
  ["each sees the other's cursor with its name, until they leave", cursors],
  ["saved is said only after the acknowledgement", savedAfterAcknowledgement],
  ["a server killed with SIGKILL loses nothing that was marked saved", killedServer],
  ["edits made while the server is away outlive the tab and are merged", offlineEdits],
  ["edits made without network are merged when it is back", withoutNetwork],
  ["undo takes back one's own edits only", undoOwn],
  ["the toolbar formats, for everybody", formatting],
  ["the list shows documents, filters them and opens them", documentList],
  ["a name with spaces, slashes and Unicode is one document", unicodeName],
  ["a changed name is seen by the others and remembered", changedIdentity],
  ["content of another editor is left alone", foreignContent],
  ["a permanent refusal is shown, with its reason", refusal],
  ["a narrow window never scrolls sideways", narrow],
  ["an address that can be no document says so", unknownAddress],
];

const cast = [
  ["Ada Lovelace", "#1d5fd1"],
  ["Grace Hopper", "#c2410c"],
];

async function together(browser, count, body, options) {
  const people = [];
  try {
    for (const [name, color] of cast.slice(0, count)) {
      people.push(await Person.arrive(browser, name, color, options));
    }
    await body(...people);
  } finally {
    for (const person of people) await person.leave();
  }
}

function sameText(a, b) {
  return eventually(async () => {
    const [textA, textB] = [await a.text(), await b.text()];
    assert.equal(textA, textB);
    return textA;
  });
}

async function typeAtOnce({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "at-once");
    await grace.open(server, "at-once");
    await Promise.all([
      ada.type("aaaa aaaa aaaa aaaa aaaa ", { delay: 12 }),
      grace.type("gggg gggg gggg gggg gggg ", { delay: 12 }),
    ]);
    const text = await eventually(async () => {
      const agreed = await sameText(ada, grace);
      assert.equal(agreed.replace(/[^a]/g, "").length, 20, agreed);
      assert.equal(agreed.replace(/[^g]/g, "").length, 20, agreed);
      return agreed;
    });
    assert.equal(await ada.html(), await grace.html());
    await ada.waitForStatus("saved");
    await grace.waitForStatus("saved");
    await ada.page.reload();
    await ada.waitForText(text.trim());
  });
}

async function cursors({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "cursors");
    await grace.open(server, "cursors");
    await ada.type("from Ada");
    await grace.waitForText("from Ada");
    await grace.type(" and Grace");
    await ada.page.locator(".cursor-name", { hasText: "Grace Hopper" }).waitFor();
    await grace.page.locator(".cursor-name", { hasText: "Ada Lovelace" }).waitFor();
    const avatar = ada.page.locator('.presence .avatar[aria-label="Grace Hopper"]');
    await avatar.waitFor();
    await grace.page.close();
    await ada.page.locator(".cursor-name").waitFor({ state: "detached" });
    await avatar.waitFor({ state: "detached" });
  });
}

const acknowledgedType = 110;

// Stands between page and server, and holds acknowledgements back while `held` is true.
async function holdAcknowledgements(person) {
  const gate = { held: false, waiting: [], release: null };
  await person.page.routeWebSocket(/\/ws\//, (route) => {
    const upstream = route.connectToServer();
    gate.release = () => {
      gate.held = false;
      for (const message of gate.waiting.splice(0)) route.send(message);
    };
    upstream.onMessage((message) => {
      if (gate.held && message[0] === acknowledgedType) gate.waiting.push(message);
      else route.send(message);
    });
  });
  return gate;
}

async function savedAfterAcknowledgement({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    const gate = await holdAcknowledgements(ada);
    gate.held = true;
    await ada.open(server, "acknowledged");
    await eventually(() => assert.ok(gate.waiting.length > 0, "no acknowledgement came"));
    await pause(700);
    assert.equal(await ada.status(), "connecting");
    gate.release();
    await ada.waitForStatus("saved");

    gate.held = true;
    await ada.type("on its way");
    assert.equal(await ada.status(), "saving");
    await grace.open(server, "acknowledged");
    await grace.waitForText("on its way");
    await eventually(() => assert.ok(gate.waiting.length > 0, "no acknowledgement came"));
    await pause(700);
    assert.equal(await ada.status(), "saving");
    gate.release();
    await ada.waitForStatus("saved");
  });
}

async function killedServer({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "killed");
    await grace.open(server, "killed");
    let expected = "";
    for (const round of [1, 2, 3]) {
      const words = `round ${round} was saved. `;
      await ada.type(words);
      await ada.waitForStatus("saved");
      expected += words;
      await server.kill();
      const unsent = `written while ${round} times down. `;
      await ada.type(unsent);
      await ada.waitForStatus("offline");
      assert.match(await ada.text(), new RegExp(`${round} times down`));
      await server.start();
      expected += unsent;
      await ada.waitForStatus("saved");
      await grace.waitForText(expected.trim());
    }
    // A browser that knows nothing sees what the server has on its disk after one more crash.
    await server.kill();
    await server.start();
    await together(browser, 1, async (stranger) => {
      await stranger.open(server, "killed");
      await stranger.waitForText(expected.trim());
    });
  });
}

async function offlineEdits({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "offline");
    await grace.open(server, "offline");
    await ada.type("Together. ");
    await grace.waitForText("Together.");
    await ada.waitForStatus("saved");
    await grace.waitForStatus("saved");
    await server.kill();
    await ada.type("Ada alone. ");
    await grace.type("Grace alone. ");
    await ada.waitForStatus("offline");
    await grace.waitForStatus("offline");
    await pause(500); // y-indexeddb writes in the background.
    await ada.page.close();
    await server.start();
    await reopenWithoutSocket(ada, `${server.origin}/d/offline`, "Ada alone.");
    await ada.reopen();
    await ada.open(server, "offline");
    await ada.waitForStatus("saved");
    await grace.waitForStatus("saved");
    const text = await eventually(async () => {
      const agreed = await sameText(ada, grace);
      assert.match(agreed, /Grace alone/);
      return agreed;
    });
    for (const part of ["Together.", "Ada alone.", "Grace alone."]) {
      assert.equal(text.split(part).length, 2, `${part} once in ${text}`);
    }
  });
}

// The page comes from the server, so it must be up; its sockets are refused, so that what the page
// shows can only have come from this browser's own store.
async function reopenWithoutSocket(person, address, kept) {
  await person.reopen();
  await person.page.routeWebSocket(/\/ws\//, (route) => route.close({ code: 1013 }));
  await person.page.goto(address);
  await person.waitForText(kept);
  await person.waitForStatus("offline");
  await person.page.close();
}

async function withoutNetwork({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "network");
    await grace.open(server, "network");
    await ada.type("Before. ");
    await grace.waitForText("Before.");
    await ada.waitForStatus("saved");
    await ada.context.setOffline(true);
    await ada.type("Between. ");
    await ada.waitForStatus("offline");
    await grace.type("Meanwhile. ");
    await grace.waitForStatus("saved");
    await ada.context.setOffline(false);
    await ada.waitForStatus("saved");
    await grace.waitForText("Between.");
    assert.match(await sameText(ada, grace), /Meanwhile/);
  });
}

async function undoOwn({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "undo");
    await grace.open(server, "undo");
    await ada.type("Ada's words. ");
    await grace.waitForText("Ada's words.");
    await grace.type("Grace's words. ");
    await ada.waitForText("Grace's words.");
    await ada.page.getByRole("button", { name: "Undo" }).click();
    await eventually(async () => assert.equal((await grace.text()).trim(), "Grace's words."));
    await ada.page.getByRole("button", { name: "Redo" }).click();
    await grace.waitForText("Ada's words.");
  });
}

async function formatting({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "formatting");
    await grace.open(server, "formatting");
    const tool = (name) => ada.page.getByRole("button", { name, exact: true }).click();
    await ada.page.locator("#editor .content").focus();
    await tool("Heading 1");
    await ada.page.keyboard.type("A title");
    await ada.page.keyboard.press("Enter");
    await tool("Bold");
    await ada.page.keyboard.type("strong");
    await tool("Bold");
    await ada.page.keyboard.press("Enter");
    await tool("Task list");
    await ada.page.keyboard.type("to do");
    const content = grace.page.locator("#editor .content");
    await content.locator("h1", { hasText: "A title" }).waitFor();
    await content.locator("strong", { hasText: "strong" }).waitFor();
    await content.locator('ul[data-type="taskList"] li', { hasText: "to do" }).waitFor();
    await content.locator('input[type="checkbox"]').check();
    await ada.page.locator('#editor li[data-checked="true"]').waitFor();
  });
}

async function documentList({ server, browser }) {
  await together(browser, 1, async (ada) => {
    const { page } = ada;
    await page.goto(`${server.origin}/`);
    await page.getByRole("button", { name: "New document" }).click();
    await page.getByLabel("Name", { exact: true }).fill("list/minutes of May");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/d/list/minutes%20of%20May");
    await page.waitForSelector("#editor .content");
    await ada.type("We met.");
    await ada.waitForStatus("saved");
    await page.goto(`${server.origin}/`);
    const row = page.locator("a.row", { hasText: "minutes of May" });
    await row.waitFor();
    await page.getByRole("searchbox").fill("no such document");
    await page.getByText("No document matches").waitFor();
    await page.getByRole("searchbox").fill("MAY minutes");
    await row.click();
    await page.waitForSelector("#editor .content");
    await ada.waitForText("We met.");
  });
}

async function unicodeName({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "team%20notes/%C3%BC/%E6%96%87%E4%B9%A6");
    await grace.open(server, "team notes/ü/文书");
    await ada.type("the same");
    await grace.waitForText("the same");
    assert.equal(await grace.page.locator(".doc-title").getAttribute("title"), "team notes/ü/文书");
  });
}

async function changedIdentity({ server, browser }) {
  await together(browser, 2, async (ada, grace) => {
    await ada.open(server, "identity");
    await grace.open(server, "identity");
    await ada.page.getByRole("button", { name: /You are Ada Lovelace/ }).click();
    await ada.page.getByLabel("Name", { exact: true }).fill("Countess");
    await ada.page.getByRole("button", { name: "Done" }).click();
    await grace.page.locator('.presence .avatar[aria-label="Countess"]').waitFor();
    await ada.page.reload();
    await ada.page.getByRole("button", { name: /You are Countess/ }).waitFor();
  });
}

// An update of real yjs: XmlFragment "default" holding an element <spreadsheet>.
const foreignUpdate = "0101010007010764656661756c74030b737072656164736865657400";

async function foreignContent({ server, browser }) {
  await together(browser, 1, async (ada) => {
    const { page } = ada;
    await page.goto(`${server.origin}/`);
    const address = `${server.origin.replace("http", "ws")}/ws/foreign?acks=1`;
    await page.evaluate(writeUpdate, [address, foreignUpdate]);
    await page.goto(`${server.origin}/d/foreign`);
    await page.getByText("Another editor wrote this document").waitFor();
    await page.getByText("spreadsheet").waitFor();
    assert.equal(await page.locator("#editor").count(), 0);
  });
}

// Runs in the page: sends one update and waits until it is durable.
function writeUpdate([address, hex]) {
  const update = hex.match(/../g).map((pair) => Number.parseInt(pair, 16));
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(Uint8Array.of(0, 2, update.length, ...update));
    socket.onclose = () => reject(new Error("closed before the acknowledgement"));
    socket.onmessage = ({ data }) => {
      if (new Uint8Array(data)[0] !== 110) return;
      socket.onclose = null;
      socket.close();
      resolve();
    };
  });
}

async function refusal({ server, browser }) {
  await together(browser, 1, async (ada) => {
    let attempts = 0;
    await ada.page.routeWebSocket(/\/ws\//, (route) => {
      attempts += 1;
      route.close({ code: 4403, reason: "you may only read this" });
    });
    await ada.page.goto(`${server.origin}/d/refused`);
    await ada.waitForStatus("refused");
    assert.match(
      await ada.page.locator("#save-status").innerText(),
      /Cannot be saved: you may only read this/,
    );
    await ada.page.waitForSelector('#editor .content[contenteditable="false"]');
    await pause(1_500);
    assert.equal(attempts, 1);
    await ada.page.getByRole("button", { name: "Try now" }).click();
    await eventually(() => assert.equal(attempts, 2));
  });
}

async function narrow({ server, browser }) {
  for (const width of [360, 390, 768]) {
    await together(
      browser,
      1,
      async (ada) => {
        await ada.page.goto(`${server.origin}/`);
        await ada.page.locator("a.row, .notice").first().waitFor();
        await assertNoSidewaysScroll(ada.page, `the list at ${width}`);
        await ada.open(server, "a-rather-long-name-for-a-document-that-has-to-be-cut-somewhere");
        await ada.type(`${"unbroken".repeat(30)} `);
        await ada.waitForStatus("saved");
        await assertNoSidewaysScroll(ada.page, `the editor at ${width}`);
        await ada.page.getByRole("button", { name: /You are/ }).click();
        await assertNoSidewaysScroll(ada.page, `the dialog at ${width}`);
      },
      { viewport: { width, height: 780 } },
    );
  }
}

async function assertNoSidewaysScroll(page, what) {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(content <= window, `${what}: ${content} px of content in ${window} px`);
}

async function unknownAddress({ server, browser }) {
  await together(browser, 1, async (ada) => {
    await ada.page.goto(`${server.origin}/d/`);
    await ada.page.getByText("There is nothing here").waitFor();
  });
}
