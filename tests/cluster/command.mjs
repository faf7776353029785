// ci/cluster: a cluster on this machine, for people.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Cluster } from "./lib/cluster.mjs";
import { Part } from "./lib/part.mjs";
import { allEnded, isPaused, lives, signal, signalAll, startOf, treeOf } from "./lib/process_id.mjs";
import { describe, living, readRecord, writeRecord } from "./lib/record.mjs";
import { answers, listens } from "./lib/wait.mjs";

const stopLimitMs = 30_000;

// What a person has done wrong: one line, without where in the program it was noticed.
class Refusal extends Error {}

function defaultFolder() {
  return join(tmpdir(), `syncline-cluster-${userInfo().username}`);
}

const usage = `A whole cluster on this machine: PostgreSQL, Redis, nodes, workers and HAProxy, on free ports of the loopback.

Usage: ci/cluster up [OPTIONS]       start everything and print the editor's address
       ci/cluster status [OPTIONS]   what runs, where, and where its log is
       ci/cluster start [OPTIONS]    start again what has ended since
       ci/cluster down [OPTIONS]     stop everything

  --dir DIR            Data, logs and the list of processes [${defaultFolder()}]
  --json               Print every endpoint and process id (up, status)

Of up:
  --nodes N            Nodes, 1 to 16 [3]
  --workers N          Workers, 1 to 16 [2]
  --durability MODE    commit: an edit is durable in PostgreSQL; buffer: in Redis [commit]

The data stay in DIR, and another \`up\` goes on with them. SYNCLINE_SERVER names another binary to run.

Try: ci/cluster up; open the editor in two windows; type; kill -9 or kill -STOP one of the processes.
`;

function parse() {
  const options = {
    dir: { type: "string", default: defaultFolder() },
    nodes: { type: "string", default: "3" },
    workers: { type: "string", default: "2" },
    durability: { type: "string", default: "commit" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { ...values, folder: resolve(values.dir), positionals };
  } catch (error) {
    throw new Refusal(`${error.message.split(". ")[0]}; --help lists the options`);
  }
}

function count(values, option) {
  const number = Number(values[option]);
  if (Number.isInteger(number) && number >= 1 && number <= 16) return number;
  throw new Refusal(`--${option}: expected a number from 1 to 16, not '${values[option]}'`);
}

// The record of what was started in the folder.
function recordIn(folder) {
  const record = readRecord(folder);
  if (record === null) throw new Refusal(`${folder}: no cluster was started there; ci/cluster up --dir ${folder} does`);
  return record;
}

// No other cluster may run there, and nothing of somebody else may lie there.
function refuseTaken(folder) {
  const record = readRecord(folder);
  if (record === null) {
    const strangers = existsSync(folder) ? readdirSync(folder) : [];
    if (strangers.length === 0) return;
    throw new Refusal(`${folder}: holds something that is no cluster (${strangers[0]}); choose another --dir`);
  }
  const starter = record.starter && lives(record.starter) ? [{ name: "ci/cluster up", ...record.starter }] : [];
  const [first] = [...starter, ...living(record)];
  if (first === undefined) return;
  throw new Refusal(
    `${folder}: a cluster runs there (${first.name} is process ${first.pid}); ` +
      `ci/cluster down --dir ${folder} stops it, another --dir starts a second one`,
  );
}

async function up(values) {
  const { folder, durability, json } = values;
  if (!["commit", "buffer"].includes(durability)) {
    throw new Refusal(`--durability: expected commit or buffer, not '${durability}'`);
  }
  const starter = { pid: process.pid, started: startOf(process.pid) };
  const note = (more = {}) => writeRecord(folder, { ...describe(cluster), ...more });
  const cluster = new Cluster({
    folder,
    durability,
    nodes: count(values, "nodes"),
    workers: count(values, "workers"),
    leash: false,
    onProgress: (what) => json || console.log(`${what} ...`),
    onPart: () => note({ starter }),
  });
  refuseTaken(folder);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  note({ starter });
  await cluster.up();
  for (const part of cluster.parts) part.release();
  note();
  const record = describe(cluster);
  if (json) return print(record);
  console.log(`\n  Open ${record.editor} in two windows.\n`);
  table(record);
  const dir = folder === defaultFolder() ? "" : ` --dir ${folder}`;
  console.log(`\n  kill -9 or kill -STOP any of them; \`ci/cluster start${dir}\` starts again what has ended.`);
  console.log(`  Logs and data are in ${folder}; \`ci/cluster down${dir}\` stops everything.`);
}

// How to start parts is nobody's business but ours: it holds nothing that the URLs do not say.
const print = (record) =>
  console.log(JSON.stringify({ ...record, parts: record.parts.map(({ start, ...part }) => part) }, null, 2));

function stateOf(part) {
  if (!lives(part)) return "ended";
  return isPaused(part) ? "paused" : "runs";
}

function table(record) {
  for (const part of record.parts) {
    const admin = part.admin ? `admin ${part.admin}` : "";
    const where = [part.http ?? part.url?.replace(/:[^:@/]*@/, ":...@") ?? "", admin].filter(Boolean).join("  ");
    console.log(`  ${part.name.padEnd(9)} ${stateOf(part).padEnd(7)} ${String(part.pid).padEnd(8)} ${where}`);
  }
}

function status({ folder, json }) {
  const record = recordIn(folder);
  if (json) {
    print({ ...record, parts: record.parts.map((part) => ({ ...part, state: stateOf(part) })) });
  } else if (record.parts.length === 0) {
    console.log(`nothing runs in ${folder}`);
  } else {
    console.log(`  ${record.editor ?? "not yet ready"} (durability ${record.durability}, ${folder})\n`);
    table(record);
  }
}

// A part that was started by another process.
class Restarted extends Part {
  constructor({ name, start, ...rest }, folder) {
    super({ name, folder, leash: false, command: start.command, env: start.env });
    this.user = start.user;
    this.recorded = rest;
  }

  async ready() {
    const { http, admin, url } = this.recorded;
    if (http) return answers(`${http}healthz`);
    return admin ? answers(`${admin}/healthz`) : listens(url);
  }
}

async function start({ folder }) {
  const record = recordIn(folder);
  const ended = record.parts.filter((part) => !lives(part));
  for (const entry of ended) {
    const part = new Restarted(entry, folder);
    // PostgreSQL ends at once for as long as the process that was killed has not quite gone.
    await part.startSupervised();
    part.release();
    Object.assign(entry, part.process);
    writeRecord(folder, record);
  }
  console.log(ended.length === 0 ? "everything runs" : `started again: ${ended.map(({ name }) => name).join(", ")}`);
}

// Ends them all at once, gently; forcibly what is left after the limit.
async function stopAll(parts) {
  const trees = new Map(parts.map((part) => [part, treeOf(part)]));
  for (const [part, tree] of trees) {
    signalAll([...tree].reverse(), "SIGCONT");
    signal(part, part.stop_signal);
  }
  const forced = [];
  for (const [part, tree] of trees) {
    if (await allEnded(tree, stopLimitMs)) continue;
    forced.push(part.name);
    signalAll(tree, "SIGKILL");
    await allEnded(tree, stopLimitMs);
  }
  return forced;
}

async function down({ folder }) {
  const record = recordIn(folder);
  if (record.starter && lives(record.starter)) {
    // It ends what it has started.
    signal(record.starter, "SIGTERM");
    await allEnded([record.starter], stopLimitMs);
  }
  const forced = [];
  const left = living(record);
  // From the outside in.
  for (const kind of [/^(haproxy|nginx)/, /^node/, /^worker/, /^(redis|postgres)/]) {
    forced.push(...(await stopAll(left.filter(({ name }) => kind.test(name)))));
  }
  writeRecord(folder, { ...record, starter: undefined, editor: null, websocket: null, parts: [] });
  for (const name of forced) console.error(`ci/cluster: ${name} did not end by itself and was killed`);
  console.log(left.length === 0 ? `nothing ran in ${folder}` : `stopped; data and logs stay in ${folder}`);
}

async function main() {
  const values = parse();
  const [name, ...surplus] = values.positionals;
  if (values.help) return process.stdout.write(usage);
  const commands = { up, status, start, down };
  if (name === undefined) throw new Refusal("which command? up, status, start or down; --help explains them");
  if (!Object.hasOwn(commands, name)) throw new Refusal(`'${name}': unknown command; there are up, status, start and down`);
  if (surplus.length > 0) throw new Refusal(`'${surplus[0]}': ${name} takes options only; --help lists them`);
  await commands[name](values);
}

try {
  await main();
} catch (error) {
  console.error(`ci/cluster: ${error.message}`);
  process.exit(error instanceof Refusal ? 2 : 1);
}
