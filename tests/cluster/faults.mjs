// Every part of a cluster fails while people type, in both durability modes. After each failure everything heals,
// and then (Crowd.judge): every acknowledged edit is in PostgreSQL, read by a process that knows nothing else; all
// clients see the same; the log has no gaps; the buffers are empty.

import { check, test } from "../integration/suite.mjs";
import { Cluster } from "./lib/cluster.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { Nemesis, Tally } from "./lib/nemesis.mjs";
import { Random } from "./lib/random.mjs";
import { removeFolder, temporaryFolder } from "./lib/temporary.mjs";
import { sleep } from "./lib/wait.mjs";

const modes = ["commit", "buffer"];
const killsPerMode = Math.ceil(Number(process.env.SYNCLINE_CLUSTER_KILLS ?? 60) / modes.length);
const seed = Number(process.env.SYNCLINE_CLUSTER_SEED ?? 1);

// How many strikes pass before everything is judged, and people go on to other documents.
const strikesPerJudgement = 25;

// For tests: a part that died is missed, and a write buffer drained, soon.
const soon = {
  nodeArgs: ["--anti-entropy-interval", "500ms", "--retry-delay-max", "500ms"],
  workerArgs: ["--flush-interval", "200ms", "--claim-lease", "1s", "--retry-delay-max", "500ms"],
};

export async function withServices(options, body) {
  const folder = temporaryFolder();
  const cluster = await Cluster.start({ folder, ...soon, ...options });
  try {
    return await body(cluster);
  } catch (error) {
    // Who wants to know more gets it before the folder is gone.
    if (process.env.SYNCLINE_KEEP) error.message += ` (logs in ${folder})`;
    throw error;
  } finally {
    await cluster.kill();
    removeFolder(folder);
  }
}

let crowds = 0;

// People type, `moves` are made one after the other, and all is judged.
async function typingThrough(cluster, moves, { random = new Random(seed), tally = new Tally() } = {}) {
  crowds += 1;
  const urls = [...cluster.nodes.map((node) => node.url), cluster.gateway.url];
  const crowd = new Crowd(cluster, { name: `crowd ${crowds}`, urls, random });
  const nemesis = new Nemesis(cluster, random, tally);
  try {
    await crowd.arrive();
    for (const move of moves) {
      await sleep(random.between(100, 300));
      const done = move(nemesis);
      crowd.forget();
      await done;
    }
    await sleep(200);
    await crowd.judge();
    check(crowd.acknowledged > 0, "nothing was acknowledged: nothing was tested");
    return crowd.acknowledged;
  } finally {
    crowd.leave();
  }
}

for (const durability of modes) {
  test(`${durability}: each part is killed and paused in turn`, () =>
    withServices({ durability }, (cluster) => {
      const parts = [cluster.nodes[0], cluster.workers[0], cluster.redis, cluster.postgres, cluster.gateway];
      const moves = parts.flatMap((part) => [
        (nemesis) => nemesis.kill(part, 300),
        (nemesis) => nemesis.pause(part, 1000),
      ]);
      return typingThrough(cluster, moves);
    }));

  test(`${durability}: parts are killed and paused in pairs`, () =>
    withServices({ durability }, (cluster) => {
      const parts = [cluster.nodes[0], cluster.workers[0], cluster.redis, cluster.postgres];
      const moves = parts.flatMap((one, i) =>
        parts.slice(i + 1).flatMap((other) => [
          (nemesis) => Promise.all([nemesis.kill(one), nemesis.kill(other, 200)]),
          (nemesis) => Promise.all([nemesis.pause(one, 600), nemesis.kill(other)]),
        ]),
      );
      return typingThrough(cluster, moves);
    }));

  test(`${durability}: all nodes, or all workers, or both services are killed at once`, () =>
    withServices({ durability }, (cluster) => {
      const all = (parts) => (nemesis) => Promise.all(parts.map((part) => nemesis.kill(part, 200)));
      const { nodes, workers, redis, postgres } = cluster;
      return typingThrough(cluster, [all(nodes), all(workers), all([redis, postgres]), all([...nodes, ...workers])]);
    }));

  test(`${durability}: Redis is flushed, killed, and comes back without what it wrote last`, () =>
    withServices({ durability }, (cluster) =>
      typingThrough(cluster, [
        (nemesis) => nemesis.flush(),
        (nemesis) => nemesis.kill(cluster.redis),
        (nemesis) => nemesis.loseTail(800),
        (nemesis) => Promise.all([nemesis.loseTail(500), nemesis.kill(cluster.nodes[1])]),
        (nemesis) => nemesis.flush(),
      ]),
    ));

  test(`${durability}: PostgreSQL is restarted in the middle of commits`, () =>
    withServices({ durability }, (cluster) =>
      typingThrough(cluster, Array(5).fill((nemesis) => nemesis.restartPostgres())),
    ));

  test(`${durability}: parts and services lose sight of each other`, () =>
    withServices({ durability, proxied: true }, (cluster) => {
      const names = durability === "buffer" ? ["node1", "node2", "worker1"] : ["node1", "node2"];
      const links = names.flatMap((name) => ["redis", "postgres"].map((service) => cluster.links.get(`${name}-${service}`)));
      const moves = links.flatMap((link) => [
        (nemesis) => nemesis.partition(link, ["there", "back"], 800),
        (nemesis) => nemesis.partition(link, ["there"], 500),
        (nemesis) => nemesis.partition(link, ["back"], 500),
        (nemesis) => nemesis.cut(link, 0),
        (nemesis) => nemesis.cut(link, 500),
      ]);
      return typingThrough(cluster, moves);
    }));

  test(
    `${durability}: ${killsPerMode} kills, seed ${seed}`,
    () =>
      withServices({ durability }, async (cluster) => {
        const random = new Random(seed);
        const tally = new Tally();
        let acknowledged = 0;
        const strike = (nemesis) => nemesis.strike();
        while (tally.total("kill") < killsPerMode) {
          const left = killsPerMode - tally.total("kill");
          const moves = Array(Math.min(strikesPerJudgement, left)).fill(strike);
          acknowledged += await typingThrough(cluster, moves, { random, tally });
          console.log(`        ${durability}: ${tally.text()}; ${acknowledged} acknowledged edits, none lost`);
        }
      }),
    { limitMs: 60_000 + killsPerMode * 10_000 },
  );
}
