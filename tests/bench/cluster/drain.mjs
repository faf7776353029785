// How fast a worker moves what is in the write buffer into the log.

import { until } from "../../cluster/lib/wait.mjs";
import { startClock, startCpu } from "./bench.mjs";

// The log as PostgreSQL has it: rows, and whether each document's are numbered without gaps.
async function logOf({ postgres }) {
  const [row] = await postgres.psql(
    `SELECT sum(head), (SELECT count(*) FROM syncline.updates), bool_and(head = count)
       FROM syncline.documents JOIN
            (SELECT document_id, count(*) FROM syncline.updates GROUP BY document_id) AS counted ON id = document_id`,
  );
  return { heads: Number(row[0]), rows: Number(row[1]), gapless: row[2] === "t" };
}

async function measure(bench, documents, updates) {
  return bench.withCluster({ nodes: 0, workers: 0, durability: "buffer" }, async (cluster) => {
    const filled = await bench.fill(cluster.redis, { documents, updates });
    const worker = await cluster.makeWorker(1);
    cluster.workers.push(worker);
    // One core is all it may take.
    worker.command = ["taskset", "--cpu-list", "0", ...worker.command];
    const clock = startClock();
    const cpu = startCpu(cluster);
    await worker.start();
    const drained = () => worker.metric("syncline_updates_drained_total");
    await until(async () => (await drained()) >= filled.updates, async () => `${await drained()} of ${filled.updates} drained`, {
      limitMs: 120_000,
      everyMs: 50,
    });
    const seconds = clock();
    const used = cpu();
    const log = await logOf(cluster);
    if (log.rows !== filled.updates || log.heads !== filled.updates || !log.gapless) {
      throw new Error(`the log is not what was in the buffer: ${JSON.stringify(log)} instead of ${filled.updates}`);
    }
    const each = (value) => (value / filled.updates) * 1e6;
    return {
      updates: filled.updates,
      update_bytes: filled.bytes / filled.updates,
      updates_s: filled.updates / seconds,
      worker_us: each(used.workers),
      postgres_us: each(used.postgres),
      redis_us: each(used.redis),
      transactions: await worker.metric("syncline_postgres_transactions_total"),
    };
  });
}

export const drain = {
  name: "drain",
  title: "Draining",
  about:
    "A backlog of typed updates, appended as nodes append (tests/bench/redis/buffer_fill.cc), and one worker that may " +
    "use one core; from the start of its process until the log has everything. CPU in microseconds an update.",
  head: "backlog",
  columns: [
    ["updates_s", "updates/s"],
    ["worker_us", "CPU of the worker"],
    ["postgres_us", "of PostgreSQL"],
    ["redis_us", "of Redis"],
    ["update_bytes", "bytes an update"],
    ["transactions", "transactions"],
  ],
  rows: (bench) =>
    [
      [500, 1_000],
      [5_000, 100],
      [20_000, 10],
    ].map(([documents, updates]) => ({
      name: `${documents}x${updates}`,
      title: `${documents} documents, ${updates} updates each`,
      measure: () => measure(bench, bench.size(documents, documents / 100), bench.size(updates, 10)),
    })),
};
