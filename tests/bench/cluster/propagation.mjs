// How long an edit takes to people at other nodes.

import { latency, oneAtEach } from "./bench.mjs";

const rate = 2000;

async function measure(bench, durability) {
  const workers = durability === "buffer" ? 1 : 0;
  return bench.withCluster({ nodes: 3, workers, durability }, async ({ nodes }) => {
    const targets = nodes.map(({ url }) => url);
    const report = await bench.load(targets, {
      ...oneAtEach(bench.size(40, 2), targets),
      rate: bench.size(rate, 100),
      seconds: bench.size(10, 1),
      warmUp: bench.size(3, 1),
    });
    const across = latency(report, "propagation_cross_target");
    const acknowledged = latency(report, "acknowledgement");
    return {
      median_ms: across.median,
      p99_ms: across.p99,
      ack_median_ms: acknowledged.median,
      ack_p99_ms: acknowledged.p99,
      lateness_p99_ms: latency(report, "lateness").p99,
    };
  });
}

export const propagation = {
  name: "propagation",
  title: "From node to node",
  about: `${rate} edits/s in 40 documents, each open at 3 nodes, one person at each; milliseconds from when an edit is due.`,
  head: "durability",
  columns: [
    ["median_ms", "at other nodes, median"],
    ["p99_ms", "p99"],
    ["ack_median_ms", "acknowledged, median"],
    ["ack_p99_ms", "p99"],
    ["lateness_p99_ms", "the generator's own lateness, p99"],
  ],
  rows: (bench) =>
    ["commit", "buffer"].map((durability) => ({
      name: durability,
      title: `\`${durability}\``,
      measure: () => measure(bench, durability),
    })),
};
