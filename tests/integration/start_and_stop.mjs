// Starting where it cannot work, stopping gently, and dying at once.

import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { Bare, Person, sleep, until, updateMessage } from "./clients.mjs";
import { Server, run, temporaryFolder } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

const freePorts = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

// One line on stderr, exit code 2, nothing on stdout.
async function refuses(args, pattern, options) {
  const { code, stdout, stderr } = await run(["serve", ...args], options);
  checkEqual(code, 2, `the exit code of ${args.join(" ")} (${stderr})`);
  checkEqual(stderr.trimEnd().split("\n").length, 1, `lines on stderr: ${stderr}`);
  checkMatch(stderr, pattern, "stderr");
  checkEqual(stdout.length, 0, "bytes on stdout");
}

test("start: wrong options are one line and exit code 2", async () => {
  await refuses(["--listne", ":1"], /^syncline-server: --listne: unknown option; did you mean --listen\?$/m);
  await refuses(["--drain-timeout", "30"], /--drain-timeout: expected a duration such as 30s/);
  await refuses(["--threads", "0"], /--threads: expected a number from 1/);
  await refuses(["surplus"], /'surplus': serve takes options only/);
  await refuses(["--config", "/nowhere.toml"], /\/nowhere\.toml: /);
  await refuses([], /SYNCLINE_MAX_MESSAGE_BYTES: expected a size/, {
    env: { SYNCLINE_MAX_MESSAGE_BYTES: "much" },
  });
  const { code, stderr } = await run(["frobnicate"]);
  checkEqual(code, 2, "the exit code of an unknown command");
  checkMatch(stderr, /'frobnicate': unknown command/, "stderr");
});

test("start: a configuration file is read, and its mistakes are named with their place", async () => {
  const folder = temporaryFolder();
  const config = join(folder, "syncline.toml");
  try {
    writeFileSync(config, 'listen = "127.0.0.1:0"\nmax-conections = 5\n');
    await refuses(["--config", config], /max-conections: unknown key; did you mean max-connections\?/);
    writeFileSync(config, "max-connections = = 5\n");
    await refuses(["--config", config], /syncline\.toml:1: /);
    writeFileSync(config, "max-connections = 1\nthreads = 1\n");
    const server = await Server.start({ args: ["--config", config] });
    const first = await Bare.open(`${server.url}/a`);
    const second = await Bare.open(`${server.url}/b`);
    checkEqual((await second.closed).code, 1013, "the limit of the file");
    first.socket.terminate();
    await server.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("start: a taken port is named, and no data folder is made", async () => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const folder = temporaryFolder();
  const address = `127.0.0.1:${taken.address().port}`;
  try {
    await refuses(
      ["--listen", address, "--admin-listen", "127.0.0.1:0", "--data", join(folder, "data")],
      new RegExp(`--listen ${address}: address in use; `),
    );
    await refuses(
      ["--listen", "127.0.0.1:0", "--admin-listen", address, "--data", join(folder, "data")],
      new RegExp(`--admin-listen ${address}: address in use; `),
    );
    checkEqual(readdirSync(folder), [], "what is in the folder");
  } finally {
    taken.close();
    rmSync(folder, { recursive: true });
  }
});

test("start: a data folder that cannot be written is named", async () => {
  const folder = temporaryFolder();
  try {
    const file = join(folder, "file");
    writeFileSync(file, "not a folder");
    await refuses([...freePorts, "--data", file], /file/);
    checkEqual(readFileSync(file).toString(), "not a folder", "the file");
    if (process.getuid() !== 0) {
      const locked = join(folder, "locked");
      mkdirSync(locked);
      chmodSync(locked, 0o500);
      await refuses([...freePorts, "--data", locked], /locked/);
      chmodSync(locked, 0o700);
    } else {
      await refuses([...freePorts, "--data", "/proc/syncline"], /\/proc\/syncline/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("start: two servers cannot have one data folder", async () => {
  const server = await Server.start();
  try {
    await refuses([...freePorts, "--data", server.data], /./);
    checkEqual((await server.get("/healthz")).status, 200, "/healthz of the first");
  } finally {
    await server.dispose();
  }
});

// The file of a server that has run and ended, with `change` made to its bytes.
async function changedDatabase(change) {
  const server = await Server.start();
  await server.stop();
  const file = join(server.data, "syncline.db");
  writeFileSync(file, change(readFileSync(file)));
  return { server, file, content: readFileSync(file) };
}

const damages = {
  "of a newer version": (content) => {
    content.writeUInt32BE(99, 60);  // user_version
    return content;
  },
  "of another program": (content) => {
    content.writeUInt32BE(0x12345678, 68);  // application_id
    return content;
  },
  "that is no database": () => Buffer.from("something else entirely, and longer than a header"),
};

for (const [what, change] of Object.entries(damages)) {
  test(`start: a database ${what} is refused and left as it is`, async () => {
    const { server, file, content } = await changedDatabase(change);
    try {
      await refuses([...freePorts, "--data", server.data], /syncline\.db/);
      check(readFileSync(file).equals(content), "the file was changed");
    } finally {
      await server.dispose();
    }
  });
}

test("start: --help and --version say what a newcomer needs", async () => {
  const top = await run(["--help"]);
  checkEqual(top.code, 0, "--help");
  checkMatch(top.stdout.toString(), /Examples:[\s\S]*syncline-server serve/, "--help");
  const serve = await run(["serve", "--help"]);
  checkMatch(serve.stdout.toString(), /--listen HOST:PORT [^[]*\[127\.0\.0\.1:8080\]/, "serve --help");
  checkMatch((await run(["--version"])).stdout.toString(), /^syncline-server \d+\.\d+\.\d+\n$/, "--version");
});

test("stop: SIGTERM closes everybody with 1012, keeps every edit and exits with 0", async () => {
  const server = await Server.start();
  try {
    const people = [];
    const codes = [];
    for (let i = 0; i < 5; i += 1) {
      const person = new Person(server, `d${i}`, { params: { acks: "1" } });
      person.provider.on("connection-close", (event) => codes.push(event?.code));
      people.push(person);
    }
    await Promise.all(people.map((person) => person.synced()));
    for (const [i, person] of people.entries()) person.text.insert(0, `edit of ${i}`);
    await sleep(5);
    const started = Date.now();
    checkEqual(await server.stop(), 0, "the exit code");
    check(Date.now() - started < 10_000, "the drain took too long");
    await until(() => codes.length >= 5, "every client to be told");
    checkEqual(codes.slice(0, 5), Array(5).fill(1012), "the close codes");
    for (const person of people) person.leave();
    for (let i = 0; i < 5; i += 1) {
      const { stdout, stderr } = await run(["doc", "show", `d${i}`, "--data", server.data]);
      checkEqual(stdout.toString(), `edit of ${i}`, `document ${i} (${stderr})`);
    }
  } finally {
    await server.dispose();
  }
});

test("stop: a client that does not read cannot hold up the drain", async () => {
  const server = await Server.start({ args: ["--drain-timeout", "2s"] });
  try {
    const client = await Bare.open(`${server.url}/d`);
    client.socket._socket.pause();
    const started = Date.now();
    checkEqual(await server.stop(), 0, "the exit code");
    check(Date.now() - started < 3500, `the drain took ${Date.now() - started} ms`);
    client.socket.terminate();
  } finally {
    await server.dispose();
  }
});

test("stop: an idle server ends at once", async () => {
  const server = await Server.start();
  try {
    const started = Date.now();
    checkEqual(await server.stop("SIGINT"), 0, "the exit code");
    check(Date.now() - started < 2000, `it took ${Date.now() - started} ms`);
  } finally {
    await server.dispose();
  }
});

test("stop: whatever was acknowledged survives SIGKILL", async () => {
  const data = temporaryFolder();
  const expected = new Map();
  for (let round = 0; round < 5; round += 1) {
    const server = await Server.start({ data });
    const writers = [];
    for (let i = 0; i < 4; i += 1) {
      const doc = new Y.Doc();
      const socket = new WebSocket(`${server.url}/kill${i}?acks=1`);
      socket.binaryType = "nodebuffer";
      socket.on("error", () => {});
      const sent = [];
      socket.on("message", (data) => {
        if (data[0] !== 110) return;
        let count = 0;
        for (let at = 1, shift = 0; at < data.length; at += 1, shift += 7) count += (data[at] & 127) * 2 ** shift;
        for (const text of sent.splice(0, count - acked.count)) expected.set(text, `kill${i}`);
        acked.count = Math.max(acked.count, count);
      });
      const acked = { count: 0 };
      doc.on("update", (update) => socket.send(updateMessage(update)));
      socket.on("open", () => {
        let n = 0;
        const timer = setInterval(() => {
          if (socket.readyState !== WebSocket.OPEN) return clearInterval(timer);
          const text = `<${round}.${i}.${n++}>`;
          sent.push(text);
          doc.getText("t").insert(0, text);
        }, 3);
      });
      writers.push(socket);
    }
    await sleep(200 + 70 * round);
    await server.stop("SIGKILL");
    for (const socket of writers) socket.terminate();
  }
  check(expected.size > 100, `only ${expected.size} edits were acknowledged`);
  const texts = new Map();
  for (let i = 0; i < 4; i += 1) {
    texts.set(`kill${i}`, (await run(["doc", "show", `kill${i}`, "--data", data])).stdout.toString());
  }
  let lost = 0;
  for (const [text, name] of expected) if (!texts.get(name).includes(text)) lost += 1;
  checkEqual(lost, 0, `acknowledged edits lost of ${expected.size}`);
  rmSync(data, { recursive: true });
});
