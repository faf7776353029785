// What a client may not send: each gets its close code and reason and is counted, and nobody else notices.

import * as Y from "yjs";
import { Bare, Bystanders, Raw, bytes, sleep, updateMessage, until, varUint } from "./clients.mjs";
import { Server } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

// Deterministic noise, so that a failure can be repeated.
function* noise(seed) {
  let state = seed;
  while (true) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 24;
  }
}

function noiseBytes(seed, length) {
  const source = noise(seed);
  return Buffer.from(Array.from({ length }, () => source.next().value));
}

// A struct that claims `parents` levels of nesting is not needed: nested `any` arrays are the shortest way.
function deeplyNested(levels) {
  const any = [...Array(levels).fill([117, 1]).flat(), 126];
  return bytes([1, 1, 1, 0, 8, 1, 1, 0x74, 1], any, [0]);
}

const refused = {
  "an unknown message type": { frame: [99], codes: [1002], reasons: ["protocol_error"] },
  "an auth message": { frame: [2, 0, 0], codes: [1002], reasons: ["protocol_error"] },
  "an empty frame": { frame: [], codes: [1002, 1007] },
  "a truncated varint": { frame: [0, 2, 0xff], codes: [1002, 1007] },
  "a varint of eleven bytes": { frame: [...Array(10).fill(0xff), 1], codes: [1002, 1007] },
  "a length beyond the frame": { frame: [0, 2, 100, 0, 0], codes: [1002, 1007] },
  "a length of 2^53 - 1": {
    frame: [0, 2, ...varUint(2n ** 53n - 1n), 0, 0],
    codes: [1002, 1007],
  },
  "bytes behind the message": { frame: [0, 2, 2, 0, 0, 7], codes: [1002, 1007] },
  "an update that is noise": {
    frame: updateMessage(noiseBytes(7, 40)),
    codes: [1007, 4422],
    reasons: ["malformed_update", "update_refused"],
  },
  "an update with a run of length 0": {
    frame: updateMessage(bytes([1, 1, 1, 0, 0, 0, 0])),
    codes: [1007, 4422],
  },
  "an update with a clock beyond 2^53": {
    frame: updateMessage(bytes([1, 1, 1], Array(8).fill(0xff), [0x7f, 4, 1, 1, 0x74, 1, 0x61, 0])),
    codes: [1007, 4422],
  },
  "an update nested 100,000 deep": {
    frame: updateMessage(deeplyNested(100_000)),
    codes: [1007, 4422],
  },
  "an update that announces 2^40 structs": {
    frame: updateMessage(bytes([1], varUint(2n ** 40n), [1, 0])),
    codes: [1007, 4422],
  },
  "an awareness state that is no JSON": {
    frame: bytes([1, 6, 1, 1, 1, 2], Buffer.from("{x")),
    codes: [1002, 1007],
  },
  "a state vector that is noise": { frame: [0, 0, 3, 0xff, 0xff, 0xff], codes: [1002, 1007] },
};

async function totalRejected(server) {
  return server.metric("syncline_rejected_total");
}

test("bad frames: each is refused, counted, and noticed by nobody else", async () => {
  const server = await Server.start();
  const bystanders = new Bystanders(server);
  await bystanders.start();
  try {
    for (const [what, { frame, codes, reasons }] of Object.entries(refused)) {
      const before = await totalRejected(server);
      const client = await Bare.open(`${server.url}/victim`);
      await client.send(Buffer.from(frame));
      const { code, reason } = await client.closed;
      check(codes.includes(code), `${what}: closed with ${code} '${reason}', not ${codes}`);
      check(reason.length > 0, `${what}: no reason was given`);
      checkEqual((await totalRejected(server)) - before, 1, `${what}: rejections counted`);
      for (const name of reasons ?? []) {
        if ((await server.rejected(name)) > 0) break;
        check(name !== reasons.at(-1), `${what}: not counted as ${reasons}`);
      }
    }
    check((await bystanders.stop()) < 2000, "the bystanders' edits were late");
    checkEqual((await server.get("/healthz")).status, 200, "/healthz");
  } finally {
    await server.dispose();
  }
});

test("bad frames: noise of any kind does not stop the server", async () => {
  const server = await Server.start();
  const bystanders = new Bystanders(server);
  await bystanders.start();
  try {
    const length = noise(1);
    for (let seed = 1; seed <= 200; seed += 1) {
      const client = await Bare.open(`${server.url}/noise`);
      const content = noiseBytes(seed, 1 + (length.next().value % 60));
      // Every second one gets past the first gate.
      await client.send(seed % 2 === 0 ? content : updateMessage(content));
      await Promise.race([client.closed, sleep(20)]);
      client.socket.terminate();
    }
    for (let seed = 1; seed <= 50; seed += 1) {
      const raw = new Raw(server.port);
      if (seed % 2 === 0) await raw.upgrade("noise");
      await raw.write(noiseBytes(seed, 200));
      await sleep(2);
      raw.close();
    }
    check((await bystanders.stop()) < 2000, "the bystanders' edits were late");
  } finally {
    await server.dispose();
  }
});

test("bad frames: a text frame is refused with 1003", async () => {
  const server = await Server.start();
  try {
    const client = await Bare.open(`${server.url}/d`);
    await client.send("hello");
    checkEqual((await client.closed).code, 1003, "the close code");
    checkEqual(await server.rejected("text_frame"), 1, "text_frame");
  } finally {
    await server.dispose();
  }
});

test("bad frames: a message above the limit is refused with 4413, one at the limit is read", async () => {
  const server = await Server.start({ args: ["--max-message-bytes", "16MiB"] });
  try {
    const large = await Bare.open(`${server.url}/d`);
    await large.send(Buffer.alloc(17 * 1024 * 1024));
    const { code, reason } = await large.closed;
    checkEqual(code, 4413, "the close code");
    check(reason.length > 0, "no reason was given");
    checkEqual(await server.rejected("message_too_large"), 1, "message_too_large");

    const fitting = await Bare.open(`${server.url}/d`);
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "x".repeat(16 * 1024 * 1024 - 100));
    await fitting.send(updateMessage(Y.encodeStateAsUpdate(doc)));
    await until(async () => (await server.metric("syncline_updates_committed_total")) === 1, "the update");
    fitting.socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("bad frames: a header that announces 2^60 bytes costs nothing", async () => {
  const server = await Server.start();
  try {
    const before = await server.metric("process_resident_memory_bytes");
    for (let i = 0; i < 20; i += 1) {
      const raw = new Raw(server.port);
      await raw.upgrade("d");
      await raw.answer();
      const header = Buffer.alloc(14);
      header[0] = 0x82;
      header[1] = 0xff;
      header.writeBigUInt64BE(2n ** 60n, 2);
      await raw.write(header);
      await raw.ended;
      check(raw.received.includes(Buffer.from([0x11, 0x3d])), "the close frame does not say 4413");
    }
    const grown = (await server.metric("process_resident_memory_bytes")) - before;
    check(grown < 16 * 1024 * 1024, `memory grew by ${grown} bytes`);
    checkEqual(await server.rejected("message_too_large"), 20, "message_too_large");
  } finally {
    await server.dispose();
  }
});

test("bad frames: what waits for clocks that never come is bounded", async () => {
  const server = await Server.start({ args: ["--max-pending-bytes", "1MiB"] });
  const bystanders = new Bystanders(server);
  await bystanders.start();
  try {
    let refusals = 0;
    for (let i = 0; i < 8; i += 1) {
      const doc = new Y.Doc();
      const updates = [];
      doc.on("update", (update) => updates.push(update));
      doc.getText("t").insert(0, "first");
      doc.getText("t").insert(5, "x".repeat(400_000));
      const client = await Bare.open(`${server.url}/waiting`);
      await client.send(updateMessage(updates[1]));
      const outcome = await Promise.race([client.closed, sleep(300)]);
      if (outcome !== undefined) {
        checkEqual(outcome.code, 4422, `the close code (${outcome.reason})`);
        refusals += 1;
      }
      client.socket.terminate();
    }
    check(refusals > 0, "nothing was refused");
    checkEqual(await server.rejected("pending_full"), refusals, "pending_full");
    check((await bystanders.stop()) < 2000, "the bystanders' edits were late");
  } finally {
    await server.dispose();
  }
});

test("bad frames: an illegal document name is refused with 4400", async () => {
  const server = await Server.start();
  try {
    for (const name of ["%zz", "%00", "a%0Ab", "%ff%fe", "", "x".repeat(513)]) {
      const client = await Bare.open(`${server.url}/${name}`);
      const { code, reason } = await client.closed;
      checkEqual(code, 4400, `the close code for ${JSON.stringify(name.slice(0, 20))}`);
      checkMatch(reason, /\w/, "the reason");
    }
    const counted = (await server.rejected("bad_request")) + (await server.rejected("bad_document_name"));
    checkEqual(counted, 6, "rejections");
  } finally {
    await server.dispose();
  }
});
