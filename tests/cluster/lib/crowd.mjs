// People in some documents who type while things fail, and afterwards the judgement.
//
// Somebody who stays through a failure keeps a whole copy, and would silently give back what the servers have
// lost. So in every second document everybody is forgetful: when something fails their tabs crash, all at once,
// and they come back with nothing but the knowledge of what was acknowledged.

import { Person } from "./person.mjs";
import { command } from "./syncline.mjs";
import { until } from "./wait.mjs";

const settleLimitMs = 60_000;

export class Crowd {
  // `urls` are where people connect, in turn. `name` begins the names of their documents.
  constructor(cluster, { name, urls, documents = 4, perDocument = 3, typingEveryMs = 50, random }) {
    this.cluster = cluster;
    this.urls = urls;
    this.random = random;
    this.typingEveryMs = typingEveryMs;
    this.seats = [];
    this.generation = 0;
    for (let i = 0; i < documents; i += 1) {
      const document = `${name}/${i}`;
      for (let j = 0; j < perDocument; j += 1) {
        const url = urls[(i + j) % urls.length];
        this.seats.push({ document, url, forgetful: i % 2 === 1, acknowledged: new Set(), person: null });
      }
    }
  }

  get people() {
    return this.seats.map(({ person }) => person);
  }

  get documents() {
    return [...new Set(this.seats.map(({ document }) => document))];
  }

  get acknowledged() {
    return this.seats.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  // Edits that were sent and are not acknowledged, of people who are connected.
  get underWay() {
    return this.people.reduce((sum, person) => sum + (person?.synced ? person.unacknowledged.size : 0), 0);
  }

  of(document) {
    return this.seats.filter((seat) => seat.document === document);
  }

  sit(seat) {
    this.generation += 1;
    const { url, document, acknowledged } = seat;
    seat.person = new Person(url, document, { name: `p${this.generation}`, acknowledged, maxBackoffTime: 400 });
    seat.person.keepTyping(this.typingEveryMs, () => this.random.next());
  }

  async arrive() {
    for (const seat of this.seats) this.sit(seat);
    await Promise.all(this.people.map((person) => person.untilSynced(settleLimitMs)));
  }

  // The forgetful ones are gone at this moment, and back at once.
  forget() {
    for (const seat of this.seats) {
      if (!seat.forgetful) continue;
      seat.person.vanish();
      this.sit(seat);
    }
  }

  typeOnce() {
    this.people.forEach((person) => person.type(() => this.random.next()));
  }

  stopTyping() {
    this.people.forEach((person) => person.stopTyping());
  }

  leave() {
    this.people.forEach((person) => person?.leave());
  }

  // Everything has healed: nobody types any more, everything is acknowledged, and all who have a document open see
  // the same. Then PostgreSQL alone, read by processes that know nothing else, has the same, and with it every edit
  // that was ever acknowledged.
  async judge() {
    this.stopTyping();
    this.cluster.requireNoCollapse();
    await Promise.all(this.people.map((person) => person.untilAcknowledged(settleLimitMs)));
    for (const document of this.documents) await this.untilEqual(document);
    await this.untilDrained();
    await Promise.all(this.documents.map((document) => this.judgeLog(document)));
    await this.judgeFreshNode();
    this.cluster.requireNoCollapse();
  }

  untilEqual(document) {
    const people = this.of(document).map(({ person }) => person);
    const different = () => {
      const counts = people.map(({ name, edits, synced }) => `${name} ${edits.length}${synced ? "" : " (not synced)"}`);
      return `all to see the same in ${document}; edits: ${counts.join(", ")}`;
    };
    // What is cheap to see first.
    const [first] = people;
    const alike = (person) => person.synced && person.edits.length === first.edits.length;
    const equal = () => people.every(alike) && people.every((person) => person.state() === first.state());
    return until(equal, different, { limitMs: settleLimitMs, everyMs: 30 });
  }

  // Nothing is left in the write buffer, and the nodes know it.
  async untilDrained() {
    const { cluster } = this;
    if (cluster.durability !== "buffer") return;
    const left = () => cluster.redis.buffered();
    const what = async () => `the write buffer to be empty: ${await left()} entries and dirty documents`;
    await until(async () => (await left()) === 0, what, { limitMs: settleLimitMs, everyMs: 100 });
  }

  async judgeLog(document) {
    const { cluster } = this;
    const shown = JSON.parse(
      await command(["doc", "show", document, "--root", "edits", "--format", "json", "--check"], {
        postgres: cluster.postgres.url,
      }),
    );
    const present = new Set(shown);
    const acknowledged = this.of(document).flatMap((seat) => [...seat.acknowledged]);
    const lost = acknowledged.filter((mark) => !present.has(mark));
    if (lost.length > 0) {
      throw new Error(`${lost.length} of ${acknowledged.length} acknowledged edits of ${document} are lost: ${lost.slice(0, 5)}`);
    }
    const [{ person }] = this.of(document);
    if (JSON.stringify(shown) !== JSON.stringify(person.edits.toArray())) {
      throw new Error(`${document} in PostgreSQL is another than what people see`);
    }
    const gaps = await cluster.gapsOf(document);
    if (gaps !== 0) throw new Error(`the log of ${document} has ${gaps} gaps`);
  }

  // A node that has just been started and knows of no Redis serves the same to people who know nothing.
  async judgeFreshNode() {
    const node = await this.cluster.makeFreshNode();
    const readers = this.documents.map((document) => new Person(node.url, document, { name: "reader" }));
    try {
      await node.startSupervised();
      await Promise.all(readers.map((reader) => reader.untilSynced(settleLimitMs)));
      for (const reader of readers) {
        const [{ person }] = this.of(reader.document);
        if (reader.state() !== person.state()) throw new Error(`a fresh node serves another ${reader.document}`);
      }
    } finally {
      readers.forEach((reader) => reader.leave());
      await node.kill();
    }
  }
}
