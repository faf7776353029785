import { ObservableV2 } from "lib0/observable";
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import { Backoff } from "./backoff";
import { Ledger } from "./ledger";
import {
  type Message,
  decodeMessage,
  encodeAwareness,
  encodeQueryAwareness,
  encodeStep1,
  encodeStep2,
  encodeUpdate,
} from "./messages";

export type Status = "connecting" | "connected" | "disconnected";

// The server's last word: it will not take this document from us, however often we ask.
export interface Closed {
  code: number; // 4400 to 4499
  reason: string;
}

export type ProviderEvents = {
  status: (status: Status) => void;
  // Everything the document holds is durable.
  saved: () => void;
  // The number of local updates that are not known to be durable has changed, and is not 0; or it
  // is 0 and `saved` has become false (a new connection has not confirmed the document yet).
  unsaved: (count: number) => void;
  // The server's step 2 has been applied: the document is as complete as the server's.
  synced: () => void;
  // The provider has stopped for good; connect() tries once more.
  closed: (closed: Closed) => void;
};

export interface ProviderOptions {
  awareness?: Awareness; // Default: an own one, destroyed with the provider.
  connect?: boolean; // Default true: connect at once. Pass false while a local store is loading.
  firstRetryCeilingMs?: number; // Default 500; see Backoff.
  lastRetryCeilingMs?: number; // Default 10,000.
  silenceLimitMs?: number; // Default 30,000: a connection on which nothing arrives this long is dead.
  probeLimitMs?: number; // Default 5,000: how long an answer may take when the network looks gone.
  random?: () => number; // Default Math.random.
  WebSocket?: typeof WebSocket; // Default the global one.
}

interface Limits {
  silenceMs: number;
  probeMs: number;
}

// One socket, from the attempt to connect to its end. A socket whose end has been noticed is
// forgotten at once, so that late events of it cannot disturb its successor.
interface Connection {
  socket: WebSocket;
  heardAtMs: number; // Of performance.now(), which no wall clock moves.
  silenceLimitMs: number;
  watchdog: ReturnType<typeof setInterval>;
  // The server's step 1 has been answered: from here on local updates are sent as they happen.
  carriesUpdates: boolean;
}

const permanentCodeFirst = 4400;
const permanentCodeLast = 4499;
const permissionDeniedCode = 4403;
const ownProtocolErrorCode = 3002; // Browsers let a page close with 1000 or 3000 to 4999 only.
const openLimitMs = 15_000;

// Keeps a Y.Doc in sync with a y-websocket server and knows which of its local updates are durable.
// The README of this folder says what is counted and why.
export class SynclineProvider extends ObservableV2<ProviderEvents> {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;

  private readonly url: string;
  private readonly SocketClass: typeof WebSocket;
  private readonly ownsAwareness: boolean;
  private readonly limits: Limits;
  private readonly backoff: Backoff;
  private readonly ledger = new Ledger();

  private connection: Connection | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private wanted = false; // connect() was called, and neither disconnect() nor a last word came since.
  private lastWord: Closed | null = null;

  // What listeners were last told.
  private reportedStatus: Status = "disconnected";
  private reportedSaved = false;
  private reportedUnsaved = 0;

  // `url` is the document's address without a query, for example from documentUrl().
  constructor(url: string, doc: Y.Doc, options: ProviderOptions = {}) {
    super();
    this.url = `${url}?acks=1`;
    this.doc = doc;
    this.SocketClass = options.WebSocket ?? WebSocket;
    this.ownsAwareness = options.awareness === undefined;
    this.awareness = options.awareness ?? new Awareness(doc);
    this.limits = {
      silenceMs: options.silenceLimitMs ?? 30_000,
      probeMs: options.probeLimitMs ?? 5_000,
    };
    this.backoff = new Backoff(
      options.firstRetryCeilingMs ?? 500,
      options.lastRetryCeilingMs ?? 10_000,
      options.random ?? Math.random,
    );
    if (!isEmpty(doc)) this.ledger.onLocalUpdate();
    this.reportedUnsaved = this.ledger.unsaved;
    doc.on("update", this.onDocumentUpdate);
    this.awareness.on("update", this.onAwarenessUpdate);
    globalThis.addEventListener?.("online", this.wake);
    globalThis.addEventListener?.("offline", this.wake);
    if (options.connect ?? true) this.connect();
  }

  get status(): Status {
    return this.reportedStatus;
  }

  // Local updates that are not known to be durable.
  get unsaved(): number {
    return this.ledger.unsaved;
  }

  // Everything the document holds is durable, by word of the connection that is open now.
  get saved(): boolean {
    return this.ledger.saved;
  }

  get closed(): Closed | null {
    return this.lastWord;
  }

  connect(): void {
    this.wanted = true;
    this.lastWord = null;
    if (this.connection === null) this.open();
  }

  disconnect(): void {
    this.wanted = false;
    this.cancelRetry();
    const connection = this.connection;
    if (connection === null) return;
    this.end(connection);
    connection.socket.close(1000);
  }

  // Tells the provider that the network or the page may have come back or gone: it tries now instead
  // of waiting, or asks the server for a sign of life.
  readonly wake = (): void => {
    if (!this.wanted) return;
    if (this.connection === null) this.open();
    else this.probe(this.connection);
  };

  override destroy(): void {
    this.disconnect();
    this.doc.off("update", this.onDocumentUpdate);
    this.awareness.off("update", this.onAwarenessUpdate);
    globalThis.removeEventListener?.("online", this.wake);
    globalThis.removeEventListener?.("offline", this.wake);
    if (this.ownsAwareness) this.awareness.destroy();
    super.destroy();
  }

  // The life of a connection.

  private open(): void {
    this.cancelRetry();
    const socket = new this.SocketClass(this.url);
    socket.binaryType = "arraybuffer";
    const connection: Connection = {
      socket,
      heardAtMs: performance.now(),
      silenceLimitMs: openLimitMs,
      watchdog: setInterval(() => this.checkSilence(connection), this.watchdogIntervalMs()),
      carriesUpdates: false,
    };
    this.connection = connection;
    socket.onopen = () => this.onOpen(connection);
    socket.onmessage = (event) => this.onFrame(connection, event.data);
    socket.onerror = () => {}; // A close always follows, and says more.
    socket.onclose = (event) => this.onClose(connection, event.code, event.reason);
    this.report();
  }

  private onOpen(connection: Connection): void {
    if (this.connection !== connection) return;
    this.hear(connection);
    this.report();
    this.send(connection, encodeStep1(Y.encodeStateVector(this.doc)));
    this.announceSelf();
  }

  private onFrame(connection: Connection, data: unknown): void {
    if (this.connection !== connection) return;
    this.hear(connection);
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error("a text frame");
      this.onMessage(connection, decodeMessage(new Uint8Array(data)));
    } catch (error) {
      console.warn("syncline: dropping the connection, the server sent nonsense:", error);
      this.drop(connection, "the server sent nonsense");
    }
    this.report();
  }

  private onMessage(connection: Connection, message: Message): void {
    switch (message.kind) {
      case "step1":
        return this.onStep1(connection, message.stateVector);
      case "step2":
        Y.applyUpdate(this.doc, message.update, this);
        this.backoff.reset();
        return this.emit("synced", []);
      case "update":
        return Y.applyUpdate(this.doc, message.update, this);
      case "awareness":
        return applyAwarenessUpdate(this.awareness, message.update, this);
      case "queryAwareness":
        return this.sendAwareness();
      case "permissionDenied":
        return this.stop(connection, { code: permissionDeniedCode, reason: message.reason });
      case "acknowledged":
        if (this.ledger.onAcknowledged(message.count)) return;
        throw new Error(`an acknowledgement of ${message.count} messages, more than were sent`);
      case "unknown":
        return;
    }
  }

  // The step 2 carries all that the server lacks, and always the whole set of deletions, which a
  // state vector says nothing about.
  private onStep1(connection: Connection, stateVector: Uint8Array): void {
    this.send(connection, encodeStep2(Y.encodeStateAsUpdate(this.doc, stateVector)));
    this.ledger.onMessageSent();
    connection.carriesUpdates = true;
  }

  private onClose(connection: Connection, code: number, reason: string): void {
    if (this.connection !== connection) return;
    if (code >= permanentCodeFirst && code <= permanentCodeLast) {
      this.stop(connection, { code, reason });
    } else {
      this.end(connection);
    }
  }

  // Ends the connection from our side without waiting for a close handshake that may never come.
  private drop(connection: Connection, reason: string): void {
    if (this.connection !== connection) return;
    this.end(connection);
    connection.socket.close(ownProtocolErrorCode, reason);
  }

  private stop(connection: Connection, closed: Closed): void {
    this.wanted = false;
    this.lastWord = closed;
    this.end(connection);
    connection.socket.close();
    this.emit("closed", [closed]);
  }

  private end(connection: Connection): void {
    clearInterval(connection.watchdog);
    this.connection = null;
    this.ledger.onConnectionEnded();
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID);
    removeAwarenessStates(this.awareness, others, this);
    if (this.wanted) this.retry = setTimeout(() => this.open(), this.backoff.nextDelayMs());
    this.report();
  }

  private cancelRetry(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
  }

  // Signs of life.

  private hear(connection: Connection): void {
    connection.heardAtMs = performance.now();
    connection.silenceLimitMs = this.limits.silenceMs;
  }

  private probe(connection: Connection): void {
    if (connection.socket.readyState !== this.SocketClass.OPEN) return;
    connection.heardAtMs = performance.now();
    connection.silenceLimitMs = this.limits.probeMs;
    this.send(connection, encodeQueryAwareness());
  }

  private checkSilence(connection: Connection): void {
    const silentMs = performance.now() - connection.heardAtMs;
    if (silentMs > connection.silenceLimitMs) this.drop(connection, "nothing arrived for too long");
  }

  private watchdogIntervalMs(): number {
    return Math.min(3_000, this.limits.silenceMs / 4, this.limits.probeMs / 4);
  }

  // Outbound.

  private readonly onDocumentUpdate = (
    update: Uint8Array,
    origin: unknown,
    _doc: Y.Doc,
    transaction: Y.Transaction,
  ): void => {
    // An observer may write inside the transaction that applies a server's update; what it writes
    // is ours, and nobody else will send it.
    if (origin === this && !wroteItself(transaction)) return;
    this.ledger.onLocalUpdate();
    if (this.connection?.carriesUpdates) {
      this.send(this.connection, encodeUpdate(update));
      this.ledger.onMessageSent();
    }
    this.report();
  };

  private readonly onAwarenessUpdate = (
    changes: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ): void => {
    const self = this.awareness.clientID;
    // Our own state as the server echoes it is no news. Its removal is: the server took us for a
    // connection that has ended, y-protocols has raised our clock, and we say again who we are.
    const news =
      origin === this
        ? changes.removed
        : [...changes.added, ...changes.updated, ...changes.removed];
    if (news.includes(self)) this.sendAwareness();
  };

  // Raises the clock of our state, and so sends it: peers that remember the end of our previous
  // connection ignore a state whose clock is not newer.
  private announceSelf(): void {
    const state = this.awareness.getLocalState();
    if (state !== null) this.awareness.setLocalState(state);
  }

  private sendAwareness(): void {
    if (this.connection === null || !this.awareness.meta.has(this.awareness.clientID)) return;
    const update = encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
    this.send(this.connection, encodeAwareness(update));
  }

  private send(connection: Connection, frame: Uint8Array): void {
    if (connection.socket.readyState === this.SocketClass.OPEN) connection.socket.send(frame);
  }

  // Tells listeners what has changed since they were last told.
  private report(): void {
    const status = this.currentStatus();
    if (status !== this.reportedStatus) {
      this.reportedStatus = status;
      this.emit("status", [status]);
    }
    const { saved, unsaved } = this.ledger;
    const changed = saved !== this.reportedSaved || unsaved !== this.reportedUnsaved;
    this.reportedSaved = saved;
    this.reportedUnsaved = unsaved;
    if (!changed) return;
    if (saved) this.emit("saved", []);
    else this.emit("unsaved", [unsaved]);
  }

  private currentStatus(): Status {
    if (this.connection === null) return "disconnected";
    return this.connection.socket.readyState === this.SocketClass.OPEN ? "connected" : "connecting";
  }
}

function isEmpty(doc: Y.Doc): boolean {
  return doc.store.clients.size === 0 && doc.store.pendingStructs === null;
}

function wroteItself(transaction: Y.Transaction): boolean {
  const self = transaction.doc.clientID;
  return transaction.beforeState.get(self) !== transaction.afterState.get(self);
}
