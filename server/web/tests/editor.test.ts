// What the editor decides without a browser: what it says about saving, what it makes of names,
// addresses and strangers, and which documents it leaves alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Schema } from "@tiptap/pm/model";
import * as Y from "yjs";
import { initials, sanitizeIdentity } from "../src/editor/identity";
import { type SaveFacts, offlineAfterMs, saveState } from "../src/editor/save_state";
import { foreignName, watchForForeign } from "../src/editor/schema_guard";
import { byteSize, timeAgo } from "../src/format";
import { editorPath, parseRoute } from "../src/route";

const facts: SaveFacts = {
  status: "connected",
  saved: true,
  unsaved: 0,
  closed: null,
  disconnectedMs: 0,
  keptLocally: true,
};

function kindOf(change: Partial<SaveFacts>): string {
  return saveState({ ...facts, ...change }).kind;
}

test("saved is said only while connected and confirmed", () => {
  assert.equal(kindOf({}), "saved");
  assert.equal(kindOf({ saved: false, unsaved: 3 }), "saving");
  assert.equal(kindOf({ saved: false }), "connecting");
  for (const status of ["connecting", "disconnected"] as const) {
    for (const unsaved of [0, 3]) {
      assert.equal(kindOf({ status, saved: false, unsaved, disconnectedMs: 10 }), "connecting");
      const disconnectedMs = offlineAfterMs;
      assert.equal(kindOf({ status, saved: false, unsaved, disconnectedMs }), "offline");
    }
  }
});

test("a refusal says why", () => {
  const closed = { code: 4403, reason: "read only" };
  assert.equal(saveState({ ...facts, closed }).text, "Cannot be saved: read only");
  const silent = { code: 4404, reason: "" };
  assert.match(saveState({ ...facts, closed: silent }).text, /4404/);
});

test("offline, it says whether a closed tab loses the changes", () => {
  const offline = { ...facts, status: "disconnected" as const, saved: false, disconnectedMs: 9_999 };
  assert.match(saveState({ ...offline, unsaved: 1 }).detail, /kept in this browser/);
  assert.match(saveState({ ...offline, unsaved: 1, keptLocally: false }).detail, /this tab only/);
});

test("what strangers say of themselves cannot reach the style sheet", () => {
  assert.deepEqual(sanitizeIdentity({ name: " Ada ", color: "#1d5fd1" }), {
    name: "Ada",
    color: "#1d5fd1",
  });
  for (const color of ["red; background: url(//x)", "#12", 7, null, "#1234567"]) {
    assert.equal(sanitizeIdentity({ name: "A", color }).color, "#57534e");
  }
  for (const value of [null, undefined, 7, "x", { name: "" }, { name: {} }]) {
    assert.equal(sanitizeIdentity(value).name, "Someone");
  }
  assert.equal(sanitizeIdentity({ name: "x".repeat(500) }).name.length, 40);
});

test("initials are letters of the first and the last word", () => {
  assert.equal(initials("Ada King Lovelace"), "AL");
  assert.equal(initials("ümit"), "Ü");
  assert.equal(initials("😀 grin"), "😀G");
});

test("every path is a list, a document or nothing", () => {
  assert.deepEqual(parseRoute("/"), { page: "documents" });
  assert.deepEqual(parseRoute("/d/team%20notes/%C3%BC"), { page: "editor", name: "team notes/ü" });
  for (const path of ["/d/", "/d/%E0%A4%A", "/d/..", "/x", "/d"]) {
    assert.deepEqual(parseRoute(path), { page: "unknown" });
  }
  for (const name of ["a/../b", "a?b", "50%", "文书", "a//b"]) {
    assert.deepEqual(parseRoute(editorPath(name)!), { page: "editor", name });
  }
});

test("sizes and times read well", () => {
  assert.deepEqual([0, 999, 1000, 9_960, 12_345, 999_600, 5_250_000].map(byteSize), [
    "0 B",
    "999 B",
    "1.0 kB",
    "10 kB",
    "12 kB",
    "1.0 MB",
    "5.3 MB",
  ]);
  const now = new Date("2026-03-02T12:00:00Z");
  const ago = (seconds: number) => timeAgo(new Date(now.getTime() - seconds * 1000), now);
  assert.equal(ago(-500), "just now");
  assert.equal(ago(59), "just now");
  assert.equal(ago(125), "2 minutes ago");
  assert.equal(ago(86_400), "yesterday");
  assert.equal(timeAgo(new Date("nonsense"), now), "");
});

const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { group: "block", content: "text*" },
    text: {},
  },
  marks: { bold: {}, comment: { excludes: "" } },
});

function paragraph(text: string, attributes: Record<string, unknown> = {}): Y.XmlElement {
  const element = new Y.XmlElement("paragraph");
  const content = new Y.XmlText();
  content.applyDelta([{ insert: text, attributes }]);
  element.insert(0, [content]);
  return element;
}

test("the guard knows its own schema, and names what is foreign", () => {
  const fragment = new Y.Doc().getXmlFragment("default");
  assert.equal(foreignName(fragment, schema), null);
  fragment.push([paragraph("plain"), paragraph("bold", { bold: {} })]);
  fragment.push([paragraph("noted", { "comment--aB3+/z9=": {} })]);
  assert.equal(foreignName(fragment, schema), null);
  fragment.push([paragraph("odd", { sparkle: {} })]);
  assert.equal(foreignName(fragment, schema), "sparkle");
  fragment.insert(0, [new Y.XmlElement("table")]);
  assert.equal(foreignName(fragment, schema), "table");
});

const arrivals: [string, (fragment: Y.XmlFragment) => void][] = [
  ["table", (fragment) => fragment.push([new Y.XmlElement("table")])],
  ["image", (fragment) => (fragment.get(0) as Y.XmlElement).push([new Y.XmlElement("image")])],
  [
    "sparkle",
    (fragment) => {
      const text = (fragment.get(0) as Y.XmlElement).get(0) as Y.XmlText;
      text.format(0, 2, { sparkle: true });
    },
  ],
];
for (const [name, write] of arrivals) {
  test(`the guard sees ${name} arrive before later observers do`, () => {
    const doc = new Y.Doc();
    const fragment = doc.getXmlFragment("default");
    fragment.push([paragraph("text")]);
    const seen: string[] = [];
    watchForForeign(fragment, schema, (found) => seen.push(found));
    fragment.observeDeep(() => seen.push("editor"));
    fragment.push([paragraph("fine", { bold: {} })]);
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    write(other.getXmlFragment("default"));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    assert.deepEqual(seen, ["editor", name, "editor"]);
  });
}
