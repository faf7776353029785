// Caches between people and the server: files are answered from them, documents and what is said about them never.

import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { check, checkEqual, checkMatch, test } from "../integration/suite.mjs";
import { Person } from "./lib/person.mjs";
import { freePort } from "./lib/ports.mjs";
import { Node } from "./lib/syncline.mjs";
import { withTemporaryFolder } from "./lib/temporary.mjs";
import { Varnish } from "./lib/varnish.mjs";
import { until } from "./lib/wait.mjs";

// Between the cache and the node: counts what the cache asks for.
class Counter {
  constructor(node) {
    this.asked = new Map();
    this.server = http.createServer((request, response) => {
      this.asked.set(request.url, this.hits(request.url) + 1);
      const { method, headers, url } = request;
      const onward = http.request({ port: node.port, host: "127.0.0.1", method, headers, path: url }, (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    this.server.on("upgrade", (request, socket, head) => {
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const onward = net.connect(node.port, "127.0.0.1");
      onward.write(`GET ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
      for (const one of [socket, onward]) one.on("error", () => {});
      socket.on("close", () => onward.destroy());
      onward.on("close", () => socket.destroy());
    });
  }

  hits(url) {
    return this.asked.get(url) ?? 0;
  }

  async listen() {
    this.port = await freePort();
    await new Promise((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
  }

  close() {
    this.server.closeAllConnections?.();
    this.server.close();
  }
}

function withCache(body) {
  return withTemporaryFolder(async (folder) => {
    const ports = { port: await freePort(), adminPort: await freePort() };
    const node = new Node({ name: "node", folder, data: `${folder}/data`, ...ports });
    const counter = new Counter(node);
    const people = [];
    let cache;
    try {
      await node.start();
      await counter.listen();
      cache = new Varnish({ folder, port: await freePort(), behind: counter.port });
      await cache.start();
      await body({ node, counter, cache, people });
    } finally {
      people.forEach((person) => person.leave());
      await cache?.kill();
      await node.kill();
      counter.close();
    }
  });
}

test("cdn: through a cache, what the API says of a document is never old (P6)", () =>
  withCache(async ({ node, counter, cache, people }) => {
    const ask = async (base) => (await fetch(`${base}/api/v1/documents?filter=cached`)).json();
    checkEqual((await ask(cache.base)).documents, [], "documents before there is one");
    const writer = new Person(cache.url, "cached");
    people.push(writer);
    await writer.untilSynced();
    const changes = 10;
    for (let i = 1; i <= changes; i += 1) {
      writer.type();
      await writer.untilAcknowledged();
      const [seen] = (await ask(cache.base)).documents;
      const [truth] = (await ask(node.base)).documents;
      checkEqual(seen, truth, `what is said after change ${i}`);
      check(seen.updates >= i, `${seen.updates} updates after ${i} changes`);
    }
    checkEqual(counter.hits("/api/v1/documents?filter=cached"), changes + 1, "questions that reached the node");
    const answer = await fetch(`${cache.base}/api/v1/documents`);
    checkEqual(answer.headers.get("cache-control"), "no-cache, no-store, must-revalidate", "cache-control");
    check(Number(answer.headers.get("age") ?? 0) === 0, "an answer of some age");
  }));

test("cdn: through a cache, two people edit together", () =>
  withCache(async ({ cache, people }) => {
    for (const name of ["a", "b"]) people.push(new Person(cache.url, "together", { name }));
    await Promise.all(people.map((person) => person.untilSynced()));
    for (let i = 0; i < 20; i += 1) people[i % 2].type();
    await until(() => people.every(({ edits }) => edits.length === 20), "all edits at both");
  }));

test("cdn: the editor's files reach the node once, its page every time", () =>
  withCache(async ({ counter, cache }) => {
    const page = await (await fetch(`${cache.base}/`)).text();
    const file = /\/assets\/[^"]+\.js/.exec(page)?.[0];
    checkMatch(file ?? "", /^\/assets\//, "a file that the page names (is the editor built in?)");
    for (let i = 0; i < 5; i += 1) {
      const answer = await fetch(`${cache.base}${file}`);
      checkEqual(answer.status, 200, file);
      checkEqual(answer.headers.get("cache-control"), "public, max-age=31536000, immutable", "cache-control");
      check((await answer.text()).length > 0, "an empty file");
      await (await fetch(`${cache.base}/d/some/document`)).text();
      checkEqual((await fetch(`${cache.base}/assets/none-${file.length}.js`)).status, 404, "a file that is missing");
    }
    checkEqual(counter.hits(file), 1, "questions for the file that reached the node");
    checkEqual(counter.hits("/d/some/document"), 5, "questions for the page that reached the node");
    checkEqual(counter.hits(`/assets/none-${file.length}.js`), 5, "questions for a missing file");
  }));

const managed = {
  "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
  "658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
};
const everythingOfTheViewer = "216adef6-5c7f-47e4-b989-5492eafa07d3";

test("cdn: CloudFront's behaviours cache files and nothing else", () => {
  const url = new URL("../../server/deploy/cdn/cloudfront.json", import.meta.url);
  const { DefaultCacheBehavior, CacheBehaviors, CustomErrorResponses, Origins } = JSON.parse(readFileSync(url, "utf8"));
  const items = CacheBehaviors.Items;
  checkEqual(CacheBehaviors.Quantity, items.length, "CacheBehaviors.Quantity");
  checkEqual(CustomErrorResponses.Quantity, CustomErrorResponses.Items.length, "CustomErrorResponses.Quantity");
  // The first pattern that matches decides.
  const behaviourOf = (path) =>
    items.find(({ PathPattern }) => path.startsWith(PathPattern.slice(0, -1))) ?? DefaultCacheBehavior;
  const expected = {
    "/assets/index-abc.js": "CachingOptimized",
    "/": "CachingDisabled",
    "/d/a/document": "CachingDisabled",
    "/api/v1/documents": "CachingDisabled",
    "/ws/a": "CachingDisabled",
    "/hocuspocus": "CachingDisabled",
  };
  for (const [path, policy] of Object.entries(expected)) {
    const behaviour = behaviourOf(path);
    checkEqual(managed[behaviour.CachePolicyId], policy, path);
    checkEqual(behaviour.TargetOriginId, Origins.Items[0].Id, `the origin of ${path}`);
    // Cookies, Origin, Host and the WebSocket's headers have to reach the node.
    if (policy === "CachingDisabled") checkEqual(behaviour.OriginRequestPolicyId, everythingOfTheViewer, path);
  }
  for (const { ErrorCode, ErrorCachingMinTTL } of CustomErrorResponses.Items) {
    checkEqual(ErrorCachingMinTTL, 0, `for how long ${ErrorCode} is kept`);
  }
});
