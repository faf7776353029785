// What Redis keeps, and what it takes.

import { until } from "../../cluster/lib/wait.mjs";
import { sumOf, usedMemory } from "./bench.mjs";

// Bytes of Redis for each open document, while `clients` sit in each.
async function openDocuments(bench, nodeCount, clientsEach) {
  return bench.withCluster({ nodes: nodeCount, durability: "commit" }, async ({ nodes, redis }) => {
    const documents = bench.size(1000, 20);
    const clients = documents * clientsEach;
    const before = await usedMemory(redis);
    const targets = nodes.map(({ url }) => url);
    const bytes = await bench.whileConnected(targets, { clients, documents }, async () => {
      const there = () => sumOf(nodes, "syncline_connections");
      const missing = async () => `all to be connected: ${await there()} of ${clients} are`;
      await until(async () => (await there()) === clients, missing, { limitMs: 120_000, everyMs: 100 });
      return (await usedMemory(redis)) - before;
    });
    return { things: documents, bytes: bytes / documents };
  });
}

// Bytes of Redis for an update in the buffer that is not a document's first, and for what a document takes.
async function buffered(bench, cluster, { first, updates }) {
  const documents = bench.size(5000, 50);
  const before = await usedMemory(cluster.redis);
  await bench.fill(cluster.redis, { documents, updates, first });
  const bytes = (await usedMemory(cluster.redis)) - before;
  return { things: documents, bytes: bytes / documents / updates };
}

function emptyBuffer(bench, work) {
  return bench.withCluster({ nodes: 0, durability: "buffer" }, work);
}

// What is left of a document whose updates are in the log.
async function left(bench) {
  return emptyBuffer(bench, async (cluster) => {
    const before = await usedMemory(cluster.redis);
    const documents = bench.size(5000, 50);
    const { updates } = await bench.fill(cluster.redis, { documents, updates: 2 });
    const worker = await cluster.makeWorker(1);
    cluster.workers.push(worker);
    await worker.start();
    const clean = async () =>
      (await worker.metric("syncline_updates_drained_total")) === updates &&
      (await worker.metric("syncline_worker_documents")) === 0;
    await until(clean, "everything to be drained", { everyMs: 50 });
    // Without its own connections.
    await worker.stop();
    return { things: documents, bytes: ((await usedMemory(cluster.redis)) - before) / documents };
  });
}

export const memory = {
  name: "memory",
  title: "Memory of Redis",
  about: "`used_memory`, divided by the number of documents or updates. An update is one typed letter, about 25 bytes.",
  head: "for each",
  columns: [
    ["bytes", "bytes"],
    ["things", "documents"],
  ],
  rows: (bench) => [
    { name: "open/1", title: "document that is open at a node, 1 person in it", measure: () => openDocuments(bench, 1, 1) },
    { name: "open/4", title: "the same, 4 people in it", measure: () => openDocuments(bench, 1, 4) },
    { name: "open/3-nodes", title: "document that is open at 3 nodes, 1 person at each", measure: () => openDocuments(bench, 3, 3) },
    {
      name: "buffered/first",
      title: "document with one update in the buffer",
      measure: () => emptyBuffer(bench, (cluster) => buffered(bench, cluster, { first: 0, updates: 1 })),
    },
    {
      name: "buffered/further",
      title: "update in the buffer, of the further ones up to 100",
      measure: () =>
        emptyBuffer(bench, async (cluster) => {
          await buffered(bench, cluster, { first: 0, updates: 1 });
          return buffered(bench, cluster, { first: 1, updates: 99 });
        }),
    },
    { name: "buffered/drained", title: "document without updates in the buffer, within a week", measure: () => left(bench) },
  ],
};
