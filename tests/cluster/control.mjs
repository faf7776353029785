// What operators see and order at the admin port of any node, about all of them; and what each node says of the
// services that it misses.

import { check, checkEqual, test } from "../integration/suite.mjs";
import { withServices } from "./faults.mjs";
import { Person } from "./lib/person.mjs";
import { get, until } from "./lib/wait.mjs";

const ttlMs = 3000;
const options = {
  gateway: null,
  workers: 0,
  nodes: 2,
  nodeArgs: ["--session-ttl", `${ttlMs}ms`, "--drain-notice", "500ms", "--handoff-spread", "200ms"],
};

async function json(node, path) {
  const response = await get(`${node.admin}${path}`, { limitMs: 5000 });
  return response === null ? null : { status: response.status, ...(await response.json()) };
}

const post = async (node, path) => (await get(`${node.admin}${path}`, { method: "POST", limitMs: 5000 }))?.status;
const nameOf = async (node) => (await json(node, "/status")).node;
const degraded = async (node) => (await json(node, "/status")).degraded.join();

// Who is listed, as NODE of CONNECTION in order, or what went wrong.
async function listed(node, query) {
  const { connections, message } = await json(node, `/connections?${query}`);
  return connections ?? message;
}

async function arrive(nodes, document) {
  const people = nodes.map((node, i) => new Person(node.url, document, { name: `p${i}` }));
  await Promise.all(people.map((person) => person.untilSynced()));
  return people;
}

test("control: every node lists the connections of all, and those of a node that was killed vanish in time", () =>
  withServices(options, async (cluster) => {
    const [one, two] = cluster.nodes;
    const people = await arrive([one, two, two], "shared");
    const alone = await arrive([two], "alone");
    try {
      const names = [await nameOf(one), await nameOf(two)];
      check(names[0] !== names[1], `both are called ${names[0]}`);
      for (const node of cluster.nodes) {
        await until(async () => (await listed(node, "document=shared")).length === 3, "three connections");
        const found = await listed(node, "document=shared");
        checkEqual(found.map(({ node: name }) => name), [names[0], names[1], names[1]].sort(), "nodes");
        await until(async () => (await listed(node, `node=${names[1]}`)).length === 3, "three of the second node");
      }
      // Longer than the TTL: what lives is renewed.
      const begin = Date.now();
      await until(() => Date.now() - begin > 1.5 * ttlMs, "time to pass");
      checkEqual((await listed(one, "document=shared")).length, 3, "connections after a while");
      await two.kill();
      const killed = Date.now();
      await until(async () => (await listed(one, "document=shared")).length === 1, "the dead node's to vanish");
      const ms = Date.now() - killed;
      check(ms < ttlMs + 1000, `it took ${ms} ms`);
      checkEqual((await listed(one, "document=shared"))[0].node, names[0], "who is left");
      checkEqual(await listed(one, `node=${names[1]}`), [], "of the dead node");
    } finally {
      for (const person of [...people, ...alone]) person.leave();
    }
  }));

test("control: a connection at another node is ended, and nobody else's", () =>
  withServices(options, async (cluster) => {
    const [one, two] = cluster.nodes;
    const people = await arrive([one, two, two], "shared");
    try {
      await until(async () => (await listed(one, `node=${await nameOf(two)}`)).length === 2, "two connections");
      const [victim] = await listed(one, `node=${await nameOf(two)}`);
      checkEqual(await post(one, `/disconnect?node=${victim.node}&connection=${victim.connection}`), 202, "the order");
      // As y-websocket 3.1 and later do.
      for (const { provider } of people) provider.on("connection-close", () => (provider.shouldConnect = false));
      const codes = () => people.flatMap(({ closeCodes }) => closeCodes);
      await until(() => codes().length > 0, "an end");
      checkEqual(codes(), [4403], "close codes");
      check(people[0].closeCodes.length === 0, "a connection of another node was ended");
      await until(async () => (await listed(one, `node=${victim.node}`)).length === 1, "the list to be shorter");
      checkEqual(await two.metric("syncline_rejected_total", 'reason="revoked"'), 1, "counted at the node");
    } finally {
      people.forEach((person) => person.leave());
    }
  }));

for (const durability of ["commit", "buffer"]) {
  test(`control, ${durability}: a document is loaded anew at all nodes while people type, and nothing is lost`, () =>
    withServices({ ...options, durability, workers: durability === "buffer" ? 1 : 0 }, async (cluster) => {
      const [one, two] = cluster.nodes;
      const people = await arrive([one, two, one, two], "shared");
      try {
        people.forEach((person) => person.keepTyping(20));
        for (let round = 1; round <= 3; round += 1) {
          const connections = people.map((person) => person.connections);
          checkEqual(await post(one, "/evict?document=shared"), 202, "the order");
          await until(() => people.every((person, i) => person.connections > connections[i]), "all to be back");
          await Promise.all(people.map((person) => person.untilSynced()));
        }
        people.forEach((person) => person.stopTyping());
        await Promise.all(people.map((person) => person.untilAcknowledged()));
        const typed = people.reduce((sum, person) => sum + person.typed, 0);
        const equal = () => people.every((person) => person.edits.length === typed && person.state() === people[0].state());
        await until(equal, () => `all to have ${typed} edits: ${people.map((person) => person.edits.length)}`);
        const codes = new Set(people.flatMap((person) => person.closeCodes));
        check(codes.has(1012), `nobody was moved: ${[...codes]}`);
        check([...codes].every((code) => code === 1012 || code === 1013), `close codes: ${[...codes]}`);
        const evictions = await Promise.all(cluster.nodes.map((node) => node.metric("syncline_document_evictions_total")));
        check(evictions.every((count) => count >= 3), `evictions: ${evictions}`);
        checkEqual(await cluster.gapsOf("shared"), 0, "gaps in the log");
      } finally {
        people.forEach((person) => person.leave());
      }
    }));
}

test("control: a node is drained from another one: unready, empty, ended with 0", () =>
  withServices(options, async (cluster) => {
    const [one, two] = cluster.nodes;
    const people = await arrive([two, two], "shared");
    try {
      people[0].type();
      checkEqual(await post(one, `/drain?node=${await nameOf(two)}`), 202, "the order");
      await until(async () => (await get(`${two.admin}/readyz`))?.status === 503, "the node to be unready", { limitMs: 3000, everyMs: 5 });
      await until(() => !two.running, "the node to end");
      await until(() => people.every((person) => person.closeCodes.length > 0), "everybody to be told");
      check(people.every((person) => person.closeCodes[0] === 1012), `${people.map((person) => person.closeCodes)}`);
      check(await one.ready(), "the other one drains, too");
      checkEqual(await one.metric("syncline_degraded_broker"), 0, "degraded");
      await two.start();
      await Promise.all(people.map((person) => person.untilAcknowledged()));
    } finally {
      people.forEach((person) => person.leave());
    }
  }));

test("control: a node says what it misses, stays ready, and gives no order that would not be heard", () =>
  withServices({ ...options, durability: "buffer", workers: 1 }, async (cluster) => {
    const [one] = cluster.nodes;
    const worker = cluster.workers[0];
    const people = await arrive([one], "shared");
    try {
      for (const part of [one, worker]) await until(async () => (await degraded(part)) === "", "nothing to be missed");
      await cluster.redis.kill();
      for (const part of [one, worker]) {
        await until(async () => (await degraded(part)) === "broker,buffer", async () => `Redis to be missed, not ${await degraded(part)}`);
        checkEqual(await part.metric("syncline_degraded_broker"), 1, "the broker's gauge");
        checkEqual(await part.metric("syncline_degraded_buffer"), 1, "the buffer's gauge");
        check(await part.ready(), `${part.name} is not ready`);
      }
      checkEqual(await post(one, "/evict?document=shared"), 503, "an order to all");
      checkEqual(await post(one, "/drain?node=other"), 503, "an order to another");
      checkEqual((await json(one, "/connections?document=shared")).status, 503, "the list");
      // What concerns this node needs nobody.
      checkEqual(await post(one, `/disconnect?node=${await nameOf(one)}&connection=999`), 202, "an order to this one");
      await cluster.redis.start();
      for (const part of [one, worker]) {
        await until(async () => (await degraded(part)) === "", async () => `Redis to be back, not ${await degraded(part)}`);
        checkEqual(await part.metric("syncline_degraded_broker"), 0, "the broker's gauge");
      }
      await until(async () => (await listed(one, "document=shared")).length === 1, "the list to be there again");
      await cluster.postgres.kill();
      for (const part of [one, worker]) {
        await until(async () => (await degraded(part)) === "store", async () => `PostgreSQL to be missed, not ${await degraded(part)}`);
        checkEqual(await part.metric("syncline_degraded_store"), 1, "the store's gauge");
        check(await part.ready(), `${part.name} is not ready`);
      }
      await cluster.postgres.start();
      for (const part of [one, worker]) {
        await until(async () => (await degraded(part)) === "", async () => `PostgreSQL to be back, not ${await degraded(part)}`);
      }
    } finally {
      people.forEach((person) => person.leave());
    }
  }));
