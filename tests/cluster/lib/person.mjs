// Somebody with an unmodified y-websocket client who types and knows which of the edits the server has called
// durable (`?acks=1`, docs/protocol.md).

import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { until } from "./wait.mjs";

// Each provider listens for the end of the process.
process.setMaxListeners(0);

const messageSync = 0;
const messageAcknowledged = 110;
const syncStep1 = 0;
const syncStep2 = 1;

function readVarUint(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at];
    at += 1;
    value += (byte & 127) * shift;
    if (byte < 128) return value;
  }
}

// Counts the update-carrying messages on their way out, with the edits that each of them makes durable.
function countingSocket(person, options) {
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, options);
      this.covered = [];
      this.acknowledged = 0;
    }

    send(data, ...rest) {
      if (data[0] === messageSync && data[1] !== syncStep1) {
        // A step 2 brings everything that the server lacks, so with it, all edits so far are there.
        this.covered.push(data[1] === syncStep2 ? [...person.unacknowledged] : [person.typing]);
      }
      person.sentBytes += data.length;
      super.send(data, ...rest);
    }

    emit(event, ...args) {
      if (event !== "message") return super.emit(event, ...args);
      const bytes = new Uint8Array(args[0]);
      if (bytes[0] !== messageAcknowledged) {
        person.onFrame(bytes);
        return super.emit(event, ...args);
      }
      for (const count = readVarUint(bytes, 1); this.acknowledged < count; this.acknowledged += 1) {
        for (const mark of this.covered[this.acknowledged] ?? []) person.onAcknowledged(mark);
        this.covered[this.acknowledged] = undefined;
      }
      return true;
    }
  };
}

export class Person {
  // `url` is a node's or a gateway's, as in ws://HOST/ws. What is acknowledged is added to `acknowledged`, which may
  // be shared by people who follow each other. `socketOptions` are those of ws.
  constructor(url, document, { name = "p", acknowledged = new Set(), maxBackoffTime = 2500, params = {}, socketOptions } = {}) {
    this.name = name;
    this.document = document;
    this.acknowledged = acknowledged;
    this.unacknowledged = new Set();
    this.typing = null;
    this.typed = 0;
    this.sentBytes = 0;
    this.receivedBytes = 0;
    this.connections = 0;
    this.closeCodes = [];
    this.doc = new Y.Doc();
    this.provider = new WebsocketProvider(url, encodeURIComponent(document), this.doc, {
      WebSocketPolyfill: countingSocket(this, socketOptions),
      disableBc: true,
      maxBackoffTime,
      params: { acks: "1", ...params },
    });
    this.provider.on("status", ({ status }) => {
      if (status === "connected") this.connections += 1;
    });
    this.provider.on("connection-close", (event) => this.closeCodes.push(event?.code));
  }

  get edits() {
    return this.doc.getArray("edits");
  }

  get awareness() {
    return this.provider.awareness;
  }

  get synced() {
    return this.provider.synced;
  }

  onFrame(bytes) {
    this.receivedBytes += bytes.length;
  }

  onAcknowledged(mark) {
    // Updates that no edit of ours made (a client may relay) cover nothing.
    if (mark === null) return;
    this.unacknowledged.delete(mark);
    this.acknowledged.add(mark);
  }

  untilSynced(limitMs) {
    return until(() => this.synced, `${this.name} to be synced`, { limitMs, everyMs: 3 });
  }

  // Adds a marked edit somewhere, and changes a word of the text beside it.
  type(random = Math.random) {
    return this.edit((doc) => {
      const text = doc.getText("t");
      const at = Math.floor(random() * (text.length + 1));
      text.insert(at, `${this.typed} `);
      if (text.length > 200) text.delete(0, 20);
    }, random);
  }

  // Adds a marked edit somewhere, and makes `change`. Returns the mark.
  edit(change, random = Math.random) {
    const mark = `${this.name}-${this.typed}`;
    this.typed += 1;
    this.unacknowledged.add(mark);
    this.typing = mark;
    this.doc.transact(() => {
      this.edits.insert(Math.floor(random() * (this.edits.length + 1)), [mark]);
      change(this.doc);
    });
    this.typing = null;
    return mark;
  }

  keepTyping(everyMs, random) {
    this.stopTyping();
    this.timer = setInterval(() => this.type(random), everyMs);
  }

  stopTyping() {
    clearInterval(this.timer);
  }

  // Everything typed is acknowledged.
  untilAcknowledged(limitMs) {
    const left = () => `${this.name}: ${this.unacknowledged.size} of ${this.typed} edits to be acknowledged`;
    return until(() => this.unacknowledged.size === 0, left, { limitMs });
  }

  // What must be equal for all.
  state() {
    return JSON.stringify([
      this.edits.toArray(),
      this.doc.getText("t").toString(),
      Buffer.from(Y.encodeStateVector(this.doc)).toString("hex"),
    ]);
  }

  // As if the tab had crashed: nothing is sent any more, what was not acknowledged is gone.
  vanish() {
    this.stopTyping();
    this.provider.shouldConnect = false;
    this.provider.ws?.terminate();
    this.leave();
  }

  leave() {
    this.stopTyping();
    this.provider.destroy();
    this.doc.destroy();
  }
}
