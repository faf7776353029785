// Clients of every kind: raw sockets, bare WebSockets, and the unmodified y-websocket.

import net from "node:net";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { check } from "./suite.mjs";

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(condition, what, limitMs = 10_000) {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    check(Date.now() < end, `waited ${limitMs} ms in vain: ${what}`);
    await sleep(10);
  }
}

// A WebSocket that speaks no protocol of its own. Collects what comes.
export class Bare {
  constructor(url, options) {
    this.socket = new WebSocket(url, options);
    this.socket.binaryType = "nodebuffer";
    this.frames = [];
    this.socket.on("message", (data) => this.frames.push(data));
    this.socket.on("error", (error) => (this.error = error));
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) =>
      this.socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  static async open(url, options) {
    const bare = new Bare(url, options);
    await bare.opened;
    return bare;
  }

  send(data, options) {
    return new Promise((resolve) => this.socket.send(data, options, resolve));
  }
}

export function bytes(...parts) {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

export function varUint(value) {
  const out = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return out;
}

export const updateMessage = (update) => bytes([0, 2], varUint(update.length), update);

// A TCP connection on which anything can be said.
export class Raw {
  constructor(port) {
    this.socket = net.connect(port, "127.0.0.1");
    this.received = Buffer.alloc(0);
    this.socket.on("data", (part) => (this.received = Buffer.concat([this.received, part])));
    this.socket.on("error", () => {});
    this.ended = new Promise((resolve) => this.socket.once("close", resolve));
  }

  write(data) {
    return new Promise((resolve) => this.socket.write(data, () => resolve()));
  }

  async answer() {
    await until(() => this.received.includes("\r\n\r\n"), "an answer to a raw request");
    return this.received.toString("latin1");
  }

  upgrade(document) {
    return this.write(
      `GET /ws/${document} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
  }

  close() {
    this.socket.destroy();
  }
}

// A document with the unmodified y-websocket client.
export class Person {
  constructor(server, name, options = {}) {
    this.doc = new Y.Doc();
    this.provider = new WebsocketProvider(server.url, name, this.doc, {
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      ...options,
    });
    this.connections = 0;
    this.provider.on("status", ({ status }) => {
      if (status === "connected") this.connections += 1;
    });
  }

  get text() {
    return this.doc.getText("t");
  }

  synced() {
    return until(() => this.provider.synced, "a y-websocket client to be synced");
  }

  leave() {
    this.provider.destroy();
    this.doc.destroy();
  }
}

// Two people in a document of their own who keep typing while something happens elsewhere. They must not
// notice: no edit late, no reconnect, nothing lost.
export class Bystanders {
  constructor(server) {
    this.writer = new Person(server, "bystanders");
    this.reader = new Person(server, "bystanders");
    this.typed = 0;
    this.worstMs = 0;
    this.sentAt = new Map();
    this.reader.text.observe(() => {
      const length = this.reader.text.length;
      const at = this.sentAt.get(length);
      if (at !== undefined) this.worstMs = Math.max(this.worstMs, performance.now() - at);
    });
  }

  async start() {
    await Promise.all([this.writer.synced(), this.reader.synced()]);
    this.timer = setInterval(() => {
      this.typed += 1;
      this.sentAt.set(this.typed, performance.now());
      this.writer.text.insert(this.typed - 1, "x");
    }, 20);
  }

  async stop() {
    clearInterval(this.timer);
    await until(() => this.reader.text.length === this.typed, "the bystanders to agree");
    check(
      this.writer.connections === 1 && this.reader.connections === 1,
      "a bystander had to reconnect",
    );
    this.writer.leave();
    this.reader.leave();
    return this.worstMs;
  }
}
