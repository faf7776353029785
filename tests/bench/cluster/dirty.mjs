// What happens when very many documents wait to be drained at once.

import { until } from "../../cluster/lib/wait.mjs";
import { latency, oneAtEach, startClock, startCpu, sumOf, usedMemory } from "./bench.mjs";

// A few people who type meanwhile.
const typing = (bench, targets) => ({ ...oneAtEach(10, targets), rate: 200, seconds: bench.size(10, 1) });

function type(bench, { nodes }) {
  const targets = nodes.map(({ url }) => url);
  return bench.load(targets, typing(bench, targets));
}

function latencies(report) {
  const others = latency(report, "propagation_cross_target");
  const acknowledged = latency(report, "acknowledgement");
  return {
    median_ms: others.median,
    p99_ms: others.p99,
    ack_median_ms: acknowledged.median,
    ack_p99_ms: acknowledged.p99,
  };
}

async function addWorkers(cluster, count) {
  for (let i = 1; i <= count; i += 1) cluster.workers.push(await cluster.makeWorker(i));
  await Promise.all(cluster.workers.map((worker) => worker.start()));
}

// Nothing but the typing.
async function quiet(bench) {
  return bench.withCluster({ nodes: 2, workers: 2, durability: "buffer" }, async (cluster) =>
    latencies(await type(bench, cluster)),
  );
}

async function backlog(bench, documents, updatesEach) {
  return bench.withCluster({ nodes: 2, durability: "buffer" }, async (cluster) => {
    const before = await usedMemory(cluster.redis);
    const { updates } = await bench.fill(cluster.redis, { documents, updates: updatesEach });
    const bytes = (await usedMemory(cluster.redis)) - before;
    const typed = type(bench, cluster);
    await until(async () => (await sumOf(cluster.nodes, "syncline_updates_in_total")) > 0, "an edit to arrive");
    const clock = startClock();
    const cpu = startCpu(cluster);
    await addWorkers(cluster, 2);
    let claimedMost = 0;
    const drained = async () => {
      claimedMost = Math.max(claimedMost, await sumOf(cluster.workers, "syncline_worker_documents"));
      return (await sumOf(cluster.workers, "syncline_updates_drained_total")) >= updates;
    };
    await until(drained, "everything to be drained", { limitMs: 180_000, everyMs: 50 });
    const seconds = clock();
    const used = cpu();
    const rounds = await sumOf(cluster.workers, "syncline_drain_seconds_count");
    const report = await typed;
    return {
      ...latencies(report),
      redis_mb: bytes / 1e6,
      drained_s: seconds,
      documents_s: documents / seconds,
      claimed_most: claimedMost,
      rounds,
      worker_cpu_s: used.workers,
      postgres_cpu_s: used.postgres,
      redis_cpu_s: used.redis,
    };
  });
}

export const dirty = {
  name: "dirty",
  title: "100,000 dirty documents",
  about:
    "5 updates in each, 2 workers started on them; meanwhile 20 people type 200 edits/s in 10 other documents through 2 " +
    "nodes, milliseconds as above.",
  head: "",
  columns: [
    ["redis_mb", "Redis' memory, MB"],
    ["drained_s", "drained after s"],
    ["documents_s", "documents/s"],
    ["claimed_most", "claimed at a time, most"],
    ["rounds", "transactions"],
    ["median_ms", "at other nodes, median"],
    ["p99_ms", "p99"],
    ["ack_median_ms", "acknowledged, median"],
    ["ack_p99_ms", "p99"],
  ],
  rows: (bench) => [
    { name: "none", title: "without them", measure: () => quiet(bench) },
    { name: "100000", title: "with them", measure: () => backlog(bench, bench.size(100_000, 200), 5) },
  ],
};
