// What still works while a part is away, and what people are told: docs/operations.md, "When parts fail".

import { check, checkEqual, test } from "../integration/suite.mjs";
import { Person } from "./lib/person.mjs";
import { command } from "./lib/syncline.mjs";
import { get, sleep, until } from "./lib/wait.mjs";
import { withServices } from "./lib/with_services.mjs";

const document = "degraded";
const kibibyte = 1024;
const largeEdit = 8 * kibibyte;

// `body` gets `join`, which brings somebody to a node.
const withPeople = (options, body) =>
  withServices({ gateway: null, ...options }, async (cluster) => {
    const people = [];
    const join = async (node, where = document) => {
      const person = new Person(node.url, where, { name: `p${people.length}`, maxBackoffTime: 400 });
      people.push(person);
      await person.untilSynced();
      return person;
    };
    try {
      await body(cluster, join);
      cluster.requireNoCollapse();
    } finally {
      people.forEach((person) => person.leave());
    }
  });

const typeLarge = (person) => person.edit((doc) => doc.getText("large").insert(0, "x".repeat(largeEdit)));

// What PostgreSQL has of the edits.
async function saved(cluster) {
  const args = ["doc", "show", document, "--root", "edits", "--format", "json", "--check"];
  try {
    return JSON.parse(await command(args, { postgres: cluster.postgres.url })).length;
  } catch (error) {
    // No worker has come to it yet.
    if (/no document has this name/.test(error.message)) return 0;
    throw error;
  }
}

const untilSaved = (cluster, count) =>
  until(async () => (await saved(cluster)) === count, async () => `${await saved(cluster)} of ${count} edits in PostgreSQL`);

async function checkReady(cluster) {
  for (const node of cluster.nodes) {
    checkEqual((await get(`${node.admin}/readyz`))?.status, 200, `readiness of ${node.name}`);
  }
}

test("commit: without Redis, edits reach other nodes by comparison with the log, and nodes stay ready", () =>
  withPeople({ nodeOptions: { "--anti-entropy-interval": "1500ms" } }, async (cluster, join) => {
    const [writer, reader] = [await join(cluster.nodes[0]), await join(cluster.nodes[1])];
    const delays = async (edits) => {
      const all = [];
      for (let i = 0; i < edits; i += 1) {
        const started = performance.now();
        const mark = writer.type();
        await until(() => reader.edits.toArray().includes(mark), "an edit at the other node", { limitMs: 5000, everyMs: 2 });
        all.push(performance.now() - started);
      }
      return all;
    };
    await cluster.redis.kill();
    const without = await delays(3);
    check(Math.max(...without) < 3000, `without Redis it took ${without.map(Math.round)} ms`);
    await writer.untilAcknowledged();
    await checkReady(cluster);
    checkEqual(await cluster.nodes[0].metric("syncline_redis_connections"), 0, "connections to Redis");
    // Documents that nobody has open can be opened.
    const other = await join(cluster.nodes[2], "opened without Redis");
    other.type();
    await other.untilAcknowledged();
    await cluster.redis.start();
    const back = async (node) => (await node.metric("syncline_redis_connections")) > 0;
    for (const node of cluster.nodes) await until(() => back(node), `${node.name} to find Redis again`);
    await delays(1);
    const again = await delays(10);
    check(Math.min(...again) < 100, `with Redis back it took ${again.map(Math.round)} ms`);
  }));

test("commit: without PostgreSQL nothing is acknowledged, and what is not in memory is refused", () =>
  withPeople({}, async (cluster, join) => {
    const [writer, neighbour] = [await join(cluster.nodes[0]), await join(cluster.nodes[0])];
    writer.type();
    await writer.untilAcknowledged();
    await cluster.postgres.kill();
    for (let i = 0; i < 5; i += 1) writer.type();
    await until(() => neighbour.edits.length === 6, "the edits at somebody on the same node");
    const late = new Person(cluster.nodes[1].url, document, { name: "late" });
    try {
      await until(() => late.closeCodes.length > 0, "somebody who comes late to be refused");
      checkEqual(late.closeCodes[0], 1013, "the code");
      checkEqual([writer.acknowledged.size, late.edits.length], [1, 0], "acknowledged edits, and those that the late one sees");
      check((await cluster.nodes[0].metric("syncline_unlogged_bytes")) > 0, "no metric says so");
      await cluster.postgres.start();
      await writer.untilAcknowledged();
      await late.untilSynced();
      checkEqual(await saved(cluster), 6, "edits in PostgreSQL");
    } finally {
      late.leave();
    }
  }));

test("buffer: without Redis edits are held, then writers wait, then they are told 1013, and keep what they wrote", () =>
  withPeople(
    { durability: "buffer", nodeOptions: { "--max-unlogged-bytes": "64KiB", "--held-back-timeout": "1s" } },
    async (cluster, join) => {
      const writer = await join(cluster.nodes[0]);
      writer.type();
      await writer.untilAcknowledged();
      await untilSaved(cluster, 1);
      await cluster.redis.kill();
      for (let i = 0; i < 40; i += 1) typeLarge(writer);
      let most = 0;
      await until(async () => {
        const held = await cluster.nodes[0].metric("syncline_unlogged_bytes");
        if (writer.closeCodes.length === 0) most = Math.max(most, held);
        return writer.closeCodes.length > 0;
      }, "the writer to be told");
      checkEqual(writer.closeCodes[0], 1013, "the code");
      check(most > 48 * kibibyte, `only ${most} bytes were held`);
      check(most < 64 * kibibyte + 2 * largeEdit, `${most} bytes were held`);
      checkEqual(writer.acknowledged.size, 1, "acknowledged edits");
      await cluster.redis.start();
      await writer.untilAcknowledged();
      await untilSaved(cluster, 41);
    },
  ));

test("buffer: without Redis, told to, nodes commit to PostgreSQL", () =>
  withPeople({ durability: "buffer", nodeOptions: { "--commit-without-buffer": [] } }, async (cluster, join) => {
    const [writer, reader] = [await join(cluster.nodes[0]), await join(cluster.nodes[1])];
    writer.type();
    await writer.untilAcknowledged();
    await untilSaved(cluster, 1);
    await cluster.redis.kill();
    for (let i = 0; i < 20; i += 1) writer.type();
    await writer.untilAcknowledged();
    checkEqual(await saved(cluster), 21, "edits in PostgreSQL");
    await until(() => reader.edits.length === 21, "all edits at the other node");
    await cluster.redis.start();
    for (let i = 0; i < 20; i += 1) reader.type();
    await reader.untilAcknowledged();
    await until(() => writer.edits.length === 41, "all edits at the first node");
    await untilSaved(cluster, 41);
    checkEqual(await cluster.gapsOf(document), 0, "gaps in the log");
  }));

// What a node has taken and not yet put into the buffer comes on top.
const limits = { "--max-undrained-bytes": "128KiB", "--max-unlogged-bytes": "64KiB" };

for (const [what, partsOf] of [
  ["PostgreSQL", ({ postgres }) => [postgres]],
  ["workers", ({ workers }) => workers],
]) {
  test(`buffer: without ${what}, edits are acknowledged up to the buffer's limit, and no more`, () =>
    withPeople({ durability: "buffer", nodeOptions: limits }, async (cluster, join) => {
      const [writer, reader] = [await join(cluster.nodes[0]), await join(cluster.nodes[1])];
      const parts = partsOf(cluster);
      await Promise.all(parts.map((part) => part.kill()));
      for (let i = 0; i < 5; i += 1) writer.type();
      await writer.untilAcknowledged();
      await until(() => reader.edits.length === 5, "the edits at the other node");
      const memory = async () => Number(/used_memory:(\d+)/.exec(await cluster.redis.ask("INFO", "memory"))[1]);
      const before = await memory();
      for (let i = 0; i < 100; i += 1) typeLarge(writer);
      const undrained = () => cluster.nodes[0].metric("syncline_undrained_bytes");
      await until(async () => (await undrained()) > 128 * kibibyte - largeEdit, "the limit to be reached");
      // Nothing is to happen: writers wait.
      await sleep(1500);
      const acknowledged = writer.acknowledged.size - 5;
      // What a node has read before it stops reading comes on top.
      check(acknowledged >= 10 && acknowledged <= 40, `${acknowledged} edits of 8 KiB were acknowledged`);
      check(writer.unacknowledged.size >= 60, `${writer.unacknowledged.size} edits wait`);
      const grown = (await memory()) - before;
      check(grown < 1024 * kibibyte, `Redis has grown by ${grown} bytes`);
      checkEqual(writer.closeCodes, [], "codes of closes");
      await checkReady(cluster);
      await Promise.all(parts.map((part) => part.start()));
      await writer.untilAcknowledged();
      await until(() => reader.edits.length === 105, "everything at the other node");
      await untilSaved(cluster, 105);
      checkEqual(await cluster.gapsOf(document), 0, "gaps in the log");
    }));
}

test("buffer: when Redis is full nothing more is acknowledged, and workers empty it", () =>
  withPeople({ durability: "buffer" }, async (cluster, join) => {
    const writer = await join(cluster.nodes[0]);
    await Promise.all(cluster.workers.map((worker) => worker.kill()));
    const used = Number(/used_memory:(\d+)/.exec(await cluster.redis.ask("INFO", "memory"))[1]);
    await cluster.redis.ask("CONFIG", "SET", "maxmemory", String(used + 512 * kibibyte));
    for (let i = 0; i < 200; i += 1) typeLarge(writer);
    let before = -1;
    await until(
      async () => {
        const now = writer.acknowledged.size;
        const still = now === before;
        before = now;
        return still && now > 0;
      },
      "Redis to be full",
      { everyMs: 500 },
    );
    check(before < 150, `${before} edits of 8 KiB were acknowledged`);
    check((await cluster.nodes[0].metric("syncline_redis_requests_refused_total")) > 0, "Redis has refused nothing");
    await Promise.all(cluster.workers.map((worker) => worker.start()));
    await writer.untilAcknowledged();
    await untilSaved(cluster, 200);
    checkEqual(await cluster.gapsOf(document), 0, "gaps in the log");
  }));
