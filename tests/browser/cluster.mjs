// The editor through the gateway of a cluster whose parts die while people type.

import assert from "node:assert/strict";
import { Cluster } from "../cluster/lib/cluster.mjs";
import { binary, command } from "../cluster/lib/syncline.mjs";
import { withTemporaryFolder } from "../cluster/lib/temporary.mjs";
import { Person, eventually } from "./people.mjs";

export const clusterCases = [
  ["nobody loses a word while the nodes, Redis and PostgreSQL of a cluster die in turn", partsDie],
];

function withCluster(server, body) {
  binary.path = server.binary;
  return withTemporaryFolder(async (folder) => {
    const cluster = new Cluster({
      folder,
      nodes: 2,
      workers: 1,
      durability: "buffer",
      nodeArgs: ["--retry-delay-max", "500ms"],
      workerArgs: ["--flush-interval", "200ms", "--retry-delay-max", "500ms"],
    });
    try {
      await cluster.up();
      await body(cluster);
    } finally {
      await cluster.kill();
    }
  });
}

// The node at which everybody is.
async function nodeOf(cluster) {
  for (const node of cluster.nodes) if ((await node.metric("syncline_connections")) > 0) return node;
  throw new Error("nobody is connected");
}

async function partsDie({ server, browser }) {
  await withCluster(server, async (cluster) => {
    const gateway = { origin: cluster.gateway.base };
    const people = [];
    const arrive = async (name) => {
      const person = await Person.arrive(browser, name);
      people.push(person);
      await person.open(gateway, "cluster");
      return person;
    };
    let expected = "";
    // Both see it, and it is saved.
    const arrived = async (words) => {
      expected += words;
      for (const person of people) {
        await person.waitForText(expected.trim());
        await person.waitForStatus("saved");
      }
    };
    try {
      const [ada, grace] = [await arrive("Ada"), await arrive("Grace")];
      await ada.type("Everything runs. ");
      await arrived("Everything runs. ");

      const first = await nodeOf(cluster);
      await first.kill();
      await grace.type("The node has died. ");
      await arrived("The node has died. ");
      const second = await nodeOf(cluster);
      assert.notEqual(second.name, first.name);
      await first.start();

      await cluster.redis.kill();
      await ada.type("Redis has died. ");
      await grace.waitForText("Redis has died.");
      assert.equal(await ada.status(), "saving");
      await cluster.redis.start();
      await arrived("Redis has died. ");

      await cluster.postgres.kill();
      await grace.type("PostgreSQL has died. ");
      await arrived("PostgreSQL has died. ");
      await cluster.postgres.start();

      await second.kill();
      const stranger = await arrive("Somebody new");
      await stranger.type("All are here.");
      await arrived("All are here.");
      await eventually(async () => {
        const shown = await command(["doc", "show", "cluster"], { postgres: cluster.postgres.url });
        assert.ok(shown.includes(expected), `PostgreSQL has ${JSON.stringify(shown)}`);
      });
      cluster.requireNoCollapse();
    } finally {
      for (const person of people) await person.leave();
    }
  });
}
