import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket as NodeWebSocket } from "ws";
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import { type ProviderOptions, SynclineProvider } from "../src/provider";
import {
  encodeAwareness,
  encodeQueryAwareness,
  encodeStep1,
  encodeStep2,
  encodeUpdate,
} from "../src/provider/messages";
import { type FakeConnection, FakeServer } from "./fake_server";

const emptyStateVector = Uint8Array.of(0);
const emptyUpdate = Uint8Array.of(0, 0);

let server: FakeServer;
let provider: SynclineProvider;
let events: string[];

beforeEach(async () => {
  server = await FakeServer.listen();
  events = [];
});

afterEach(async () => {
  provider.destroy();
  provider.doc.destroy();
  await server.close();
});

function start(doc: Y.Doc, options: ProviderOptions = {}): void {
  provider = new SynclineProvider(`${server.base}doc`, doc, {
    WebSocket: NodeWebSocket as unknown as typeof WebSocket,
    firstRetryCeilingMs: 100,
    lastRetryCeilingMs: 100,
    ...options,
  });
  provider.on("status", (status) => events.push(status));
  provider.on("saved", () => events.push("saved"));
  provider.on("unsaved", (count) => events.push(`unsaved ${count}`));
  provider.on("synced", () => events.push("synced"));
  provider.on("closed", ({ code, reason }) => events.push(`closed ${code} ${reason}`));
}

function emitted(event: "saved" | "synced" | "closed"): Promise<void> {
  return new Promise((resolve) => provider.once(event, () => resolve()));
}

function statusIs(wanted: string): Promise<void> {
  if (provider.status === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const listener = (status: string) => {
      if (status !== wanted) return;
      provider.off("status", listener);
      resolve();
    };
    provider.on("status", listener);
  });
}

// Accepts a connection and exchanges the first sync, without acknowledging it.
async function join(stateVector: Uint8Array = emptyStateVector, update: Uint8Array = emptyUpdate) {
  const connection = await server.accept();
  await connection.expect("step1");
  await connection.expect("awareness");
  connection.send(encodeStep1(stateVector));
  connection.send(encodeStep2(update));
  return { connection, step2: (await connection.expect("step2")).update };
}

async function joinAndAcknowledge(): Promise<FakeConnection> {
  const { connection } = await join();
  const saved = emitted("saved");
  connection.acknowledge(1);
  await saved;
  return connection;
}

function textOf(...updates: Uint8Array[]): string {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc.getText("t").toString();
}

function insert(text: string): void {
  provider.doc.getText("t").insert(provider.doc.getText("t").length, text);
}

test("asks for acknowledgements, and says step 1 and who is here on open", async () => {
  start(new Y.Doc());
  const connection = await server.accept();
  assert.equal(connection.url, "/ws/doc?acks=1");
  assert.deepEqual((await connection.expect("step1")).stateVector, emptyStateVector);
  await connection.expect("awareness");
  await connection.expectSilence(30);
});

test("an untouched document is saved only once the step 2 is acknowledged", async () => {
  start(new Y.Doc());
  const { connection } = await join();
  await connection.expectSilence(30);
  assert.equal(provider.saved, false);
  assert.equal(provider.unsaved, 0);
  connection.acknowledge(1);
  await emitted("saved");
  assert.deepEqual(events, ["connected", "synced", "saved"]);
});

test("an edit is unsaved until its message is acknowledged", async () => {
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  insert("a");
  insert("b");
  assert.equal(provider.unsaved, 2);
  const first = (await connection.expect("update")).update;
  const second = (await connection.expect("update")).update;
  assert.equal(textOf(first, second), "ab");
  connection.acknowledge(2);
  connection.send(encodeQueryAwareness());
  await connection.expect("awareness");
  assert.equal(provider.unsaved, 1);
  assert.equal(provider.saved, false);
  connection.acknowledge(3);
  await emitted("saved");
  assert.equal(provider.unsaved, 0);
  assert.deepEqual(events.slice(-4), ["unsaved 1", "unsaved 2", "unsaved 1", "saved"]);
});

test("an acknowledgement may cover several messages, and may be repeated", async () => {
  start(new Y.Doc());
  const { connection } = await join();
  insert("a");
  insert("b");
  const saved = emitted("saved");
  connection.acknowledge(3);
  connection.acknowledge(3);
  connection.acknowledge(1);
  await saved;
  assert.equal(provider.unsaved, 0);
  connection.send(encodeQueryAwareness());
  await connection.expect("update");
  await connection.expect("update");
  await connection.expect("awareness");
  assert.equal(provider.saved, true);
});

test("edits before the server's step 1 wait for the step 2 that carries them", async () => {
  start(new Y.Doc());
  const connection = await server.accept();
  await connection.expect("step1");
  await connection.expect("awareness");
  insert("early");
  await connection.expectSilence(30);
  assert.equal(provider.unsaved, 1);
  connection.send(encodeStep1(emptyStateVector));
  assert.equal(textOf((await connection.expect("step2")).update), "early");
  connection.acknowledge(1);
  await emitted("saved");
});

test("edits made offline are unsaved, and one acknowledged step 2 saves them all", async () => {
  start(new Y.Doc(), { connect: false });
  insert("a");
  insert("b");
  insert("c");
  assert.equal(provider.unsaved, 3);
  provider.connect();
  const { connection, step2 } = await join();
  assert.equal(textOf(step2), "abc");
  assert.equal(provider.unsaved, 3);
  connection.acknowledge(1);
  await emitted("saved");
});

test("what a document holds before, or a local store loads later, is unsaved", async () => {
  const stored = new Y.Doc();
  stored.getText("t").insert(0, "stored");
  const update = Y.encodeStateAsUpdate(stored);

  const filled = new Y.Doc();
  Y.applyUpdate(filled, update);
  start(filled, { connect: false });
  assert.equal(provider.unsaved, 1);
  provider.destroy();

  start(new Y.Doc(), { connect: false });
  assert.equal(provider.unsaved, 0);
  Y.applyUpdate(provider.doc, update, "a local store");
  assert.equal(provider.unsaved, 1);
  provider.connect();
  // The server has it all already; until it says so, that is not known here.
  const { connection } = await join(Y.encodeStateVector(stored));
  assert.equal(provider.saved, false);
  connection.acknowledge(1);
  await emitted("saved");
});

test("a deletion made offline reaches the server, though no state vector shows it", async () => {
  start(new Y.Doc());
  const first = await joinAndAcknowledge();
  insert("word");
  const written = (await first.expect("update")).update;
  first.acknowledge(2);
  await emitted("saved");
  const stateVector = Y.encodeStateVector(provider.doc);
  first.cut();
  await statusIs("disconnected");
  provider.doc.getText("t").delete(0, 3);
  assert.equal(provider.unsaved, 1);
  const { connection, step2 } = await join(stateVector);
  assert.equal(textOf(written, step2), "d");
  connection.acknowledge(1);
  await emitted("saved");
});

test("what a lost connection had not acknowledged is saved by the next one's step 2", async () => {
  start(new Y.Doc());
  const first = await joinAndAcknowledge();
  insert("kept");
  await first.expect("update");
  first.acknowledge(2);
  await emitted("saved");
  insert(", lost?");
  await first.expect("update");
  first.cut();
  await statusIs("disconnected");
  assert.equal(provider.unsaved, 1);
  assert.equal(provider.saved, false);

  const { connection, step2 } = await join();
  assert.equal(textOf(step2), "kept, lost?");
  assert.equal(provider.unsaved, 1);
  connection.acknowledge(1);
  await emitted("saved");
});

test("a crash between an edit and its acknowledgement never shows as saved", async () => {
  start(new Y.Doc());
  const first = await joinAndAcknowledge();
  events.length = 0;
  insert("x");
  await first.expect("update");
  first.cut();
  const { connection } = await join();
  await connection.expectSilence(30);
  assert.ok(!events.includes("saved"), events.join(", "));
});

test("updates of the server are neither counted nor sent back", async () => {
  const other = new Y.Doc();
  other.getText("t").insert(0, "theirs");
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  connection.send(encodeUpdate(Y.encodeStateAsUpdate(other)));
  await connection.expectSilence(30);
  assert.equal(provider.doc.getText("t").toString(), "theirs");
  assert.equal(provider.unsaved, 0);
  assert.equal(provider.saved, true);
});

test("what an observer writes while a server's update is applied is ours to send", async () => {
  const other = new Y.Doc();
  other.getText("t").insert(0, "theirs");
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  provider.doc.getText("t").observe((event) => {
    if (!event.transaction.local) provider.doc.getMap("m").set("seen", true);
  });
  connection.send(encodeUpdate(Y.encodeStateAsUpdate(other)));
  const copy = new Y.Doc();
  Y.applyUpdate(copy, (await connection.expect("update")).update);
  assert.equal(copy.getMap("m").get("seen"), true);
  assert.equal(provider.unsaved, 1);
});

test("each update is one frame, in order", async () => {
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  const updates: Uint8Array[] = [];
  for (const letter of "abcdef") insert(letter);
  for (let i = 0; i < 6; i += 1) updates.push((await connection.expect("update")).update);
  assert.equal(textOf(...updates), "abcdef");
  assert.equal(textOf(...updates.slice(0, 3)), "abc");
});

test("a chunked first sync is applied, and synced when its step 2 has come", async () => {
  const other = new Y.Doc();
  const updates: Uint8Array[] = [];
  other.on("update", (update: Uint8Array) => updates.push(update));
  for (const word of ["one ", "two ", "three"]) {
    other.getText("t").insert(other.getText("t").length, word);
  }
  start(new Y.Doc());
  const connection = await server.accept();
  for (const update of updates) connection.send(encodeUpdate(update));
  connection.send(encodeStep2(emptyUpdate));
  await emitted("synced");
  assert.equal(provider.doc.getText("t").toString(), "one two three");
});

for (const code of [4400, 4401, 4403, 4404, 4413, 4499]) {
  test(`close code ${code} is the last word, until connect() is called`, async () => {
    start(new Y.Doc());
    const { connection } = await join();
    insert("never taken");
    connection.close(code, "not you");
    await emitted("closed");
    assert.deepEqual(provider.closed, { code, reason: "not you" });
    assert.equal(provider.status, "disconnected");
    assert.equal(provider.unsaved, 1);
    await server.expectNobody(250);
    provider.connect();
    assert.equal(provider.closed, null);
    await join();
  });
}

for (const code of [1000, 1001, 1009, 1011, 1012, 1013, 4000, 4205, 4399, 4500]) {
  test(`after close code ${code} it comes back`, async () => {
    start(new Y.Doc());
    const { connection } = await join();
    connection.close(code, "later");
    await join();
    assert.equal(provider.closed, null);
    assert.ok(!events.some((event) => event.startsWith("closed")));
  });
}

test("a permission-denied message is the last word as well", async () => {
  start(new Y.Doc());
  const { connection } = await join();
  connection.deny("read only");
  await emitted("closed");
  assert.deepEqual(provider.closed, { code: 4403, reason: "read only" });
  await connection.expectEnd();
  await server.expectNobody(250);
});

test("a server that is away is asked again until it is there", async () => {
  const port = server.port;
  await server.close();
  start(new Y.Doc());
  await statusIs("connecting");
  await statusIs("disconnected");
  insert("kept");
  assert.equal(provider.unsaved, 1);
  server = await FakeServer.listen(port);
  const { step2 } = await join();
  assert.equal(textOf(step2), "kept");
});

test("an acknowledgement of more than was sent is not believed", async (context) => {
  context.mock.method(console, "warn", () => {});
  start(new Y.Doc());
  const { connection } = await join();
  insert("x");
  await connection.expect("update");
  connection.acknowledge(3);
  await connection.expectEnd();
  assert.equal(provider.saved, false);
  assert.equal(provider.unsaved, 1);
  await join();
});

const nonsense: [string, Uint8Array | string][] = [
  ["a text frame", "hello"],
  ["an empty frame", new Uint8Array()],
  ["a length beyond the frame", Uint8Array.of(0, 2, 200, 1)],
  ["an update that is none", Uint8Array.of(0, 2, 4, 255, 255, 255, 255)],
  ["an unknown sync step", Uint8Array.of(0, 9, 0)],
  ["an unknown auth message", Uint8Array.of(2, 7)],
  ["a varuint that never ends", new Uint8Array(20).fill(255)],
];
for (const [what, frame] of nonsense) {
  test(`${what} from the server ends the connection and harms nothing`, async (context) => {
    context.mock.method(console, "warn", () => {});
    start(new Y.Doc());
    const { connection } = await join();
    insert("kept");
    await connection.expect("update");
    connection.send(frame);
    assert.equal(await connection.expectEnd(), 3002);
    const { step2 } = await join();
    assert.equal(textOf(step2), "kept");
  });
}

test("a message of an unknown type is skipped", async () => {
  start(new Y.Doc());
  const { connection } = await join();
  connection.send(Uint8Array.of(111, 1, 2, 3));
  connection.acknowledge(1);
  await emitted("saved");
});

test("a connection on which nothing arrives is taken for dead", async () => {
  start(new Y.Doc(), { silenceLimitMs: 150 });
  const { connection } = await join();
  await connection.expectEnd();
  await join();
});

test("waking up asks for a sign of life, and gives up quickly without one", async () => {
  start(new Y.Doc(), { probeLimitMs: 100 });
  const connection = await joinAndAcknowledge();
  provider.wake();
  await connection.expect("queryAwareness");
  connection.send(encodeAwareness(Uint8Array.of(0)));
  await connection.expectSilence(250);
  assert.equal(provider.status, "connected");
  provider.wake();
  await connection.expect("queryAwareness");
  await connection.expectEnd();
  await join();
});

test("waking up while waiting to retry tries at once", async () => {
  start(new Y.Doc(), { firstRetryCeilingMs: 60_000, lastRetryCeilingMs: 60_000, random: () => 1 });
  const { connection } = await join();
  connection.cut();
  await statusIs("disconnected");
  provider.wake();
  await join();
});

test("an open that is closed again before a sync does not reset the back-off", async () => {
  const draws: number[] = [];
  start(new Y.Doc(), {
    lastRetryCeilingMs: 400,
    random: () => {
      draws.push(performance.now());
      return 1;
    },
  });
  for (let i = 0; i < 4; i += 1) (await server.accept()).close(1013, "busy");
  await server.accept();
  const lastWait = draws[3]! - draws[2]!;
  assert.ok(lastWait >= 380, `the third wait took ${lastWait} ms`);
});

test("a returning client announces itself with a higher clock", async () => {
  start(new Y.Doc());
  provider.awareness.setLocalState({ user: "A" });
  const first = await server.accept();
  await first.expect("step1");
  const before = clockIn((await first.expect("awareness")).update);
  first.cut();
  const second = await server.accept();
  await second.expect("step1");
  const after = clockIn((await second.expect("awareness")).update);
  assert.ok(after > before, `${after} is not above ${before}`);
});

test("others are gone while the connection is, and back with it", async () => {
  const other = new Awareness(new Y.Doc());
  other.setLocalState({ user: "B" });
  start(new Y.Doc());
  const first = await joinAndAcknowledge();
  first.send(encodeAwareness(encodeAwarenessUpdate(other, [other.clientID])));
  await first.expectSilence(30); // What others say is not repeated to the server.
  assert.equal(provider.awareness.getStates().size, 2);
  first.cut();
  await statusIs("disconnected");
  assert.deepEqual([...provider.awareness.getStates().keys()], [provider.doc.clientID]);
  const { connection } = await join();
  other.setLocalState({ user: "B" });
  connection.send(encodeAwareness(encodeAwarenessUpdate(other, [other.clientID])));
  await connection.expectSilence(30);
  assert.equal(provider.awareness.getStates().size, 2);
  other.destroy();
});

test("told that it has gone, it says that it is here", async () => {
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  provider.awareness.setLocalState({ user: "A" });
  const own = await connection.expect("awareness");
  const mirror = new Awareness(new Y.Doc());
  applyAwarenessUpdate(mirror, own.update, null);
  connection.send(encodeAwareness(own.update));
  await connection.expectSilence(30); // The echo of its own state is no news.
  removeAwarenessStates(mirror, [provider.doc.clientID], null);
  const removal = encodeAwarenessUpdate(mirror, [provider.doc.clientID]);
  connection.send(encodeAwareness(removal));
  applyAwarenessUpdate(mirror, (await connection.expect("awareness")).update, null);
  assert.deepEqual(mirror.getStates().get(provider.doc.clientID), { user: "A" });
  mirror.destroy();
});

test("after disconnect() nothing is sent and nobody comes back; connect() resumes", async () => {
  start(new Y.Doc());
  const connection = await joinAndAcknowledge();
  provider.disconnect();
  assert.equal(await connection.expectEnd(), 1000);
  insert("offline");
  await server.expectNobody(250);
  assert.equal(provider.unsaved, 1);
  provider.connect();
  const { step2 } = await join();
  assert.equal(textOf(step2), "offline");
});

function clockIn(awarenessUpdate: Uint8Array): number {
  const mirror = new Awareness(new Y.Doc());
  applyAwarenessUpdate(mirror, awarenessUpdate, null);
  const clock = mirror.meta.get(provider.doc.clientID)?.clock ?? -1;
  mirror.destroy();
  return clock;
}
