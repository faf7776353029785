// Something behind a gateway that is no node: it says what it was asked, and is ready or draining when told.

import http from "node:http";
import { WebSocketServer } from "ws";
import { freePort } from "./ports.mjs";

const never = "no-cache, no-store, must-revalidate";

export class FakeNode {
  constructor() {
    // 200, 503 while it drains, or anything else.
    this.readiness = 200;
    this.requests = [];
    this.sockets = new Set();
    // By path: {status, cacheControl, body}.
    this.pages = new Map();
  }

  static async start() {
    const node = new FakeNode();
    node.port = await freePort();
    node.server = http.createServer((request, response) => node.answer(request, response));
    node.upgrades = new WebSocketServer({ noServer: true });
    node.server.on("upgrade", (request, socket, head) => node.upgrade(request, socket, head));
    await new Promise((resolve) => node.server.listen(node.port, "127.0.0.1", resolve));
    return node;
  }

  answer(request, response) {
    if (request.url === "/readyz") return response.writeHead(this.readiness).end();
    this.requests.push({ url: request.url, headers: request.headers });
    const { status = 200, cacheControl = never, body = `${this.port}\n` } = this.pages.get(request.url) ?? {};
    response.writeHead(status, { "cache-control": cacheControl, "content-type": "text/plain" }).end(body);
  }

  upgrade(request, socket, head) {
    this.requests.push({ url: request.url, headers: request.headers });
    if (this.readiness === 503) {
      return socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    this.upgrades.handleUpgrade(request, socket, head, (client) => {
      this.sockets.add(client);
      client.on("close", () => this.sockets.delete(client));
      client.on("message", (data) => client.send(data));
    });
  }

  // The requests for a path, of any query.
  asked(path) {
    return this.requests.filter(({ url }) => url.split("?")[0] === path);
  }

  stop() {
    for (const client of this.sockets) client.terminate();
    this.server.closeAllConnections?.();
    this.server.close();
  }
}
