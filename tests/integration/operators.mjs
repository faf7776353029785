// What operators see and order at the admin port of one node.

import { Bare, Person, Raw, until } from "./clients.mjs";
import { Server } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

async function withServer(args, body) {
  const server = await Server.start({ args });
  try {
    await body(server);
  } finally {
    await server.dispose();
  }
}

async function ask(server, path, options) {
  const response = await server.get(path, { admin: true, ...options });
  return { status: response.status, body: await response.json() };
}

const order = (server, path) => ask(server, path, { method: "POST" });
const listed = async (server, query = "") => (await ask(server, `/connections${query}`)).body.connections;

test("operators: connections are listed by document and by node, from their beginning to their end", () =>
  withServer(["--node-name", "web-1", "--threads", "2"], async (server) => {
    checkEqual(await listed(server), [], "connections at first");
    const before = Date.now();
    const names = ["a", "a", "b c"];
    const bares = await Promise.all(names.map((name) => Bare.open(`${server.url}/${encodeURIComponent(name)}`)));
    await until(async () => (await listed(server)).length === 3, "three connections");
    const all = await listed(server, "?node=web-1");
    checkEqual(all.map(({ document }) => document).sort(), names, "documents");
    check(all.every(({ node, user }) => node === "web-1" && user === null), JSON.stringify(all));
    check(all.every(({ since }) => Math.abs(Date.parse(since) - before) < 10_000), "since");
    checkEqual(new Set(all.map(({ connection }) => connection)).size, 3, "ids");
    checkEqual((await listed(server, "?document=b%20c")).length, 1, "of one document");
    checkEqual(await listed(server, "?document=C%2B%2B"), [], "of another");
    checkEqual(await listed(server, "?node=web-2"), [], "of another node");
    bares[0].socket.close();
    await until(async () => (await listed(server, "?document=a")).length === 1, "one to have gone");
    for (const bare of bares) bare.socket.terminate();
    await until(async () => (await listed(server)).length === 0, "all to have gone");
  }));

test("operators: a connection that is ended is told so and counted; others stay", () =>
  withServer(["--threads", "2"], async (server) => {
    const { node } = (await ask(server, "/status")).body;
    checkMatch(node, /^[\w.-]+-[0-9a-f]{8}$/, "a name of its own");
    const [victim, other] = [new Person(server, "d"), new Person(server, "d")];
    await victim.synced();
    await other.synced();
    // Which of the two it is does not matter: who is not meant is not to notice.
    const [first] = await listed(server, "?document=d");
    const closes = [];
    for (const person of [victim, other]) {
      person.provider.on("connection-close", (event) => {
        if (event === null) return; // It has left by itself.
        closes.push([event.code, event.reason]);
        person.provider.shouldConnect = false; // As y-websocket 3.1 and later do.
      });
    }
    const { status, body } = await order(server, `/disconnect?node=${node}&connection=${first.connection}`);
    checkEqual(status, 202, "the order");
    checkEqual(body, { order: "disconnect", node, connection: first.connection }, "the order");
    await until(() => closes.length > 0, "the end of the connection");
    checkEqual(closes, [[4403, "access was revoked"]], "the closes");
    checkEqual(await server.rejected("revoked"), 1, "counted");
    const rest = await listed(server);
    checkEqual(rest.length, 1, "connections left");
    check(rest[0].connection !== first.connection, "the wrong one was ended");
    victim.leave();
    other.leave();
  }));

test("operators: a document is loaded anew, and nothing of it is lost", () =>
  withServer([], async (server) => {
    const people = [new Person(server, "d"), new Person(server, "d")];
    await Promise.all(people.map((person) => person.synced()));
    people[0].text.insert(0, "before ");
    people[0].text.insert(7, "and after");
    const loads = await server.metric("syncline_document_loads_total");
    checkEqual((await order(server, "/evict?document=d")).status, 202, "the order");
    await until(() => people.every(({ connections }) => connections >= 2), "both to be back");
    await Promise.all(people.map((person) => person.synced()));
    await until(() => people.every(({ text }) => text.toString() === "before and after"), "the text at both");
    checkEqual(await server.metric("syncline_document_loads_total"), loads + 1, "loads");
    check((await server.rejected("evicted")) >= 2, "counted");
    for (const person of people) person.leave();
  }));

test("operators: a node that is ordered to drain ends as on SIGTERM", () =>
  withServer(["--node-name", "web-1"], async (server) => {
    const bare = await Bare.open(`${server.url}/d`);
    checkEqual((await order(server, "/drain?node=web-2")).status, 202, "an order to nobody");
    checkEqual((await order(server, "/drain?nod=web-2")).status, 400, "a misspelt order");
    check((await server.get("/readyz")).ok, "the node drains though another was meant");
    checkEqual((await order(server, "/drain")).body, { order: "drain", node: "web-1" }, "the order");
    checkEqual((await bare.closed).code, 1012, "the close");
    checkEqual(await server.exited, 0, "the exit code");
  }));

test("operators: neither the public port nor a page in a browser gives orders", () =>
  withServer([], async (server) => {
    for (const path of ["/drain", "/evict?document=d", "/disconnect?node=a&connection=1"]) {
      checkEqual((await server.get(path, { method: "POST" })).status, 404, `${path} on the public port`);
      checkEqual((await ask(server, path)).status, 405, `GET ${path}`);
      for (const header of ["Origin: http://127.0.0.1", "Sec-Fetch-Site: same-origin"]) {
        const raw = new Raw(server.adminPort);
        await raw.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\nContent-Length: 0\r\n\r\n`);
        checkMatch(await raw.answer(), /^HTTP\/1.1 403/, `${path} with ${header}`);
        raw.close();
      }
    }
    checkEqual((await server.get("/connections")).status, 404, "/connections on the public port");
    check((await server.get("/readyz")).ok, "it drains");
  }));
