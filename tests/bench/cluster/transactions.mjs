// How many transactions PostgreSQL sees, whatever is typed.

import { until, sleep } from "../../cluster/lib/wait.mjs";
import { startClock, sumOf } from "./bench.mjs";

const writersPerNode = 2; // --postgres-writers

async function counters({ nodes, workers, postgres }) {
  const writing = [...nodes, ...workers];
  const [row] = await postgres.psql("SELECT xact_commit FROM pg_stat_database WHERE datname = 'syncline'");
  return {
    writes: await sumOf(writing, "syncline_postgres_transactions_total"),
    inFlight: await sumOf(writing, "syncline_commit_seconds_sum"),
    committed: await sumOf([...nodes, ...workers], "syncline_updates_committed_total"),
    all: Number(row[0]),
  };
}

// From when typing has become even until shortly before its end.
async function watch(cluster, seconds) {
  await until(async () => (await sumOf(cluster.nodes, "syncline_updates_in_total")) > 0, "an edit to arrive");
  await sleep(1000);
  const clock = startClock();
  const before = await counters(cluster);
  await sleep(seconds * 1000);
  const after = await counters(cluster);
  const taken = clock();
  return Object.fromEntries(Object.keys(after).map((key) => [key, (after[key] - before[key]) / taken]));
}

async function measure(bench, durability, rate) {
  const workers = durability === "buffer" ? 2 : 0;
  return bench.withCluster({ nodes: 3, workers, durability }, async (cluster) => {
    const targets = cluster.nodes.map(({ url }) => url);
    const seconds = bench.size(6, 1);
    const [watched, report] = await Promise.all([
      watch(cluster, seconds),
      bench.load(targets, {
        clients: bench.size(60, 6),
        documents: bench.size(60, 6),
        rate: bench.size(rate, rate / 100),
        seconds: seconds + 1,
      }),
    ]);
    return {
      edits_s: report.counts.edits / report.typing_s,
      writes_s: watched.writes,
      all_s: watched.all,
      in_flight: watched.inFlight,
      bound: durability === "commit" ? writersPerNode * cluster.nodes.length : cluster.workers.length,
      edits_per_write: watched.writes > 0 ? report.counts.edits / report.typing_s / watched.writes : undefined,
    };
  });
}

export const transactions = {
  name: "transactions",
  title: "Transactions of PostgreSQL",
  about:
    "60 people in 60 documents at 3 nodes; with `buffer`, 2 workers. A second: transactions that write, by " +
    "`syncline_postgres_transactions_total` of nodes and workers, and all, by `xact_commit` of `pg_stat_database`. " +
    "In flight: `syncline_commit_seconds` over time, which cannot be more than the connections that write.",
  head: "durability, edits/s asked for",
  columns: [
    ["edits_s", "edits/s made"],
    ["writes_s", "writing/s"],
    ["all_s", "all/s"],
    ["edits_per_write", "edits in one"],
    ["in_flight", "in flight, mean"],
    ["bound", "at most"],
  ],
  rows: (bench) =>
    ["commit", "buffer"].flatMap((durability) =>
      [100, 1000, 10000].map((rate) => ({
        name: `${durability}/${rate}`,
        title: `\`${durability}\`, ${rate}`,
        measure: () => measure(bench, durability, rate),
      })),
    ),
};
