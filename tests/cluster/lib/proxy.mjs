// A network between two parts that does as it is told: it forwards, delays, loses what is under way in one
// direction or both, and cuts.

import net from "node:net";
import { freePort } from "./ports.mjs";

// Bytes of one direction on their way through. What is held back keeps its place.
class Way {
  constructor(proxy, from, to, direction) {
    this.proxy = proxy;
    this.direction = direction;
    from.on("data", (part) => this.take(from, to, part));
    from.on("end", () => this.later(() => to.end()));
  }

  take(from, to, part) {
    if (this.proxy.drops(this.direction)) return;
    this.later(() => {
      if (to.destroyed || this.proxy.drops(this.direction)) return;
      if (to.write(part)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  }

  later(task) {
    if (this.proxy.delayMs === 0) task();
    else setTimeout(task, this.proxy.delayMs);
  }
}

export class Proxy {
  // `name` says between whom, as in "node1-redis".
  constructor(name, targetPort) {
    this.name = name;
    this.targetPort = targetPort;
    this.delayMs = 0;
    this.dropped = new Set();
    this.refusing = false;
    this.pairs = new Set();
  }

  static async open(name, targetPort) {
    const proxy = new Proxy(name, targetPort);
    proxy.port = await freePort();
    proxy.server = net.createServer((socket) => proxy.forward(socket));
    await new Promise((resolve, reject) => {
      proxy.server.once("error", reject);
      proxy.server.listen(proxy.port, "127.0.0.1", resolve);
    });
    proxy.server.unref();
    return proxy;
  }

  forward(client) {
    if (this.refusing) return client.destroy();
    const service = net.connect({ port: this.targetPort, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    const pair = { client, service };
    this.pairs.add(pair);
    new Way(this, client, service, "there");
    new Way(this, service, client, "back");
    for (const [one, other] of [[client, service], [service, client]]) {
      one.on("error", () => {});
      one.on("close", () => {
        // A side that vanished while nothing gets through is not heard of by the other.
        if (this.dropped.size === 0) other.destroy();
        this.pairs.delete(pair);
      });
    }
  }

  drops(direction) {
    return this.dropped.has(direction);
  }

  // Both directions, or only "there" (requests) or "back" (answers), vanish without a word.
  drop(...directions) {
    this.dropped = new Set(directions.length === 0 ? ["there", "back"] : directions);
  }

  delay(ms) {
    this.delayMs = ms;
  }

  // Ends every connection. New ones are possible at once, unless `refuse`.
  cut({ refuse = false } = {}) {
    this.refusing = refuse;
    for (const { client, service } of this.pairs) {
      client.resetAndDestroy();
      service.resetAndDestroy();
    }
    this.pairs.clear();
  }

  // Everything gets through again. What was lost on open connections is lost, so they end, as TCP would do with
  // bytes that do not follow each other.
  heal() {
    const lost = this.dropped.size > 0;
    this.dropped = new Set();
    this.delayMs = 0;
    this.refusing = false;
    if (lost) this.cut();
  }

  close() {
    this.cut({ refuse: true });
    this.server.close();
  }
}
