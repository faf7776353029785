// syncline-server doc list, show, export, import.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Y from "yjs";
import { Person, until } from "./clients.mjs";
import { Server, run, temporaryFolder } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

function sample() {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "héllo 😀", { bold: true });
  doc.getMap("m").set("key", [1, "two", null]);
  return doc;
}

test("doc: an update that is imported is shown, listed and exported", async () => {
  const folder = temporaryFolder();
  const data = ["--data", join(folder, "data")];
  try {
    const doc = sample();
    const file = join(folder, "update");
    writeFileSync(file, Y.encodeStateAsUpdate(doc));
    const imported = await run(["doc", "import", "notes/ü", file, ...data]);
    checkEqual(imported.code, 0, `import (${imported.stderr})`);
    const again = await run(["doc", "import", "notes/ü", file, "--create-only", ...data]);
    checkEqual(again.code, 1, "import --create-only of what exists");
    checkMatch(again.stderr, /exists/, "import --create-only");

    const show = async (...args) => {
      const { code, stdout, stderr } = await run(["doc", "show", "notes/ü", ...args, ...data]);
      checkEqual(code, 0, `show ${args} (${stderr})`);
      return stdout.toString();
    };
    checkEqual(JSON.parse(await show("--check")), { m: { key: [1, "two", null] }, t: "héllo 😀" }, "show");
    checkEqual(await show("--root", "t", "--format", "text"), "héllo 😀", "text");
    checkEqual(JSON.parse(await show("--root", "m")), { key: [1, "two", null] }, "a map");
    checkEqual(
      JSON.parse(await show("--root", "t", "--format", "delta")),
      [{ insert: "héllo 😀", attributes: { bold: true } }],
      "delta",
    );
    checkEqual(Object.keys(JSON.parse(await show("--format", "state-vector"))), [String(doc.clientID)], "sv");

    const list = await run(["doc", "list", ...data]);
    checkMatch(list.stdout.toString(), /^NAME.*\nnotes\/ü +1 /, "list");
    const json = JSON.parse((await run(["doc", "list", "--json", ...data])).stdout);
    checkEqual(json.documents[0].name, "notes/ü", "list --json");

    const out = join(folder, "exported");
    checkEqual((await run(["doc", "export", "notes/ü", out, ...data])).code, 0, "export");
    const copy = new Y.Doc();
    Y.applyUpdate(copy, readFileSync(out));
    checkEqual(copy.getText("t").toDelta(), doc.getText("t").toDelta(), "the exported document");
    const piped = await run(["doc", "export", "notes/ü", "-", ...data]);
    check(piped.stdout.equals(readFileSync(out)), "export to stdout is not the same");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("doc: what cannot be done is one line", async () => {
  const folder = temporaryFolder();
  const data = ["--data", join(folder, "data")];
  const cases = [
    [["doc"], 2, /list, show, export or import/],
    [["doc", "frobnicate"], 2, /unknown command/],
    [["doc", "show", ...data], 2, /an argument is missing/],
    [["doc", "list", ...data], 2, /data/],
    [["doc", "show", "a\nb", ...data], 2, /NAME: /],
    [["doc", "import", "x", "/nowhere", ...data], 1, /\/nowhere: No such file/],
  ];
  try {
    for (const [args, code, pattern] of cases) {
      const result = await run(args);
      checkEqual(result.code, code, `the exit code of ${args.join(" ")} (${result.stderr})`);
      checkMatch(result.stderr, pattern, args.join(" "));
      checkEqual(result.stderr.trimEnd().split("\n").length, 1, "lines on stderr");
    }
    const bad = await run(["doc", "import", "x", "-", ...data], { input: "no update" });
    checkEqual(bad.code, 1, "importing what is no update");
    checkMatch(bad.stderr, /not a Yjs update/, "stderr");
    await run(["doc", "import", "x", "-", ...data], { input: Y.encodeStateAsUpdate(sample()) });
    const missing = await run(["doc", "show", "y", ...data]);
    checkEqual(missing.code, 1, "showing what does not exist");
    const root = await run(["doc", "show", "x", "--root", "nothing", ...data]);
    checkMatch(root.stderr, /--root nothing: the document has m, t/, "a root that is not there");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("doc: a running server's documents can be read, and not written behind its back", async () => {
  const server = await Server.start();
  try {
    const person = new Person(server, "live");
    await person.synced();
    person.text.insert(0, "typed");
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 0, "the commit");
    const shown = await run(["doc", "show", "live", "--data", server.data]);
    checkEqual(shown.stdout.toString(), "typed", `show (${shown.stderr})`);
    const update = Y.encodeStateAsUpdate(sample());
    const refused = await run(["doc", "import", "live", "-", "--data", server.data], { input: update });
    check(refused.code !== 0, "the import was not refused");
    person.leave();
  } finally {
    await server.dispose();
  }
});
