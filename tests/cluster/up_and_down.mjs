// ci/cluster as a person uses it.

import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, checkEqual, checkMatch, test } from "../integration/suite.mjs";
import { Person } from "./lib/person.mjs";
import { signal, startOf } from "./lib/process_id.mjs";
import { binary } from "./lib/syncline.mjs";
import { withTemporaryFolder } from "./lib/temporary.mjs";
import { get, until } from "./lib/wait.mjs";

const program = fileURLToPath(new URL("../../ci/cluster", import.meta.url));
const environmentFor = (folder, env = {}) => ({ ...process.env, SYNCLINE_SERVER: binary.path, TEST_FOLDER: folder, ...env });

// What a run of it came to: {code, out, err}.
function run(folder, args, env) {
  return new Promise((resolve) => {
    const options = { env: environmentFor(folder, env), encoding: "utf8" };
    execFile(program, args, options, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
}

async function runWell(folder, args) {
  const { code, out, err } = await run(folder, args);
  if (code !== 0) throw new Error(`ci/cluster ${args.join(" ")}: exit code ${code}: ${err}`);
  return out;
}

// Every process that has to do with the folder, whoever started it.
function processesOf(folder) {
  const found = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [command, environment] = ["cmdline", "environ"].map((name) => readFileSync(`/proc/${pid}/${name}`, "utf8"));
      const here = [command, environment, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(folder));
      if (here) found.push(`${pid} ${command.replaceAll("\0", " ").trim()}`);
    } catch {
      // It has ended.
    }
  }
  return found;
}

// `body` gets a folder for the cluster; what is left of it afterwards is ended, and is a failure.
function withFolder(body) {
  return withTemporaryFolder(async (root) => {
    try {
      await body(join(root, "cluster"), root);
      checkEqual(processesOf(root), [], "processes that are left");
    } finally {
      for (const line of processesOf(root)) {
        const pid = Number(line.split(" ")[0]);
        signal({ pid, started: startOf(pid) }, "SIGKILL");
      }
    }
  });
}

test("ci/cluster: up, use, kill, status, start, down, down again, and up on the same data", () =>
  withFolder(async (folder, root) => {
    const dir = ["--dir", folder];
    const up = ["up", ...dir, "--nodes", "2", "--workers", "1", "--durability", "buffer"];
    const whole = JSON.parse(await runWell(root, [...up, "--json"]));
    const names = whole.parts.map(({ name }) => name).sort();
    checkEqual(names, ["haproxy", "node1", "node2", "postgres", "redis", "worker1"], "parts");
    checkEqual((await get(whole.editor))?.status, 200, "the editor");
    const person = new Person(whole.websocket.replace("/{document}", ""), "kept");
    try {
      await person.untilSynced();
      person.type();
      await person.untilAcknowledged();
    } finally {
      person.leave();
    }
    const again = await run(root, up);
    checkEqual(again.code, 2, "the exit code of a second up");
    checkMatch(again.err, /^ci\/cluster: .*a cluster runs there.*ci\/cluster down --dir .*\n$/, "what it says");

    const node = whole.parts.find(({ name }) => name === "node1");
    process.kill(node.pid, "SIGKILL");
    const stateOfNode = async () => {
      const { parts } = JSON.parse(await runWell(root, ["status", ...dir, "--json"]));
      return parts.find(({ name }) => name === "node1").state;
    };
    await until(async () => (await stateOfNode()) === "ended", "the node to have ended");
    checkMatch(await runWell(root, ["status", ...dir]), /node1 +ended/, "status");
    checkMatch(await runWell(root, ["start", ...dir]), /^started again: node1$/m, "start");
    checkEqual(await stateOfNode(), "runs", "the node's state");
    checkEqual((await get(`${node.http}readyz`))?.status, 200, "the node");
    checkMatch(await runWell(root, ["start", ...dir]), /^everything runs$/m, "start again");
    for (const name of ["postgres", "redis"]) process.kill(whole.parts.find((part) => part.name === name).pid, "SIGKILL");
    checkMatch(await runWell(root, ["start", ...dir]), /^started again: postgres, redis$/m, "start of the services");
    checkMatch(await runWell(root, ["start", ...dir]), /^everything runs$/m, "start once more");

    checkMatch(await runWell(root, ["down", ...dir]), /^stopped; data and logs stay in /, "down");
    checkEqual(processesOf(root), [], "processes that are left");
    checkMatch(await runWell(root, ["down", ...dir]), /^nothing ran in /, "down again");

    const second = JSON.parse(await runWell(root, [...up, "--json"]));
    const reader = new Person(second.websocket.replace("/{document}", ""), "kept");
    try {
      await reader.untilSynced();
      checkEqual(reader.edits.length, 1, "edits of before");
    } finally {
      reader.leave();
    }
    await runWell(root, ["down", ...dir]);
  }));

test("ci/cluster: what is wrong is said in a line, and nothing is started", () =>
  withFolder(async (folder, root) => {
    const strange = join(root, "strange");
    mkdirSync(strange);
    writeFileSync(join(strange, "notes.txt"), "mine");
    const wrong = [
      [[], /which command\?/],
      [["launch"], /'launch': unknown command/],
      [["up", "now"], /'now'/],
      [["up", "--speed", "9"], /--speed/],
      [["up", "--nodes", "0", "--dir", folder], /--nodes: expected a number from 1 to 16, not '0'/],
      [["up", "--durability", "none", "--dir", folder], /--durability: expected commit or buffer, not 'none'/],
      [["up", "--dir", strange], /holds something that is no cluster \(notes\.txt\)/],
      [["down", "--dir", folder], /no cluster was started there/],
      [["status", "--dir", folder], /no cluster was started there/],
      [["up", "--dir", folder], /nobody-built-this/, { SYNCLINE_SERVER: join(root, "nobody-built-this") }],
      [["up", "--dir", join(strange, "notes.txt")], /notes\.txt/],
    ];
    for (const [args, pattern, env] of wrong) {
      const { code, out, err } = await run(root, args, env);
      const what = `ci/cluster ${args.join(" ")}`;
      check(code === 1 || code === 2, `${what}: exit code ${code}`);
      checkMatch(err, pattern, what);
      checkEqual([err.trim().split("\n").length, out], [1, ""], `${what}: lines of errors, and output`);
    }
    const help = await runWell(root, ["--help"]);
    for (const name of ["up", "status", "start", "down"]) checkMatch(help, new RegExp(`ci/cluster ${name} `), "help");
  }));

test("ci/cluster: an up that is interrupted leaves nothing running", () =>
  withFolder(async (folder, root) => {
    const up = spawn(program, ["up", "--dir", folder, "--nodes", "2"], { env: environmentFor(root), stdio: "ignore" });
    const ended = new Promise((resolve) => up.once("exit", (code, signal) => resolve(signal ?? code)));
    await until(() => processesOf(root).some((line) => /\/postgres -D/.test(line)), "PostgreSQL to be started", { limitMs: 180_000 });
    up.kill("SIGINT");
    checkEqual(await ended, 130, "the exit code");
    await until(() => processesOf(root).length === 0, () => `these to end: ${processesOf(root).join("; ")}`, { limitMs: 5000 });
  }));
