// What the measures of a cluster are made with.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { Cluster } from "../../cluster/lib/cluster.mjs";
import { removeFolder, temporaryFolder } from "../../cluster/lib/temporary.mjs";

const run = promisify(execFile);
const outputLimit = 1 << 26;

// Clients of a load: of each document one at each target.
export const oneAtEach = (documents, targets) => ({ documents, clients: documents * targets.length });

export class Bench {
  // `programs`: a build tree. `quick`: only that everything runs is to be seen.
  constructor({ programs, quick }) {
    this.loadProgram = join(programs, "loadgen/syncline-load");
    this.fillProgram = join(programs, "tests/bench/redis/buffer_fill");
    this.quick = quick;
  }

  // What is measured now, on a terminal.
  progress(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  }

  // One of a number for measuring and one for trying.
  size(measured, tried) {
    return this.quick ? tried : measured;
  }

  // Does `work` with a cluster that is gone afterwards. There is no gateway unless one is asked for.
  async withCluster(options, work) {
    const folder = temporaryFolder();
    let cluster;
    try {
      cluster = await Cluster.start({ folder, gateway: null, workers: 0, ...options });
      return await work(cluster);
    } finally {
      await cluster?.kill();
      removeFolder(folder);
    }
  }

  // Types, and returns syncline-load's report. A run that does not converge is no measurement.
  async load(targets, { rate, seconds, warmUp = 1, clients, documents, more = [] }) {
    const args = ["run", "--target", targets.join(","), "--rate", rate, "--duration", `${seconds}s`];
    args.push("--warm-up", `${warmUp}s`, "--clients", clients, "--documents", documents, "--json", "-", ...more);
    try {
      const { stdout } = await run(this.loadProgram, args.map(String), { maxBuffer: outputLimit });
      return JSON.parse(stdout);
    } catch (error) {
      throw new Error(`syncline-load ${args.join(" ")}: ${(error.stderr || error.message).trim()}`);
    }
  }

  // Does `work` while that many clients sit in documents and do nothing. They are there once the nodes say so.
  async whileConnected(targets, { clients, documents }, work) {
    const args = ["run", "--target", targets.join(","), "--clients", clients, "--documents", documents, "--rate", 0];
    args.push("--duration", "600s", "--join-timeout", "120s", "--audit", "off");
    const people = run(this.loadProgram, args.map(String), { maxBuffer: outputLimit });
    const left = people.then(
      () => Promise.reject(new Error("syncline-load ended by itself")),
      (error) => Promise.reject(new Error(`syncline-load: ${(error.stderr || error.message).trim()}`)),
    );
    left.catch(() => {});
    try {
      return await Promise.race([work(), left]);
    } finally {
      people.child.kill("SIGINT");
      await people.catch(() => {});
    }
  }

  // Leaves a backlog in the write buffer: so many typed updates in each of so many documents, after the
  // `first` that are there already. Returns { updates, bytes, seconds }.
  async fill(redis, { documents, updates, first = 0 }) {
    const { stdout } = await run(this.fillProgram, [documents, updates, first].map(String), {
      env: { ...process.env, SYNCLINE_REDIS: redis.url },
    });
    const words = stdout.trim().split(" ");
    return Object.fromEntries(["updates", "bytes", "seconds"].map((key) => [key, Number(words[words.indexOf(key) + 1])]));
  }
}

// The median and the 99th percentile of one of syncline-load's latencies, in milliseconds.
export function latency(report, name) {
  const { p50, p99 } = report.latency_us[name];
  return { median: p50 / 1000, p99: p99 / 1000 };
}

// CPU seconds that the parts took since this was called, by kind.
export function startCpu(cluster) {
  const kinds = { nodes: cluster.nodes, workers: cluster.workers, redis: [cluster.redis], postgres: [cluster.postgres], gateway: [cluster.gateway] };
  const read = () =>
    Object.fromEntries(
      Object.entries(kinds).map(([kind, parts]) => [kind, parts.reduce((sum, part) => sum + (part?.cpuSeconds() ?? 0), 0)]),
    );
  const before = read();
  return () => Object.fromEntries(Object.entries(read()).map(([kind, seconds]) => [kind, seconds - before[kind]]));
}

// Seconds since this was called.
export function startClock() {
  const begin = performance.now();
  return () => (performance.now() - begin) / 1000;
}

// A metric, summed over processes.
export async function sumOf(processes, name) {
  const values = await Promise.all(processes.map((each) => each.metric(name)));
  return values.reduce((sum, value) => sum + (value ?? 0), 0);
}

// Of Redis, in bytes.
export async function usedMemory(redis) {
  return Number(/^used_memory:(\d+)/m.exec(await redis.ask("INFO", "memory"))[1]);
}
