// A server that does what a test says and nothing else: it accepts connections, lets the test read
// each frame in order, and sends what the test wants sent.

import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import * as encoding from "lib0/encoding";
import { type WebSocket as Socket, WebSocketServer } from "ws";
import { type Message, decodeMessage } from "../src/provider/messages";

const patienceMs = 5_000;

export class FakeServer {
  private readonly arrivals = new Mailbox<FakeConnection>();
  readonly port: number;

  private constructor(private readonly server: WebSocketServer) {
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket, request) => {
      this.arrivals.put(new FakeConnection(socket, request.url ?? ""));
    });
  }

  static async listen(port = 0): Promise<FakeServer> {
    const server = new WebSocketServer({ host: "127.0.0.1", port });
    await new Promise((resolve) => server.once("listening", resolve));
    return new FakeServer(server);
  }

  get base(): string {
    return `ws://127.0.0.1:${this.port}/ws/`;
  }

  // The next connection that nobody has taken yet.
  accept(): Promise<FakeConnection> {
    return this.arrivals.take("a connection");
  }

  // Fails if a connection arrives within `ms`.
  async expectNobody(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    assert.equal(this.arrivals.size, 0, "a connection arrived that nobody expected");
  }

  async close(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export class FakeConnection {
  private readonly frames = new Mailbox<Message>();
  private readonly ends = new Mailbox<number>();

  constructor(
    private readonly socket: Socket,
    readonly url: string,
  ) {
    socket.on("message", (data: Buffer) => this.frames.put(decodeMessage(new Uint8Array(data))));
    socket.on("close", (code) => this.ends.put(code));
  }

  // The next frame, which must be of this kind.
  async expect<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    const message = await this.frames.take(`a message "${kind}"`);
    assert.equal(message.kind, kind);
    return message as Extract<Message, { kind: Kind }>;
  }

  // Fails if a frame arrives within `ms`.
  async expectSilence(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    assert.equal(this.frames.size, 0, "a frame arrived that nobody expected");
  }

  expectEnd(): Promise<number> {
    return this.ends.take("the end of the connection");
  }

  send(frame: Uint8Array | string): void {
    this.socket.send(frame);
  }

  acknowledge(count: number): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 110);
    encoding.writeVarUint(encoder, count);
    this.send(encoding.toUint8Array(encoder));
  }

  deny(reason: string): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 2);
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarString(encoder, reason);
    this.send(encoding.toUint8Array(encoder));
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  // As when a process is killed: no close frame.
  cut(): void {
    this.socket.terminate();
  }
}

class Mailbox<T> {
  private readonly items: T[] = [];
  private readonly waiting: ((item: T) => void)[] = [];

  get size(): number {
    return this.items.length;
  }

  put(item: T): void {
    const taker = this.waiting.shift();
    if (taker) taker(item);
    else this.items.push(item);
  }

  async take(what: string): Promise<T> {
    if (this.items.length > 0) return this.items.shift() as T;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), patienceMs);
    });
    const item = new Promise<T>((resolve) => this.waiting.push(resolve));
    return Promise.race([item, late]).finally(() => clearTimeout(timer));
  }
}
