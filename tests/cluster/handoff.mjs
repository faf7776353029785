// Nodes go while people type: gently, one after the other, and without anybody noticing more than a moment; and what
// people at different nodes know of each other.

import { check, checkEqual, test } from "../integration/suite.mjs";
import { Crowd } from "./lib/crowd.mjs";
import { Person } from "./lib/person.mjs";
import { Random } from "./lib/random.mjs";
import { until } from "./lib/wait.mjs";
import { withServices } from "./lib/with_services.mjs";

// How long each person was without a connection that serves, as their client tells it.
function watchAbsences(people) {
  const absences = [];
  for (const person of people) {
    let since = null;
    person.provider.on("sync", (synced) => {
      if (!synced) {
        since ??= performance.now();
      } else if (since !== null) {
        absences.push({ name: person.name, ms: Math.round(performance.now() - since), bytes: person.receivedBytes });
        since = null;
      }
    });
  }
  return absences;
}

// For tests: a drain takes as long as it has to, for a gateway that looks once a second.
const quickDrain = { "--drain-notice": "1500ms", "--handoff-spread": "800ms" };

for (const gateway of ["haproxy", "nginx"]) {
  for (const durability of ["commit", "buffer"]) {
    const rolling = () =>
      withServices({ gateway, durability, nodeOptions: quickDrain }, async (cluster) => {
        const random = new Random(1);
        const urls = [cluster.gateway.url];
        const crowd = new Crowd(cluster, { name: "rolling", urls, documents: 12, perDocument: 3, typingEveryMs: 100, random });
        try {
          await crowd.arrive();
          const absences = watchAbsences(crowd.people);
          for (const node of cluster.nodes) {
            check(await node.stop(), `${node.name} did not end by itself`);
            await node.start();
          }
          check(absences.length > 0, "nobody was moved");
          const worst = absences.reduce((a, b) => (a.ms > b.ms ? a : b));
          check(worst.ms < 1000, `${worst.name} was away for ${worst.ms} ms`);
          const codes = new Set(crowd.people.flatMap((person) => person.closeCodes));
          checkEqual([...codes], [1012], "the codes of the closes");
          await crowd.judge();
          console.log(`        ${absences.length} moves, the longest ${worst.ms} ms; ${crowd.acknowledged} acknowledged edits`);
        } finally {
          crowd.leave();
        }
      });
    const what = "a rolling restart under load: nothing is lost, everybody is back within a second";
    test(`${gateway}, ${durability}: ${what}`, rolling, { alone: true });
  }
}

test("handoff: who comes back to another node gets what is missing and no more", () =>
  withServices({ gateway: "haproxy", nodeOptions: quickDrain }, async (cluster) => {
    const people = ["a", "b"].map((name) => new Person(cluster.gateway.url, "large", { name }));
    try {
      await Promise.all(people.map((person) => person.untilSynced()));
      const [writer, reader] = people;
      writer.doc.getText("large").insert(0, "x".repeat(2_000_000));
      await until(() => reader.doc.getText("large").length === 2_000_000, "the large text at the other");
      // The writer gets it back, too.
      await until(() => people.every((person) => person.receivedBytes > 2_000_000), "the large text at both");
      const before = people.map((person) => person.receivedBytes);
      for (const node of cluster.nodes) await node.restart();
      await until(() => people.every((person) => person.connections >= 2 && person.synced), "both to be back");
      writer.type();
      await until(() => reader.edits.length === 1, "an edit at the other");
      people.forEach((person, i) => {
        const received = person.receivedBytes - before[i];
        check(received < 20_000, `${person.name} received ${received} bytes`);
      });
    } finally {
      people.forEach((person) => person.leave());
    }
  }));

// Stock clients renew what they say of themselves every 15 s, so the timeout has to be longer.
test("awareness: cursors cross nodes, and those of a node that crashed vanish", () =>
  withServices({ gateway: null, nodeOptions: { "--awareness-timeout": "17s" } }, async (cluster) => {
    const people = cluster.nodes.map((node, i) => new Person(node.url, "who", { name: `p${i}` }));
    try {
      await Promise.all(people.map((person) => person.untilSynced()));
      people.forEach((person) => person.awareness.setLocalStateField("user", { name: person.name }));
      const names = (person) => [...person.awareness.getStates().values()].map(({ user }) => user?.name).sort();
      const seeAll = () => people.every((person) => names(person).join() === "p0,p1,p2");
      await until(seeAll, () => `everybody to see everybody: ${people.map((person) => names(person))}`);
      people[0].awareness.setLocalStateField("cursor", 7);
      const seeCursor = (person) => [...person.awareness.getStates().values()].some(({ cursor }) => cursor === 7);
      await until(() => people.every(seeCursor), "a cursor at every node", { limitMs: 2000 });
      await cluster.nodes[0].kill();
      const rest = people.slice(1);
      const gone = () => rest.every((person) => names(person).join() === "p1,p2");
      await until(gone, () => `p0 to vanish: ${rest.map((person) => names(person))}`, { limitMs: 25_000 });
    } finally {
      people.forEach((person) => person.leave());
    }
  }));
