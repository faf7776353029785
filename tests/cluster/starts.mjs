// What has to be so before a node or a worker serves, and what is said if it is not.

import { check, checkEqual, checkMatch, test } from "../integration/suite.mjs";
import { Person } from "./lib/person.mjs";
import { freePort } from "./lib/ports.mjs";
import { Postgres } from "./lib/postgres.mjs";
import { postgresTemplate } from "./lib/postgres_template.mjs";
import { Redis } from "./lib/redis.mjs";
import { Node, Worker } from "./lib/syncline.mjs";
import { withTemporaryFolder } from "./lib/temporary.mjs";

// An empty PostgreSQL, a Redis, and `make`, which makes parts that are not yet started.
function withStores(body, { redisSettings } = {}) {
  return withTemporaryFolder(async (folder) => {
    const postgres = new Postgres({ folder, port: await freePort(), template: await postgresTemplate() });
    const redis = new Redis({ folder, port: await freePort(), settings: redisSettings });
    const parts = [postgres, redis];
    const make = async (Kind, name, options = {}) => {
      const ports = { port: await freePort(), adminPort: await freePort() };
      const part = new Kind({ name, folder, postgres: postgres.url, redis: redis.url, ...ports, ...options });
      parts.push(part);
      return part;
    };
    try {
      await Promise.all([postgres.create(), redis.create()]);
      await body({ postgres, redis, make });
    } finally {
      await Promise.all(parts.map((part) => part.kill()));
    }
  });
}

// What a part says that must not start.
async function refusalOf(part) {
  const error = await part.start().then(() => null, (thrown) => thrown);
  if (error === null) throw new Error(`${part.name} has started`);
  checkMatch(error.message, /ended while it started/, part.name);
  const said = part.log().trim().split("\n").filter((line) => !line.startsWith("{"));
  checkEqual(said.length, 1, `lines for people: ${said.join(" / ")}`);
  return said[0];
}

test("start: nodes and workers may be the first ones all at once, on an empty database", () =>
  withStores(async ({ postgres, make }) => {
    const parts = [];
    for (const i of [1, 2, 3]) parts.push(await make(Node, `node${i}`, { durability: "buffer" }));
    for (const i of [1, 2]) parts.push(await make(Worker, `worker${i}`));
    await Promise.all(parts.map((part) => part.start()));
    checkEqual((await postgres.psql("SELECT count(*) FROM syncline.schema_version"))[0], ["1"], "rows that say the version");
    const person = new Person(parts[0].url, "d");
    try {
      await person.untilSynced();
      person.type();
      await person.untilAcknowledged();
    } finally {
      person.leave();
    }
  }));

test("start: on tables of a newer version nodes and workers refuse, and leave them", () =>
  withStores(async ({ postgres, make }) => {
    const first = await make(Node, "first");
    await first.start();
    await first.stop();
    await postgres.psql("UPDATE syncline.schema_version SET version = version + 1");
    const [newer] = await postgres.psql("SELECT version FROM syncline.schema_version");
    for (const [Kind, name] of [[Node, "node"], [Worker, "worker"]]) {
      checkMatch(await refusalOf(await make(Kind, name)), /newer syncline-server/, name);
    }
    checkEqual((await postgres.psql("SELECT version FROM syncline.schema_version"))[0], newer, "the version");
  }));

for (const [danger, redisSettings] of [
  ["has no append-only file", { appendonly: "no" }],
  ["evicts", { maxmemory: "64mb", "maxmemory-policy": "allkeys-lru" }],
]) {
  test(`start: a Redis that ${danger} is no write buffer, unless one insists`, () =>
    withStores(
      async ({ make }) => {
        const refusal = await refusalOf(await make(Node, "refused", { durability: "buffer" }));
        checkMatch(refusal, /--allow-lossy-buffer/, "the refusal");
        const insists = await make(Node, "insists", { durability: "buffer", args: ["--allow-lossy-buffer"] });
        await insists.start();
        check((await insists.metric("syncline_redis_lossy")) > 0, "no metric says so");
        checkMatch(insists.log(), /could lose edits/, "the log");
        // Where it holds nothing that matters, it may be as it likes.
        const commits = await make(Node, "commits", { durability: "commit" });
        await commits.start();
        checkEqual(await commits.metric("syncline_redis_lossy"), 0, "the metric of a node that only commits");
      },
      { redisSettings },
    ));
}

test("start: a PostgreSQL that may forget commits is used, and it is said what can be lost", () =>
  withStores(async ({ postgres, make }) => {
    const careful = await make(Node, "careful");
    await careful.start();
    checkEqual(await careful.metric("syncline_postgres_lossy"), 0, "the metric");
    await postgres.psql("ALTER ROLE syncline SET synchronous_commit = off", { role: "postgres" });
    const node = await make(Node, "node");
    await node.start();
    check((await node.metric("syncline_postgres_lossy")) > 0, "no metric says so");
    checkMatch(node.log(), /synchronous_commit/, "the log");
  }));

test("start: without a PostgreSQL, or with a wrong password, one line says so and does not name the password", () =>
  withStores(async ({ postgres, make }) => {
    const nowhere = `postgresql://syncline:verysecret@127.0.0.1:${await freePort()}/syncline`;
    const wrong = postgres.url.replace(/:[^:@/]+@/, ":verysecret@");
    for (const [name, url] of [["nowhere", nowhere], ["wrong", wrong]]) {
      const refusal = await refusalOf(await make(Node, name, { postgres: url, args: ["--postgres-connect-timeout", "1s"] }));
      checkMatch(refusal, /postgres/i, name);
      check(!refusal.includes("verysecret"), `the password is in: ${refusal}`);
    }
  }));
