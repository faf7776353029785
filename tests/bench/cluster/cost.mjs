// What an edit costs, with the same people at more and more nodes.

import { startCpu } from "./bench.mjs";

const people = { documents: 40, clients: 160 };

// Everybody of a document at another node, as far as there are nodes: what a gateway avoids.
const spread = ({ nodes }) => nodes.map(({ url }) => url);
// All of a document at one node: what a gateway does.
const together = ({ gateway }) => [gateway.url];

async function measure(bench, durability, nodes, targetsOf) {
  const gateway = targetsOf === together ? "haproxy" : null;
  const workers = durability === "buffer" ? 1 : 0;
  return bench.withCluster({ nodes, workers, durability, gateway }, async (cluster) => {
    const cpu = startCpu(cluster);
    const report = await bench.load(targetsOf(cluster), {
      ...(bench.quick ? { documents: 2, clients: 8 } : people),
      rate: bench.size(1000, 50),
      seconds: bench.size(8, 1),
      // Copies are read from every target: with more of them there would be more to do.
      more: ["--audit", "off"],
    });
    const used = cpu();
    const { edits, deliveries } = report.counts;
    const each = (seconds) => (seconds / edits) * 1e6;
    return {
      nodes_us: each(used.nodes),
      per_delivery_us: (used.nodes / deliveries) * 1e6,
      workers_us: workers ? each(used.workers) : undefined,
      redis_us: each(used.redis),
      postgres_us: each(used.postgres),
      gateway_us: gateway ? each(used.gateway) : undefined,
      edits,
      deliveries,
    };
  });
}

export const cost = {
  name: "cost",
  title: "CPU for an edit",
  about:
    "1,000 edits/s, 160 people in 40 documents: each edit is delivered to 3 others. User and system time, in " +
    "microseconds an edit. Spread: the people of a document sit at different nodes, as far as there are several; by " +
    "document: HAProxy brings them together.",
  head: "durability, nodes",
  columns: [
    ["nodes_us", "nodes"],
    ["per_delivery_us", "nodes, a delivery"],
    ["redis_us", "Redis"],
    ["postgres_us", "PostgreSQL"],
    ["workers_us", "worker"],
    ["gateway_us", "HAProxy"],
  ],
  rows: (bench) =>
    ["commit", "buffer"].flatMap((durability) => [
      ...[1, 2, 4].map((nodes) => ({
        name: `${durability}/spread/${nodes}`,
        title: `\`${durability}\`, ${nodes}${nodes > 1 ? ", spread" : ""}`,
        measure: () => measure(bench, durability, nodes, spread),
      })),
      {
        name: `${durability}/by-document/4`,
        title: `\`${durability}\`, 4, by document`,
        measure: () => measure(bench, durability, 4, together),
      },
    ]),
};
