// What is done to a cluster while people type. Each move undoes itself: when it has ended, everything runs again.

import { sleep, until } from "./wait.mjs";

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)] ?? 0;

// Counts of what was done, by name, such as "kill redis", and what people had under way when it was done.
export class Tally {
  constructor() {
    this.counts = new Map();
    this.underWay = [];
    // Edits acknowledged from the beginning of one move to that of the next.
    this.between = [];
  }

  // `underWay`: edits that were sent and not acknowledged at that moment.
  note(what, underWay) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    if (underWay !== undefined) this.underWay.push(underWay);
  }

  total(prefix) {
    let sum = 0;
    for (const [what, count] of this.counts) if (what.startsWith(prefix)) sum += count;
    return sum;
  }

  // The share of blows that fell while edits were under way.
  get shareUnderWay() {
    return this.underWay.filter((count) => count > 0).length / Math.max(1, this.underWay.length);
  }

  text() {
    const all = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
    const counts = all.map(([what, count]) => `${count} ${what}`).join(", ");
    const share = Math.round(100 * this.shareUnderWay);
    const idle = this.between.filter((count) => count === 0).length;
    return (
      `${counts}; edits under way at ${share} % of them (median ${median(this.underWay)}), ` +
      `median ${median(this.between)} acknowledged between two, none between ${idle}`
    );
  }
}

const kindOf = (part) => part.name.replace(/\d+$/, "");

export class Nemesis {
  // `crowd` says what is under way when a blow falls.
  constructor(cluster, random, { tally = new Tally(), crowd = null } = {}) {
    this.cluster = cluster;
    this.random = random;
    this.tally = tally;
    this.crowd = crowd;
    this.acknowledgedBefore = 0;
  }

  // One of the moves below, or several at the same time.
  async make(move) {
    const { crowd, tally } = this;
    if (crowd !== null) tally.between.push(crowd.acknowledged - this.acknowledgedBefore);
    this.acknowledgedBefore = crowd?.acknowledged ?? 0;
    await move(this);
  }

  // Called in the moment before a blow falls.
  note(what) {
    this.tally.note(what, this.crowd?.underWay);
  }

  // What does not run cannot be killed, and must not be counted.
  requireRunning(part) {
    part.requireNoCollapse();
    if (!part.running) throw new Error(`${part.name} does not run`);
  }

  // `downMs` is how long it stays away.
  async kill(part, downMs = 0) {
    this.requireRunning(part);
    this.note(`kill ${kindOf(part)}`);
    await part.kill();
    await sleep(downMs);
    await part.startSupervised();
  }

  async pause(part, forMs) {
    this.requireRunning(part);
    this.note(`pause ${kindOf(part)}`);
    part.pause();
    await sleep(forMs);
    part.resume();
  }

  async flush() {
    this.note("flush redis");
    await this.cluster.redis.ask("FLUSHALL");
  }

  // As after a power failure: what Redis wrote in the last `forMs` has not reached the disk.
  async loseTail(forMs) {
    const { redis } = this.cluster;
    const before = redis.written();
    await sleep(forMs);
    this.note("kill redis, lose its tail");
    await redis.kill();
    redis.forgetSince(before);
    await redis.start();
  }

  // Connections are cut in the middle of whatever they do, and the next start recovers.
  async restartPostgres() {
    this.note("restart postgres at once");
    await this.cluster.postgres.stopImmediately();
    await this.cluster.postgres.start();
  }

  // Where nothing goes, nothing fails. People come back within a second or two of the failure before.
  untilUsed(link) {
    return until(() => link.pairs.size > 0, `something to go over ${link.name}`, { everyMs: 1 });
  }

  async partition(link, directions, forMs) {
    if (link.pairs.size === 0) await this.untilUsed(link);
    this.note(`drop ${directions.length === 1 ? directions[0] : "both ways"}`);
    link.drop(...directions);
    await sleep(forMs);
    link.heal();
  }

  async cut(link, forMs) {
    if (link.pairs.size === 0) await this.untilUsed(link);
    this.note("cut");
    link.cut({ refuse: forMs > 0 });
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
    const { nodes, workers, redis, postgres, gateway } = this.cluster;
    return [...nodes, ...nodes, ...workers, redis, redis, postgres, gateway];
  }

  hit(part) {
    const { random } = this;
    if (random.below(8) === 0) return this.pause(part, random.between(50, 1500));
    return this.kill(part, random.below(2) === 0 ? 0 : random.between(0, 400));
  }
}
