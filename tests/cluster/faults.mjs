// Every part of a cluster fails while people type, in both durability modes. After each failure everything heals,
// and then (Crowd.judge): every acknowledged edit is in PostgreSQL, read by a process that knows nothing else; all
// clients see the same; the log has no gaps; the buffers are empty.

import { check, test } from "../integration/suite.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { Nemesis, Tally } from "./lib/nemesis.mjs";
import { Random } from "./lib/random.mjs";
import { sleep } from "./lib/wait.mjs";
import { withServices } from "./lib/with_services.mjs";

export { withServices };

const modes = ["commit", "buffer"];
const killsPerMode = Math.ceil(Number(process.env.SYNCLINE_CLUSTER_KILLS ?? 60) / modes.length);
const seed = Number(process.env.SYNCLINE_CLUSTER_SEED ?? 1);

// How many strikes pass before everything is judged, and people go on to other documents.
const strikesPerJudgement = 25;

// The crowds there were in each cluster: each has documents of its own.
const crowds = new WeakMap();

// People type, `moves` are made one after the other, and all is judged. `urls` are where people connect: every node,
// and the gateway, unless said otherwise.
async function typingThrough(cluster, moves, { random = new Random(seed), tally = new Tally(), ...people } = {}) {
  const number = (crowds.get(cluster) ?? 0) + 1;
  crowds.set(cluster, number);
  const urls = [...cluster.nodes.map((node) => node.url), cluster.gateway.url];
  const crowd = new Crowd(cluster, { name: `crowd ${number}`, urls, random, ...people });
  const nemesis = new Nemesis(cluster, random, { tally, crowd });
  try {
    await crowd.arrive();
    for (const move of moves) {
      await sleep(random.between(100, 300));
      // Everybody has something under way, and it is somewhere on its way.
      crowd.typeOnce();
      await sleep(random.below(5));
      const done = nemesis.make(move);
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

// All pairs of things.
const pairsOf = (things) => things.flatMap((one, i) => things.slice(i + 1).map((other) => [one, other]));

// Everything that can happen to a network.
const failuresOf = (link) => [
  (nemesis) => nemesis.partition(link, ["there", "back"], 800),
  (nemesis) => nemesis.partition(link, ["there"], 500),
  (nemesis) => nemesis.partition(link, ["back"], 500),
  (nemesis) => nemesis.cut(link, 0),
  (nemesis) => nemesis.cut(link, 500),
];

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

  // One of each kind with each other, and two of a kind.
  const pairsIn = ({ nodes, workers, redis, postgres, gateway }) => [
    ...pairsOf([nodes[0], workers[0], redis, postgres, gateway]),
    [nodes[0], nodes[1]],
    [workers[0], workers[1]],
  ];

  test(`${durability}: parts are killed in pairs, and killed while another is paused`, () =>
    withServices({ durability }, (cluster) => {
      const moves = pairsIn(cluster).flatMap(([one, other]) => [
        (nemesis) => Promise.all([nemesis.kill(one), nemesis.kill(other, 200)]),
        (nemesis) => Promise.all([nemesis.pause(one, 500), nemesis.kill(other)]),
      ]);
      return typingThrough(cluster, moves);
    }));

  test(`${durability}: parts are paused in pairs, and paused while another is killed`, () =>
    withServices({ durability }, (cluster) => {
      const moves = pairsIn(cluster).flatMap(([one, other]) => [
        (nemesis) => Promise.all([nemesis.pause(one, 500), nemesis.pause(other, 300)]),
        (nemesis) => Promise.all([nemesis.kill(one, 200), nemesis.pause(other, 500)]),
      ]);
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

  test(`${durability}: nodes and workers lose sight of the services`, () =>
    withServices({ durability, proxied: true }, (cluster) => {
      const names = durability === "buffer" ? ["node1", "node2", "worker1"] : ["node1", "node2"];
      const links = names.flatMap((name) => ["redis", "postgres"].map((service) => cluster.links.get(`${name}-${service}`)));
      return typingThrough(cluster, links.flatMap(failuresOf));
    }));

  test(`${durability}: the gateway loses sight of nodes, of some for good`, () =>
    withServices({ durability, proxied: true }, (cluster) => {
      const [first, second] = ["node1", "node2"].map((name) => cluster.links.get(`haproxy-${name}`));
      // So long that the gateway sends people elsewhere, where they are while the node believes them still there.
      const forLong = (link) => (nemesis) => nemesis.partition(link, ["there", "back"], 5000);
      const moves = [...failuresOf(first), forLong(second), forLong(first)];
      // Enough documents that every node has some.
      return typingThrough(cluster, moves, { urls: [cluster.gateway.url], documents: 12, perDocument: 2 });
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
        check(tally.shareUnderWay > 0.5, "most kills fell while nobody had anything under way");
      }),
    { limitMs: 60_000 + killsPerMode * 10_000 },
  );
}
