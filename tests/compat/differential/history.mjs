// A random history: several authors edit one document and exchange updates in every way a network
// and a server may arrange them (late, twice, out of order, merged, as differences), while followers,
// as a server does, take in what they are given. Every replica that the engine holds too is compared.
//
// Everything follows from the seed. Each step draws from a seed of its own, so that a step can be left
// out without changing what the others draw.

import * as Y from 'yjs';
import { applyUpdate } from './apply_update.mjs';
import { Random } from './random.mjs';
import { remote, Replica } from './replica.mjs';
import { randomEdit } from './shared_edits.mjs';
import { editRandomly, typeRoots } from './yjs_edits.mjs';

const followerIds = [4_000_000_001, 4_000_000_002];

export class History {
  #random;
  #probe;
  #authors = [];
  #followers = [];

  constructor(probe, seed) {
    this.#probe = probe;
    this.#random = new Random(seed);
  }

  // The replica whose comparison failed, if one did.
  failed = null;

  async run() {
    try {
      await this.#createReplicas();
      const steps = this.#random.between(8, 30);
      for (let i = 0; i < steps; ++i) await this.#step(new Random(this.#random.next()));
      await this.#settle();
    } finally {
      await this.#destroy();
    }
  }

  async #createReplicas() {
    const random = this.#random;
    const ids = random.shuffle([1, 2, 77, 2 ** 31, 3_735_928_559, 2 ** 32 + 5, 2 ** 53 - 1]);
    const authors = random.between(2, 4);
    for (let i = 0; i < authors; ++i) {
      const options = { clientId: ids[i], gc: random.chance(80), author: true };
      const both = random.chance(40);
      this.#authors.push(both ? await this.#twinned(options) : plainAuthor(options));
    }
    for (const clientId of followerIds.slice(0, random.between(1, 2))) {
      this.#followers.push(await this.#twinned({ clientId, gc: random.chance(60), author: false }));
    }
    for (const replica of this.#replicas) replica.inbox = [];
    for (const author of this.#authors) {
      author.doc.on('update', (update, origin) => {
        if (origin !== remote) this.#send(author, update);
      });
    }
  }

  async #twinned(options) {
    return Replica.create(this.#probe, options);
  }

  get #replicas() {
    return [...this.#authors, ...this.#followers];
  }

  #send(author, update) {
    for (const replica of this.#replicas) {
      if (replica !== author) replica.inbox.push(update);
    }
  }

  async #step(random) {
    if (random.chance(60)) return this.#edit(random.pick(this.#authors), random);
    return this.#deliver(random.pick(this.#replicas), random);
  }

  async #edit(author, random) {
    const count = random.weighted([[6, 1], [3, 3], [1, 8]]);
    if (!author.twin) return editRandomly(author.doc, random, count);
    await this.#guard(author, async () => {
      for (let i = 0; i < count; ++i) await author.edit([randomEdit(author.doc, random)]);
      await author.compare();
    });
  }

  // Gives a replica some of what it has not seen.
  async #deliver(to, random) {
    if (to.inbox.length === 0) return;
    for (const update of this.#parcel(to, random)) await this.#applyTo(to, update);
    if (!to.twin) return;
    await this.#guard(to, async () => {
      if (random.chance(40)) await to.compareAll(this.#someStateVectors(random), random.pick([1, 40, 1000]));
      else await to.compare();
    });
  }

  #parcel(to, random) {
    const all = to.inbox;
    switch (random.weighted([[4, 'in order'], [4, 'shuffled'], [4, 'some'], [3, 'merged'], [2, 'difference'],
      [2, 'twice']])) {
      case 'in order':
        to.inbox = [];
        return all;
      case 'shuffled':
        to.inbox = [];
        return random.shuffle(all);
      case 'some': {
        const now = new Set(all.filter(() => random.chance(50)));
        to.inbox = all.filter((update) => !now.has(update));
        return random.shuffle([...now]);
      }
      case 'merged': {
        const now = random.shuffle(all).slice(0, random.between(1, all.length));
        to.inbox = all.filter((update) => !now.includes(update));
        return [Y.mergeUpdates(now)];
      }
      case 'difference': {
        const from = random.pick(this.#authors);
        return from === to ? [] : [Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc))];
      }
      default: return random.shuffle([...all, ...all]).slice(0, all.length);
    }
  }

  async #applyTo(to, update) {
    if (to.twin) await this.#guard(to, () => to.apply(update));
    else applyUpdate(to.doc, update, remote);
  }

  // State vectors of other replicas, and one that names clocks in the middle of things.
  #someStateVectors(random) {
    const vectors = this.#replicas.map((replica) => Y.encodeStateVector(replica.doc));
    const cut = new Map();
    const state = Y.decodeStateVector(Y.encodeStateVector(random.pick(this.#authors).doc));
    for (const [client, clock] of state) {
      if (random.chance(70)) cut.set(client, random.below(clock + 2));
    }
    return [random.pick(vectors), Y.encodeStateVector(cut)];
  }

  // Ends healed: everybody gets everything, and all are the same.
  async #settle() {
    for (const replica of this.#replicas) {
      for (const update of replica.inbox.splice(0)) await this.#applyTo(replica, update);
    }
    // Taking in formats may have made authors tidy up after them: one more round carries that.
    for (const replica of this.#replicas) {
      for (const update of replica.inbox.splice(0)) await this.#applyTo(replica, update);
      if (replica.twin) await this.#guard(replica, () => replica.compareAll(this.#someStateVectors(this.#random)));
    }
  }

  async #guard(replica, action) {
    try {
      await action();
    } catch (error) {
      this.failed = replica;
      throw error;
    }
  }

  async #destroy() {
    for (const replica of this.#replicas) {
      if (replica.twin) await replica.destroy().catch(() => {});
      else replica.doc.destroy();
    }
  }
}

function plainAuthor({ clientId, gc }) {
  const doc = new Y.Doc({ gc });
  doc.clientID = clientId;
  typeRoots(doc);
  return { doc };
}
