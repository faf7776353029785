// syncline-load run against a real server: what it measures, what it finds, what it says.

import { readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import * as Y from "yjs";
import { Person, sleep, until } from "./clients.mjs";
import { Server, binary, run, temporaryFolder } from "./server.mjs";
import { check, checkEqual, checkMatch, test } from "./suite.mjs";

function load(args, options = {}) {
  return run(["run", ...args], { program: binary.load, limitMs: 50_000, ...options });
}

// Runs it and returns its exit code and what it wrote as JSON.
async function measured(server, args, options) {
  const target = args.includes("--target") ? [] : ["--target", server.url];
  const { code, stdout, stderr } = await load([...target, "--json", "-", ...args], options);
  check(stdout.length > 0, `no result: ${stderr}`);
  return { code, stderr, result: JSON.parse(stdout) };
}

// Another address of the same server, that can die alone.
async function passage(port) {
  const sockets = new Set();
  const listener = net.createServer((near) => {
    const far = net.connect(port, "127.0.0.1");
    for (const [socket, peer] of [[near, far], [far, near]]) {
      sockets.add(socket);
      socket.setNoDelay().on("error", () => {}).on("close", () => peer.destroy());
      socket.pipe(peer);
    }
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const close = () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: listener.address().port, close };
}

test("load: twenty clients type for three seconds, and everything has arrived everywhere", async () => {
  const server = await Server.start();
  const folder = temporaryFolder();
  const log = join(folder, "acked");
  try {
    const { code, stderr, result } = await measured(server, [
      ...["--clients", "20", "--documents", "4", "--rate", "200", "--duration", "3s", "--warm-up", "500ms"],
      ...["--document-prefix", "load ü/", "--acked", log],
    ]);
    checkEqual(code, 0, `the exit code (${stderr})`);
    checkMatch(stderr, /converged: yes \(4 documents, 20 clients, 4 copies/, "the report");
    const { counts, latency_us: latency, verdict } = result;
    checkEqual([result.passed, result.converged, result.interrupted], [true, true, false], "the result");
    check(counts.edits > 400 && counts.edits < 1000, `${counts.edits} edits in 3.5 s at 200/s`);
    checkEqual(counts.edits_acknowledged, counts.edits, "acknowledged");
    checkEqual(counts.deliveries, 4 * counts.edits, "deliveries: four others in each document");
    checkEqual(counts.deliveries_due, counts.deliveries, "deliveries due");
    checkEqual(latency.propagation_same_target.count, 4 * counts.edits_measured, "propagation");
    checkEqual(latency.acknowledgement.count, counts.edits_measured, "acknowledgements measured");
    checkEqual(latency.join.count, 20, "joins");
    check(latency.acknowledgement.p50 > 0, "no time passes until an acknowledgement");
    checkEqual(verdict.copies_read, 4, "copies read");

    // What the store has, as the log of acknowledged edits tells it.
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    checkEqual(lines.length, counts.edits, "lines of the log");
    const clocks = new Map();
    for (const [kind, client, clock, length, document] of lines.map((line) => line.split("\t"))) {
      if (kind !== "insert") continue;
      const key = `${document} ${client}`;
      clocks.set(key, Math.max(clocks.get(key) ?? 0, Number(clock) + Number(length)));
    }
    for (let i = 0; i < 4; i += 1) {
      const name = `load ü/${i}`;
      const shown = await run(["doc", "show", name, "--format", "state-vector", "--data", server.data]);
      for (const [client, clock] of Object.entries(JSON.parse(shown.stdout))) {
        checkEqual(clock, clocks.get(`${name} ${client}`), `the clock of ${client} in ${name}`);
      }
    }
  } finally {
    await server.dispose();
    rmSync(folder, { recursive: true });
  }
});

test("load: a server that is killed and started again while they type loses nothing", async () => {
  const server = await Server.start();
  try {
    const run = measured(server, ["--rate", "300", "--duration", "4s", "--keep-going"]);
    for (let i = 0; i < 2; i += 1) {
      await sleep(1500);  // Somewhere in the middle of the typing.
      await server.stop("SIGKILL");
      await server.start();
    }
    const { code, stderr, result } = await run;
    checkEqual(code, 0, `the exit code (${stderr})`);
    checkEqual(result.verdict.acknowledged_missing, 0, "acknowledged edits lost");
    checkEqual(result.counts.letters_withheld, 0, "acknowledged letters that were not there");
    check(result.counts.connections_lost >= 20, `only ${result.counts.connections_lost} losses`);
    check(result.latency_us.reconnect.count >= 20, "reconnects were not measured");
    check(result.latency_us.propagation_through_reconnect.count > 0, "deliveries through a reconnect");
  } finally {
    await server.dispose();
  }
});

test("load: a node that is stopped but not dead is left after the silence", async () => {
  const server = await Server.start();
  try {
    const run = measured(server, ["--duration", "4s", "--keep-going", "--silence-timeout", "1s"]);
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 20, "edits");
    server.signal("SIGSTOP");
    await sleep(1800);  // Longer than the silence that is borne.
    server.signal("SIGCONT");
    const { code, stderr, result } = await run;
    checkEqual(code, 0, `the exit code (${stderr})`);
    check(result.counts.connections_lost >= 20, `only ${result.counts.connections_lost} losses`);
    checkEqual(result.verdict.acknowledged_missing, 0, "acknowledged edits lost");
    check(result.latency_us.propagation_through_reconnect.max > 800_000, "the outage was not measured");
  } finally {
    server.signal("SIGCONT");
    await server.dispose();
  }
});

test("load: clients of one document are spread over targets, and leave one that dies", async () => {
  const server = await Server.start();
  const other = await passage(server.port);
  try {
    const run = measured(server, [
      ...["--target", `${server.url},ws://127.0.0.1:${other.port}/ws`, "--duration", "3s", "--audit", "off"],
      ...["--warm-up", "0s", "--keep-going", "--fail-over"],
    ]);
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 50, "edits");
    other.close();
    const { code, stderr, result } = await run;
    checkEqual(code, 0, `the exit code (${stderr})`);
    check(result.latency_us.propagation_cross_target.count > 0, "nothing went across");
    checkEqual(result.counts.connections_lost, 10, "connections lost: every other client's");
    checkEqual(result.latency_us.reconnect.count, 10, "reconnects");
  } finally {
    other.close();
    await server.dispose();
  }
});

test("load: a lost connection ends the run, unless it may go on", async () => {
  const server = await Server.start();
  try {
    const run = measured(server, ["--duration", "30s"]);
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 20, "edits");
    await server.stop("SIGKILL");
    await server.start();
    const { code, stderr, result } = await run;
    checkEqual(code, 1, `the exit code (${stderr})`);
    checkEqual([result.passed, result.converged], [false, true], "passed, converged");
    checkMatch(stderr, /trouble: client \d+ lost its connection .*--keep-going/, "the report");
  } finally {
    await server.dispose();
  }
});

test("load: a store that has forgotten acknowledged edits is found out", async () => {
  const server = await Server.start();
  const empty = temporaryFolder();
  try {
    const run = measured(server, ["--rate", "200", "--duration", "3s", "--keep-going", "--converge-timeout", "3s"]);
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 100, "edits");
    await server.stop("SIGKILL");
    const data = server.data;
    server.data = empty;
    await server.start();
    const { code, stderr, result } = await run;
    checkEqual(code, 1, `the exit code (${stderr})`);
    check(result.verdict.acknowledged_missing >= 100, `${result.verdict.acknowledged_missing} found missing`);
    check(result.counts.letters_withheld >= 80, `${result.counts.letters_withheld} letters withheld`);
    checkMatch(stderr, /converged: NO[\s\S]*acknowledged edits missing: [1-9]/, "the report");
    rmSync(data, { recursive: true });
  } finally {
    await server.dispose();
  }
});

test("load: people may type in the same documents", async () => {
  const server = await Server.start();
  try {
    const person = new Person(server, "shared-0");
    await person.synced();
    const run = measured(server, [
      ...["--clients", "3", "--documents", "1", "--document-prefix", "shared-", "--duration", "2s"],
    ]);
    await until(() => person.doc.getText("text").length > 10, "what the load types");
    person.doc.getText("text").insert(3, "a person");
    person.doc.getText("text").delete(0, 1);
    const { code, stderr, result } = await run;
    checkEqual(code, 0, `the exit code (${stderr})`);
    check(result.converged, "it did not converge");
    const whole = Y.encodeStateVector(person.doc);
    check(Y.decodeStateVector(whole).size === 4, "the person has not seen all three");
    person.leave();
  } finally {
    await server.dispose();
  }
});

test("load: SIGINT ends the typing early, with a verdict", async () => {
  const server = await Server.start();
  try {
    let child;
    const run = measured(server, ["--duration", "60s"], { onStart: (started) => (child = started) });
    await until(async () => (await server.metric("syncline_updates_committed_total")) > 20, "edits");
    child.kill("SIGINT");
    const { code, stderr, result } = await run;
    checkEqual(code, 0, `the exit code (${stderr})`);
    checkEqual([result.interrupted, result.converged], [true, true], "interrupted, converged");
  } finally {
    await server.dispose();
  }
});

test("load: what it cannot do is one line", async () => {
  const target = ["--target", "ws://127.0.0.1:1/ws"];
  const cases = [
    [[], 2, /--target is required/],
    [["--target", "http://127.0.0.1/ws"], 2, /--target: .* does not begin with ws:\/\//],
    [["--target", "ws://127.0.0.1:99999/ws"], 2, /the port is not a number/],
    [[...target, "--rtae", "5"], 2, /--rtae/],
    [[...target, "--duration", "long"], 2, /--duration: expected a duration such as 30s, not 'long'/],
    [[...target, "--clients", "0"], 2, /--clients/],
    [[...target, "--clients", "2", "--documents", "3"], 2, /--documents 3: .*--clients 2/],
    [[...target, "--clients", "1000000"], 2, /--clients 1000000: only \d+ files may be open/],
    [[...target, "--acks", "maybe"], 2, /--acks/],
    [[...target, "--json", "/nowhere/result"], 2, /--json \/nowhere\/result: No such file/],
    [target, 1, /ws:\/\/127\.0\.0\.1:1\/ws: Connection refused; is the server running/],
  ];
  for (const [args, code, pattern] of cases) {
    const result = await load(args);
    checkEqual(result.code, code, `the exit code of ${args.join(" ")} (${result.stderr})`);
    checkMatch(result.stderr, pattern, args.join(" "));
    checkEqual(result.stderr.trimEnd().split("\n").length, 1, `lines on stderr: ${result.stderr}`);
  }
});
