// What is done to a cluster while people type. Each move undoes itself: when it has ended, everything runs again.

import { sleep } from "./wait.mjs";

// Counts of what was done, by name, such as "kill redis".
export class Tally {
  constructor() {
    this.counts = new Map();
  }

  note(what) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  total(prefix) {
    let sum = 0;
    for (const [what, count] of this.counts) if (what.startsWith(prefix)) sum += count;
    return sum;
  }

  text() {
    const all = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
    return all.map(([what, count]) => `${count} ${what}`).join(", ");
  }
}

const kindOf = (part) => part.name.replace(/\d+$/, "");

export class Nemesis {
  constructor(cluster, random, tally = new Tally()) {
    this.cluster = cluster;
    this.random = random;
    this.tally = tally;
  }

  // `downMs` is how long it stays away.
  async kill(part, downMs = 0) {
    await part.kill();
    this.tally.note(`kill ${kindOf(part)}`);
    await sleep(downMs);
    await part.startSupervised();
  }

  async pause(part, forMs) {
    part.pause();
    this.tally.note(`pause ${kindOf(part)}`);
    await sleep(forMs);
    part.resume();
  }

  async flush() {
    await this.cluster.redis.ask("FLUSHALL");
    this.tally.note("flush redis");
  }

  // As after a power failure: what Redis wrote in the last `forMs` has not reached the disk.
  async loseTail(forMs) {
    const { redis } = this.cluster;
    const before = redis.written();
    await sleep(forMs);
    await redis.kill();
    redis.forgetSince(before);
    this.tally.note("kill redis, lose its tail");
    await redis.start();
  }

  // Connections are cut in the middle of whatever they do, and the next start recovers.
  async restartPostgres() {
    await this.cluster.postgres.stopImmediately();
    this.tally.note("restart postgres at once");
    await this.cluster.postgres.start();
  }

  async partition(link, directions, forMs) {
    link.drop(...directions);
    this.tally.note(`drop ${directions.length === 1 ? directions[0] : "both ways"}`);
    await sleep(forMs);
    link.heal();
  }

  async cut(link, forMs) {
    link.cut({ refuse: forMs > 0 });
    this.tally.note("cut");
    await sleep(forMs);
    link.heal();
  }

  // One move, drawn: a part or two at the same time, killed or paused.
  async strike() {
    const { random } = this;
    const first = random.pick(this.targets());
    const second = random.pick(this.targets());
    const moves = [this.hit(first)];
    if (random.below(3) === 0 && second !== first) moves.push(this.hit(second));
    await Promise.all(moves);
  }

  // Nodes and workers more often than the services, which take longer to be back.
  targets() {
    const { nodes, workers, redis, postgres } = this.cluster;
    return [...nodes, ...nodes, ...workers, redis, redis, postgres];
  }

  hit(part) {
    const { random } = this;
    if (random.below(8) === 0) return this.pause(part, random.between(50, 1500));
    return this.kill(part, random.below(2) === 0 ? 0 : random.between(0, 400));
  }
}
