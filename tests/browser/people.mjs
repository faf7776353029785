// People at their browsers: each has a context of their own, so that nothing is shared but the server.

import assert from "node:assert/strict";

export const patienceMs = 15_000;
const editorSelector = "#editor .content";

export class Person {
  static async arrive(browser, name, color = "#1d5fd1", options = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    await context.addInitScript(
      ([key, value]) => {
        if (localStorage.getItem(key) === null) localStorage.setItem(key, value);
      },
      ["syncline.identity", JSON.stringify({ name, color })],
    );
    const person = new Person(name, context);
    await person.reopen();
    return person;
  }

  constructor(name, context) {
    this.name = name;
    this.context = context;
    this.page = null;
    this.problems = []; // Uncaught errors and policy violations of the pages.
  }

  // A new tab of the same browser; what the old one stored is still there.
  async reopen() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(patienceMs);
    this.page.on("pageerror", (error) => this.problems.push(String(error)));
    this.page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.problems.push(message.text());
    });
  }

  async open(server, document) {
    await this.page.goto(`${server.origin}/d/${document}`);
    await this.page.waitForSelector(editorSelector);
  }

  async type(text, options) {
    await this.page.locator(editorSelector).focus();
    await this.page.keyboard.press("Control+End");
    await this.page.keyboard.type(text, options);
  }

  // What the document says, without the names at others' cursors.
  async text() {
    return this.page.locator(editorSelector).evaluate((content) => {
      const copy = content.cloneNode(true);
      for (const element of copy.querySelectorAll(".cursor")) element.remove();
      return [...copy.children].map((block) => block.textContent).join("\n");
    });
  }

  // The document's markup, without what ProseMirror and the cursors add for one reader.
  async html() {
    return this.page.locator(editorSelector).evaluate((content) => {
      const copy = content.cloneNode(true);
      const additions = ".cursor, .ProseMirror-separator, .ProseMirror-trailingBreak";
      for (const element of copy.querySelectorAll(additions)) element.remove();
      for (const element of copy.querySelectorAll(".cursor-selection")) {
        element.replaceWith(...element.childNodes);
      }
      copy.normalize();
      return copy.innerHTML;
    });
  }

  status() {
    return this.page.locator("#save-status").getAttribute("data-state");
  }

  async waitForStatus(state) {
    await this.page.waitForSelector(`#save-status[data-state="${state}"]`);
  }

  async waitForText(fragment) {
    await eventually(async () => {
      const text = await this.text();
      assert.ok(text.includes(fragment), `${this.name} sees ${JSON.stringify(text)}`);
    });
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.problems, [], `problems on ${this.name}'s page`);
  }
}

// Retries an assertion until it holds.
export async function eventually(check, limitMs = patienceMs) {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(50);
    }
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
