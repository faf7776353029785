// A disk that takes no more: nothing is acknowledged, nobody is thrown out, and it goes on by itself.

import { execFileSync } from "node:child_process";
import * as Y from "yjs";
import { Bare, sleep, until, updateMessage } from "./clients.mjs";
import { Server } from "./server.mjs";
import { check, checkEqual, test } from "./suite.mjs";

// The file size limit of a process stands in for the disk: it needs no privilege, and can be lifted while
// the process runs. The signal that comes with it is ignored, so that writes fail as they do on a full disk.
const smallDisk = ["bash", "-c", 'trap "" XFSZ; ulimit -S -f 2048; exec "$@"', "bash"];

function enlarge(pid) {
  execFileSync("prlimit", ["--pid", String(pid), "--fsize=unlimited"]);
}

function acknowledged(frames) {
  let last = 0;
  for (const frame of frames) {
    if (frame[0] !== 110) continue;
    last = 0;
    for (let at = 1, scale = 1; at < frame.length; at += 1, scale *= 128) last += (frame[at] & 127) * scale;
  }
  return last;
}

test("full disk: edits wait unacknowledged, and are saved once there is space", async () => {
  const server = await Server.start({
    launcher: smallDisk,
    args: ["--max-unlogged-bytes", "64MiB", "--retry-delay-max", "500ms"],
  });
  try {
    const client = await Bare.open(`${server.url}/d?acks=1`);
    const doc = new Y.Doc();
    let sent = 0;
    doc.on("update", (update) => {
      sent += 1;
      client.send(updateMessage(update));
    });
    doc.getText("t").insert(0, "small");
    await until(() => acknowledged(client.frames) === 1, "the first edit to be acknowledged");
    for (let i = 0; i < 60; i += 1) {
      doc.getText("t").insert(0, String(i % 10).repeat(100_000));
      await sleep(5);
    }
    await sleep(1500);
    const before = acknowledged(client.frames);
    check(before < sent, "everything was acknowledged in spite of the full disk");
    checkEqual(client.socket.readyState, 1, "the state of the socket");
    checkEqual((await server.get("/healthz")).status, 200, "/healthz");

    enlarge(server.process.pid);
    await until(() => acknowledged(client.frames) === sent, "the rest to be acknowledged", 20_000);
    checkEqual(client.socket.readyState, 1, "the state of the socket");
    client.socket.terminate();
  } finally {
    await server.dispose();
  }
});
