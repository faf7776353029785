// The shipped gateways in front of real nodes, and of nodes that only say what they were asked. What concerns the
// documents themselves is in the other files: here each node keeps documents of its own.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { WebSocket } from "ws";
import { check, checkEqual, checkMatch, test } from "../integration/suite.mjs";
import { Cluster } from "./lib/cluster.mjs";
import { FakeNode } from "./lib/fake_node.mjs";
import { Haproxy, Nginx } from "./lib/gateway.mjs";
import { Person } from "./lib/person.mjs";
import { freePort } from "./lib/ports.mjs";
import { withTemporaryFolder } from "./lib/temporary.mjs";
import { sleep, until } from "./lib/wait.mjs";

const kinds = { haproxy: Haproxy, nginx: Nginx };

// Three real nodes behind a gateway.
function withCluster(gateway, body) {
  return withTemporaryFolder(async (folder) => {
    const cluster = await Cluster.start({ folder, services: false, gateway });
    const people = [];
    const join = (document, options) => {
      const person = new Person(cluster.gateway.url, document, options);
      people.push(person);
      return person;
    };
    try {
      await body(cluster, join);
      cluster.requireNoCollapse();
    } finally {
      people.forEach((person) => person.leave());
      await cluster.kill();
    }
  });
}

// A gateway in front of three that only pretend.
function withFakes(gateway, body, options = {}) {
  return withTemporaryFolder(async (folder) => {
    const fakes = [await FakeNode.start(), await FakeNode.start(), await FakeNode.start()];
    const ports = { port: await freePort(), adminPort: await freePort(), plainPort: await freePort() };
    const part = new kinds[gateway]({ folder, nodes: fakes, ...ports, ...options });
    part.ready = () => reachable(part);
    try {
      await part.create();
      await body(part, fakes, ports);
      part.requireNoCollapse();
    } finally {
      await part.kill();
      fakes.forEach((fake) => fake.stop());
    }
  });
}

async function reachable(part) {
  return (await request(`${part.base}/healthz`).catch(() => null))?.status === 200;
}

// One request on a connection of its own, to any certificate.
function request(url, { headers = {}, method = "GET" } = {}) {
  return new Promise((resolve, reject) => {
    const client = url.startsWith("https") ? https : http;
    const options = { headers, method, agent: false, rejectUnauthorized: false, timeout: 10_000 };
    const sent = client.request(url, options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

function open(url, options) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { rejectUnauthorized: false, ...options });
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

const connectionsOf = (nodes) => Promise.all(nodes.map((node) => node.metric("syncline_connections")));

for (const gateway of Object.keys(kinds)) {
  test(`${gateway}: all people in a document meet on one node, and documents are spread`, () =>
    withCluster(gateway, async (cluster, join) => {
      const group = [0, 1, 2, 3, 4].map((i) => join("one document", { name: `p${i}`, params: { i: String(i) } }));
      await Promise.all(group.map((person) => person.untilSynced()));
      checkEqual((await connectionsOf(cluster.nodes)).sort(), [0, 0, 5], "connections");
      const others = Array.from({ length: 60 }, (_, i) => join(`document ${i}`));
      await Promise.all(others.map((person) => person.untilSynced()));
      const spread = await connectionsOf(cluster.nodes);
      check(Math.min(...spread) >= 8, `65 connections are spread as ${spread}`);
      group[0].type();
      await until(() => group.every(({ edits }) => edits.length === 1), "an edit at the others");
    }));

  const nodeDies = () =>
    withCluster(gateway, async (cluster, join) => {
      const group = [0, 1, 2, 3, 4].map((i) => join("d", { name: `p${i}` }));
      await Promise.all(group.map((person) => person.untilSynced()));
      const before = await connectionsOf(cluster.nodes);
      const first = cluster.nodes[before.indexOf(5)];
      await first.kill();
      const died = performance.now();
      await until(() => group.every((person) => person.connections === 2 && person.synced), "everybody to be back");
      const took = performance.now() - died;
      check(took < 1000, `it took ${Math.round(took)} ms`);
      const rest = cluster.nodes.filter((node) => node !== first);
      checkEqual((await connectionsOf(rest)).sort(), [0, 5], "connections");
      // Late comers meet the others there, too, and when the node is back, everything goes on.
      const late = join("d", { name: "late" });
      await late.untilSynced();
      checkEqual((await connectionsOf(rest)).sort(), [0, 6], "connections with a late comer");
      await first.start();
      late.type();
      await until(() => group.every(({ edits }) => edits.length === 1), "an edit at the others");
    });
  const what = "when a node dies, all clients of its document are on the same next node within a second";
  test(`${gateway}: ${what}`, nodeDies, { alone: true });

  test(`${gateway}: who the client is, the gateway says, and nobody from outside`, () =>
    withFakes(gateway, async (part, fakes) => {
      const headers = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        Forwarded: "for=6.6.6.6",
        Host: "docs.example.org",
      };
      await request(`${part.base}/api/v1/documents`, { headers });
      const socket = await open(`${part.url}/d?x=1`, { headers });
      socket.terminate();
      for (const path of ["/api/v1/documents", "/ws/d"]) {
        const [asked] = fakes.flatMap((fake) => fake.asked(path));
        checkEqual(asked.headers["x-forwarded-for"], "127.0.0.1", `${path}: X-Forwarded-For`);
        checkEqual(asked.headers["x-forwarded-proto"], "http", `${path}: X-Forwarded-Proto`);
        checkEqual(asked.headers.forwarded, undefined, `${path}: Forwarded`);
        checkEqual(asked.headers.host, "docs.example.org", `${path}: Host`);
      }
    }));

  test(`${gateway}: behind a CDN, the CDN's word counts, and only the last it says`, async () => {
    for (const [edge, expected] of [["127.0.0.0/8", "203.0.113.9"], ["10.1.0.0/16", "127.0.0.1"]]) {
      const asking = async (part, fakes) => {
        await request(`${part.base}/api/x`, { headers: { "X-Forwarded-For": "6.6.6.6, 203.0.113.9" } });
        const [asked] = fakes.flatMap((fake) => fake.asked("/api/x"));
        checkEqual(asked.headers["x-forwarded-for"], expected, `X-Forwarded-For with an edge at ${edge}`);
      };
      await withFakes(gateway, asking, { edge });
    }
  });

  test(`${gateway}: a node that drains keeps its connections and gets no new ones`, () =>
    withFakes(gateway, async (part, fakes) => {
      const sockets = await Promise.all(Array.from({ length: 30 }, (_, i) => open(`${part.url}/${i}`)));
      const draining = fakes[0];
      const kept = draining.sockets.size;
      check(kept > 0, "the node got no connections at all");
      draining.readiness = 503;
      if (part.states) await until(async () => (await part.states())[0] === "NOLB", "the gateway to notice");
      const more = await Promise.all(Array.from({ length: 30 }, (_, i) => open(`${part.url}/${i}`)));
      checkEqual(draining.sockets.size, kept, "connections of the node that drains");
      const pages = await Promise.all(Array.from({ length: 10 }, () => request(`${part.base}/`)));
      checkEqual(pages.map(({ status }) => status), Array(10).fill(200), "pages meanwhile");
      const echo = Promise.all(
        sockets.map((socket) => new Promise((resolve) => socket.once("message", resolve))),
      );
      sockets.forEach((socket) => socket.send("still there"));
      await echo;
      // Ready again, it gets its share again.
      draining.readiness = 200;
      await until(async () => {
        more.push(await open(`${part.url}/${more.length}`));
        return draining.sockets.size > kept;
      }, "new connections for a node that is ready again", { everyMs: 100 });
      [...sockets, ...more].forEach((socket) => socket.terminate());
    }));

  test(`${gateway}: files are answered from its cache, pages and the API never are`, () =>
    withFakes(gateway, async (part, fakes) => {
      for (const fake of fakes) {
        fake.pages.set("/assets/a-1.js", { cacheControl: "public, max-age=31536000, immutable", body: "one" });
      }
      const hits = (path) => fakes.reduce((sum, fake) => sum + fake.asked(path).length, 0);
      for (let i = 0; i < 5; i += 1) {
        checkEqual((await request(`${part.base}/assets/a-1.js`)).body, "one", "the file");
        for (const path of ["/", "/d/x", "/api/v1/documents"]) {
          for (const fake of fakes) fake.pages.set(path, { body: `version ${i}` });
          checkEqual((await request(`${part.base}${path}`)).body, `version ${i}`, path);
        }
      }
      checkEqual(hits("/assets/a-1.js"), 1, "requests for the file that reached a node");
      for (const path of ["/", "/d/x", "/api/v1/documents"]) checkEqual(hits(path), 5, `requests for ${path}`);
    }));

  test(`${gateway}: during an upgrade, a file that one node lacks comes from another`, () =>
    withFakes(gateway, async (part, fakes) => {
      for (const [i, fake] of fakes.entries()) {
        const cacheControl = "public, max-age=31536000, immutable";
        for (let file = 0; file < 10; file += 1) {
          const page = i === 2 ? { cacheControl, body: "new" } : { status: 404, body: "none" };
          fake.pages.set(`/assets/${file}.js`, page);
        }
      }
      for (let file = 0; file < 10; file += 1) {
        const { status, body } = await request(`${part.base}/assets/${file}.js`);
        checkEqual([status, body], [200, "new"], `file ${file}`);
      }
      // Nobody has it: that is what is said, and the nodes stay in use.
      for (const fake of fakes) fake.pages.set("/assets/old.js", { status: 404, body: "none" });
      checkEqual((await request(`${part.base}/assets/old.js`)).status, 404, "a file that nobody has");
      checkEqual((await request(`${part.base}/`)).status, 200, "a page after that");
    }));

  const overTls = async (part, fakes, { plainPort }) => {
    const socket = await open(`${part.url}/d`);
    const answer = new Promise((resolve) => socket.once("message", resolve));
    socket.send("hello");
    checkEqual((await answer).toString(), "hello", "an echo over TLS");
    socket.terminate();
    const [asked] = fakes.flatMap((fake) => fake.asked("/ws/d"));
    checkEqual(asked.headers["x-forwarded-proto"], "https", "X-Forwarded-Proto");
    if (gateway !== "haproxy") return;
    const { status, headers } = await request(`http://127.0.0.1:${plainPort}/d/x`, { headers: { Host: "docs.example.org" } });
    checkEqual(status, 308, "without TLS");
    checkEqual(headers.location, "https://docs.example.org/d/x", "where that leads");
    checkMatch((await request(`${part.base}/`)).headers["strict-transport-security"], /max-age/, "HSTS");
  };
  test(`${gateway}: speaks TLS to the outside`, () =>
    withTemporaryFolder((folder) => withFakes(gateway, overTls, { tls: { certificate: selfSigned(folder) } })));
}

// A file with key and certificate.
function selfSigned(folder) {
  const [key, chain, both] = ["key.pem", "chain.pem", "both.pem"].map((name) => join(folder, name));
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...options, "-subj", "/CN=localhost", "-keyout", key, "-out", chain], {
    stdio: "ignore",
  });
  writeFileSync(both, readFileSync(chain, "utf8") + readFileSync(key, "utf8"));
  return both;
}

test("haproxy: a node that hangs is left within seconds, and used again when it goes on", () =>
  withCluster("haproxy", async (cluster, join) => {
    const group = [0, 1, 2].map((i) => join("d", { name: `p${i}` }));
    await Promise.all(group.map((person) => person.untilSynced()));
    const first = cluster.nodes[(await connectionsOf(cluster.nodes)).indexOf(3)];
    first.pause();
    await until(() => group.every((person) => person.connections >= 2 && person.synced), "everybody to be elsewhere");
    first.resume();
    const number = cluster.nodes.indexOf(first);
    await until(async () => (await cluster.gateway.states())[number] === "UP", "the node to be used again");
  }));

// These wait for timeouts of a minute.
if (process.env.SYNCLINE_CLUSTER_SLOW) {
  test(
    "nginx: a node that hangs is left within a minute",
    () =>
      withCluster("nginx", async (cluster, join) => {
        const group = [0, 1, 2].map((i) => join("d", { name: `p${i}` }));
        await Promise.all(group.map((person) => person.untilSynced()));
        const first = cluster.nodes[(await connectionsOf(cluster.nodes)).indexOf(3)];
        first.pause();
        const late = join("d", { name: "late" });
        const elsewhere = () => late.synced && group.every((person) => person.synced && person.connections >= 2);
        await until(elsewhere, "everybody to be elsewhere", { limitMs: 80_000 });
        first.resume();
        late.type();
        await until(() => group.every(({ edits }) => edits.length === 1), "an edit at the others");
      }),
    { limitMs: 120_000 },
  );

  for (const gateway of Object.keys(kinds)) {
    test(
      `${gateway}: people who only look stay connected`,
      () =>
        withCluster(gateway, async (cluster, join) => {
          const people = ["a", "b"].map((name) => join("quiet", { name }));
          await Promise.all(people.map((person) => person.untilSynced()));
          // Nobody renews anything: what is heard in this time is what the node sends by itself.
          people.forEach((person) => person.awareness.setLocalState(null));
          await sleep(70_000);
          checkEqual(people.map((person) => person.connections), [1, 1], "connections");
          people[0].type();
          await until(() => people[1].edits.length === 1, "an edit at the other");
        }),
      { limitMs: 120_000 },
    );
  }
}
