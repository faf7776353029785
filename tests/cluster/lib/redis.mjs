// A Redis of our own, which writes everything to its append-only file and syncs it every second.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { Part } from "./part.mjs";

// Reads one value of Redis' protocol at `at`: [value, where the next one begins], or null if it is not whole.
function read(buffer, at) {
  const lineEnd = buffer.indexOf("\r\n", at);
  if (lineEnd < 0) return null;
  const head = buffer.toString("utf8", at + 1, lineEnd);
  let next = lineEnd + 2;
  switch (String.fromCharCode(buffer[at])) {
    case "+":
      return [head, next];
    case "-":
      return [new Error(head), next];
    case ":":
      return [Number(head), next];
    case "$": {
      const length = Number(head);
      if (length < 0) return [null, next];
      if (buffer.length < next + length + 2) return null;
      return [buffer.toString("utf8", next, next + length), next + length + 2];
    }
    case "*": {
      const items = [];
      for (let i = 0; i < Number(head); i += 1) {
        const item = read(buffer, next);
        if (item === null) return null;
        items.push(item[0]);
        next = item[1];
      }
      return [items, next];
    }
    default:
      throw new Error(`not Redis' protocol: ${head}`);
  }
}

const encode = (words) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

const settings = { appendonly: "yes", appendfsync: "everysec", save: '""', "maxmemory-policy": "noeviction" };

export class Redis extends Part {
  // `settings` are written over those above.
  constructor({ port, settings = {}, ...rest }) {
    super({ name: "redis", ...rest });
    this.port = port;
    this.settings = settings;
    this.data = join(this.folder, "redis");
    this.configuration = join(this.folder, "redis.conf");
    this.command = ["redis-server", this.configuration];
  }

  get password() {
    return /^requirepass (\S+)$/m.exec(readFileSync(this.configuration, "utf8"))[1];
  }

  urlAt(port) {
    return `redis://:${this.password}@127.0.0.1:${port}/0`;
  }

  get url() {
    return this.urlAt(this.port);
  }

  // Starts it, on the data that are there already, if there are any.
  async create() {
    mkdirSync(this.data, { recursive: true, mode: 0o700 });
    const password = existsSync(this.configuration) ? this.password : randomBytes(16).toString("hex");
    const lines = [
      "bind 127.0.0.1",
      `port ${this.port}`,
      `dir ${this.data}`,
      `requirepass ${password}`,
      "daemonize no",
      ...Object.entries({ ...settings, ...this.settings }).map(([name, value]) => `${name} ${value}`),
    ];
    writeFileSync(this.configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
    await this.start();
  }

  async ready() {
    try {
      return (await this.ask("PING")) === "PONG";
    } catch {
      return false;
    }
  }

  // One command on a connection of its own; an error that Redis answers is thrown.
  ask(...words) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.port, "127.0.0.1");
      let received = Buffer.alloc(0);
      socket.setTimeout(5000, () => socket.destroy(new Error("Redis does not answer")));
      socket.on("data", (part) => {
        received = Buffer.concat([received, part]);
        const auth = read(received, 0);
        const answer = auth && read(received, auth[1]);
        if (!answer) return;
        socket.destroy();
        const failed = [auth[0], answer[0]].find((value) => value instanceof Error);
        if (failed) reject(failed);
        else resolve(answer[0]);
      });
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("Redis closed the connection")));
      socket.write(encode(["AUTH", this.password]) + encode(words));
    });
  }

  // Entries that wait to be moved into the log, and documents that are known to have some.
  async buffered() {
    const entries = await this.ask("KEYS", "syncline:*:e:*");
    const dirty = await this.ask("KEYS", "syncline:*:dirty");
    const lengths = await Promise.all(entries.map((key) => this.ask("LLEN", key)));
    const documents = await Promise.all(dirty.map((key) => this.ask("ZCARD", key)));
    return [...lengths, ...documents].reduce((sum, count) => sum + count, 0);
  }

  // What the append-only file consists of now, to be able to go back to it.
  written() {
    const folder = join(this.data, "appendonlydir");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(".incr.aof"))
      .map((name) => ({ file: join(folder, name), bytes: statSync(join(folder, name)).size }));
  }

  // The process must be dead: as after a power failure, what was written later has never reached the disk.
  forgetSince(written) {
    for (const { file, bytes } of written) if (existsSync(file)) truncateSync(file, bytes);
  }
}
