// Peers that do nothing wrong in any one message, but too much or too little of everything.

import { WebSocket } from "ws";
import * as Y from "yjs";
import { Bare, Bystanders, Person, Raw, bytes, sleep, updateMessage, until } from "./clients.mjs";
import { Server } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

test("limits: too many connections are refused with 1013, and a place that is freed is given away", async () => {
  const server = await Server.start({ args: ["--max-connections", "3", "--threads", "1"] });
  try {
    const held = [];
    for (let i = 0; i < 3; i += 1) held.push(await Bare.open(`${server.url}/d${i}`));
    const refused = await Bare.open(`${server.url}/d4`);
    const { code, reason } = await refused.closed;
    checkEqual(code, 1013, "the close code");
    checkMatch(reason, /connections/, "the reason");
    checkEqual(await server.rejected("too_many_connections"), 1, "too_many_connections");
    held[0].socket.close();
    await held[0].closed;
    await sleep(50);
    const admitted = await Bare.open(`${server.url}/d5`);
    await until(() => admitted.frames.length > 0, "the freed place to be given away");
    for (const client of [...held, admitted]) client.socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("limits: a document has a limit of its own", async () => {
  const server = await Server.start({ args: ["--max-connections-per-document", "1"] });
  try {
    const first = await Bare.open(`${server.url}/d`);
    await until(() => first.frames.length > 0, "the first connection to be served");
    const second = await Bare.open(`${server.url}/d`);
    checkEqual((await second.closed).code, 1013, "the close code");
    checkEqual(await server.rejected("too_many_connections_document"), 1, "rejections");
    const other = await Bare.open(`${server.url}/other`);
    await until(() => other.frames.length > 0, "another document to be served");
    first.socket.terminate();
    other.socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("peers: half-open upgrades and slow headers end at the handshake timeout", async () => {
  const server = await Server.start({ args: ["--handshake-timeout", "300ms"] });
  const bystanders = new Bystanders(server);
  await bystanders.start();
  try {
    const silent = Array.from({ length: 20 }, () => new Raw(server.port));
    const slow = new Raw(server.port);
    await slow.write("GET /ws/d HTTP/1.1\r\nHost: ");
    const drip = setInterval(() => slow.write("x"), 50);
    const started = Date.now();
    await Promise.all([...silent, slow].map((raw) => raw.ended));
    clearInterval(drip);
    check(Date.now() - started < 5000, "they were kept too long");
    checkEqual(await server.rejected("handshake_timeout"), 21, "handshake_timeout");
    check((await bystanders.stop()) < 2000, "the bystanders' edits were late");
  } finally {
    await server.dispose();
  }
});

test("peers: more half-open connections than allowed do not lock anybody out for long", async () => {
  const server = await Server.start({
    args: ["--handshake-timeout", "300ms", "--max-http-connections", "10"],
  });
  try {
    const silent = Array.from({ length: 100 }, () => new Raw(server.port));
    const person = new Person(server, "d");
    await person.synced();
    person.leave();
    for (const raw of silent) raw.close();
  } finally {
    await server.dispose();
  }
});

test("peers: clients that never read cost a bounded amount, and the others get every edit", async () => {
  const server = await Server.start({
    args: ["--ring-bytes", "1MiB", "--write-stall-timeout", "3s", "--keepalive-interval", "1s"],
  });
  try {
    const writer = new Person(server, "d");
    const reader = new Person(server, "d");
    await Promise.all([writer.synced(), reader.synced()]);
    const deaf = [];
    for (let i = 0; i < 20; i += 1) {
      const raw = new Raw(server.port);
      await raw.upgrade("d");
      await raw.answer();
      raw.socket.pause();
      // It asks for everything, and never takes it.
      await raw.write(Buffer.from([0x82, 0x84, 0, 0, 0, 0, 0, 0, 1, 0]));
      deaf.push(raw);
    }
    const before = await server.metric("process_resident_memory_bytes");
    const piece = "x".repeat(50_000);
    for (let i = 0; i < 200; i += 1) {
      writer.text.insert(0, piece);
      writer.text.delete(0, piece.length);
      writer.text.insert(0, ".");
      if (i % 10 === 0) await sleep(20);
    }
    await until(() => reader.text.length === 200, "the reader to get every edit");
    const grown = (await server.metric("process_resident_memory_bytes")) - before;
    check(grown < 120 * 1024 * 1024, `memory grew by ${Math.round(grown / 1e6)} MB`);
    await until(async () => (await server.rejected("slow_consumer")) === 20, "20 closes", 30_000);
    checkEqual([writer.connections, reader.connections], [1, 1], "connections of the others");
    for (const raw of deaf) raw.close();
    writer.leave();
    reader.leave();
  } finally {
    await server.dispose();
  }
});

test("peers: a flood of pings is answered and grows nothing", async () => {
  const server = await Server.start();
  try {
    const client = await Bare.open(`${server.url}/d`);
    const pong = new Promise((resolve) =>
      client.socket.on("pong", (data) => data.toString() === "last" && resolve()),
    );
    for (let i = 0; i < 20_000; i += 1) client.socket.ping(String(i));
    client.socket.ping("last");
    await pong;
    client.socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("peers: a client that vanishes is noticed by pings", async () => {
  const server = await Server.start({ args: ["--ping-after", "1s", "--drop-after", "3s"] });
  try {
    const raw = new Raw(server.port);
    await raw.upgrade("d");
    await raw.answer();
    await until(() => raw.received.includes(Buffer.from([0x89, 0])), "a ping", 10_000);
    await raw.ended;
    checkEqual(await server.metric("syncline_connections"), 0, "connections");
  } finally {
    await server.dispose();
  }
});

test("peers: subprotocols are echoed, so that browsers accept the handshake", async () => {
  const server = await Server.start();
  try {
    const socket = new WebSocket(`${server.url}/d`, ["yjs", "other"]);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    checkEqual(socket.protocol, "yjs", "the protocol");
    socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("peers: frames may come in any fragments", async () => {
  const server = await Server.start();
  try {
    const reader = new Person(server, "fragments");
    await reader.synced();
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "in pieces");
    const message = updateMessage(Y.encodeStateAsUpdate(doc));
    const client = await Bare.open(`${server.url}/fragments`);
    for (let i = 0; i < message.length; i += 1) {
      await client.send(message.subarray(i, i + 1), { fin: i === message.length - 1, binary: true });
    }
    await until(() => reader.text.toString() === "in pieces", "the update");
    client.socket.terminate();
    reader.leave();
  } finally {
    await server.dispose();
  }
});

test("origins: --allow-origin keeps other pages out, and clients without an origin in", async () => {
  const server = await Server.start({ args: ["--allow-origin", "https://docs.example.org"] });
  try {
    const refused = new Bare(`${server.url}/d`, { origin: "https://evil.example" });
    const error = await refused.opened.then(
      () => new Error("it was accepted"),
      (reason) => reason,
    );
    checkMatch(error.message, /403/, "the refusal");
    for (const options of [{ origin: "https://docs.example.org" }, {}]) {
      const client = await Bare.open(`${server.url}/d`, options);
      client.socket.terminate();
    }
  } finally {
    await server.dispose();
  }
});

test("peers: where a client is, only a trusted proxy may say", async () => {
  const said = { headers: { "X-Forwarded-For": "6.6.6.6, 203.0.113.9" } };
  for (const [args, expected] of [
    [[], "127.0.0.1"],
    [["--trusted-proxy", "127.0.0.0/8"], "203.0.113.9"],
    [["--trusted-proxy", "10.0.0.0/8"], "127.0.0.1"],
  ]) {
    const server = await Server.start({ args: ["--log-level", "debug", ...args] });
    try {
      const client = await Bare.open(`${server.url}/d`, said);
      await client.send(updateMessage(bytes([1, 1, 1, 0, 0, 0, 0])));
      await client.closed;
      for (const message of ["a client connects", "an update was refused"]) {
        await until(() => server.stderr.includes(message), `the log to say: ${message}`);
        const line = server.stderr.split("\n").find((each) => each.includes(message));
        checkMatch(line, new RegExp(`"client":"${expected.replaceAll(".", "\\.")}"`), `${args}`);
      }
    } finally {
      await server.dispose();
    }
  }
});
