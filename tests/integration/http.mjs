// Plain HTTP on both ports.

import { Person, Raw, until } from "./clients.mjs";
import { Server } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

const uncacheable = "no-cache, no-store, must-revalidate";

test("http: pages, assets and the API say how they may be cached (P6)", async () => {
  const server = await Server.start();
  try {
    for (const path of ["/", "/d/any/name", "/api/v1/documents", "/healthz", "/readyz"]) {
      const response = await server.get(path);
      checkEqual(response.status, 200, path);
      checkEqual(response.headers.get("cache-control"), uncacheable, path);
      checkEqual(response.headers.get("x-content-type-options"), "nosniff", path);
      checkMatch(response.headers.get("content-security-policy"), /frame-ancestors 'none'/, path);
    }
    const page = await (await server.get("/")).text();
    const asset = /\/assets\/[^"]+\.js/.exec(page)?.[0];
    if (asset) {
      const first = await server.get(asset);
      checkEqual(first.status, 200, asset);
      checkEqual(first.headers.get("cache-control"), "public, max-age=31536000, immutable", asset);
      const etag = first.headers.get("etag");
      const again = await server.get(asset, { headers: { "if-none-match": etag } });
      checkEqual(again.status, 304, "a known etag");
    }
  } finally {
    await server.dispose();
  }
});

test("http: the documents are listed, filtered and paged", async () => {
  const server = await Server.start();
  try {
    for (const name of ["b", "a/one", "a/two"]) {
      const person = new Person(server, name);
      await person.synced();
      person.text.insert(0, name);
      await until(async () => {
        const { documents } = await (await server.get(`/api/v1/documents?filter=${name}`)).json();
        return documents.length === 1 && documents[0].updates > 0;
      }, `${name} to be listed`);
      person.leave();
    }
    const all = await (await server.get("/api/v1/documents?limit=2")).json();
    checkEqual(all.documents.map((each) => each.name), ["a/one", "a/two"], "the first page");
    checkEqual(all.next, "a/two", "next");
    checkMatch(all.documents[0].updated_at, /^20\d\d-\d\d-\d\dT[\d:.]+Z$/, "updated_at");
    const rest = await (await server.get(`/api/v1/documents?limit=2&after=a%2Ftwo`)).json();
    checkEqual(rest.documents.map((each) => each.name), ["b"], "the second page");
    checkEqual(rest.next, null, "next");
    const filtered = await (await server.get("/api/v1/documents?filter=a%2F")).json();
    checkEqual(filtered.documents.length, 2, "filtered");
    checkEqual((await server.get("/api/v1/documents?limit=0")).status, 400, "a wrong limit");
  } finally {
    await server.dispose();
  }
});

test("http: what does not exist or may not be done is said in JSON", async () => {
  const server = await Server.start();
  try {
    const cases = [
      ["/nothing", {}, 404],
      ["/metrics", {}, 404],
      ["/status", {}, 404],
      ["/api/v1/documents", { method: "DELETE" }, 405],
      ["/", { method: "PUT" }, 405],
      ["/ws/d", {}, 426],
    ];
    for (const [path, options, status] of cases) {
      const response = await server.get(path, options);
      checkEqual(response.status, status, path);
      check((await response.json()).message.length > 0, path);
    }
    checkEqual((await server.get("/", { admin: true })).status, 404, "the editor on the admin port");
    const status = await (await server.get("/status", { admin: true })).json();
    checkEqual(status.ready, true, "/status");
  } finally {
    await server.dispose();
  }
});

const rawRequests = {
  "a path out of the folder": ["GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", /^HTTP\/1.1 404/],
  "an encoded path out of the folder": [
    "GET /assets/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    /^HTTP\/1.1 404/,
  ],
  "no HTTP at all": ["\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", /^HTTP\/1.1 400/],
  "a header of 64 KiB": [`GET / HTTP/1.1\r\nX: ${"x".repeat(65536)}\r\n\r\n`, /^HTTP\/1.1 431/],
  "a body": ["GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", /^HTTP\/1.1 413/],
  "two lengths": [
    "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    /^HTTP\/1.1 400/,
  ],
  "a WebSocket of version 8": [
    "GET /ws/d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    /^HTTP\/1.1 426/,
  ],
  "a WebSocket without a key": [
    "GET /ws/d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\n\r\n",
    /^HTTP\/1.1 400/,
  ],
  "a WebSocket elsewhere": [
    "GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    /^HTTP\/1.1 404/,
  ],
};

test("http: requests that nobody should send are answered and change nothing", async () => {
  const server = await Server.start();
  try {
    for (const [what, [request, expected]] of Object.entries(rawRequests)) {
      const raw = new Raw(server.port);
      await raw.write(Buffer.from(request, "latin1"));
      checkMatch(await raw.answer(), expected, what);
      raw.close();
    }
    checkEqual((await server.get("/healthz")).status, 200, "/healthz");
  } finally {
    await server.dispose();
  }
});

test("http: a connection is kept for the next request", async () => {
  const server = await Server.start();
  try {
    const raw = new Raw(server.port);
    for (let i = 1; i <= 3; i += 1) {
      await raw.write("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
      await until(() => raw.received.toString().split("HTTP/1.1 200").length === i + 1, `answer ${i}`);
    }
    check(!raw.received.includes("\r\n\r\nok"), "HEAD was answered with a body");
    raw.close();
  } finally {
    await server.dispose();
  }
});
