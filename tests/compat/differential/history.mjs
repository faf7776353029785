// A random history: several authors edit one document and exchange updates in every way a network
// and a server may arrange them (late, twice, out of order, lost and sent again, merged, cut, as
// differences), while followers, as a server does, take in what they are given. Every replica that the
// engine holds too is compared after every exchange.
//
// Everything follows from the seed. Each step draws from a seed of its own, so that a step can be left
// out without changing what the others draw.

import * as Y from 'yjs';
import { applyUpdate } from './apply_update.mjs';
import { compareMerge } from './compare_updates.mjs';
import { Fixture } from './fixtures.mjs';
import { Random } from './random.mjs';
import { remote, Replica } from './replica.mjs';
import { drawShape } from './shapes.mjs';
import { randomEdit } from './shared_edits.mjs';
import { editRandomly, typeRoots } from './yjs_edits.mjs';

const followerIds = [4_000_000_001, 4_000_000_002];

const deliveries = [
  [4, 'in order'], [4, 'shuffled'], [4, 'some'], [3, 'merged'], [2, 'merged and cut'], [2, 'difference'],
  [2, 'whole state'], [2, 'twice'], [2, 'cut'], [2, 'lost'],
];

export class History {
  #random;
  #probe;
  #tally;
  #shape;
  #authors = [];
  #followers = [];

  // `tally` counts what is done.
  constructor(probe, seed, tally) {
    this.#probe = probe;
    this.#random = new Random(seed);
    this.#tally = tally;
  }

  // What failed, if something did: fixtures, the best to be made small first.
  failed = null;

  async run() {
    try {
      this.#shape = drawShape(this.#random);
      this.#tally.add(`history ${this.#shape.name}`);
      await this.#createReplicas();
      const steps = this.#random.weighted([[12, this.#random.between(8, 30)], [1, this.#random.between(60, 120)]]);
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
      this.#authors.push(both ? await Replica.create(this.#probe, options) : plainAuthor(options));
    }
    for (const clientId of followerIds.slice(0, random.between(1, 2))) {
      this.#followers.push(await Replica.create(this.#probe, { clientId, gc: random.chance(60), author: false }));
    }
    for (const replica of this.#replicas) {
      replica.inbox = [];
      replica.lost = [];
    }
    for (const author of this.#authors) {
      author.doc.on('update', (update, origin) => {
        if (origin !== remote) this.#send(author, update);
      });
    }
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
    if (!author.twin) {
      for (const name of editRandomly(author.doc, random, count, this.#shape)) this.#tally.add(`edit ${name}`);
      return;
    }
    await this.#guard(author, async () => {
      for (let i = 0; i < count; ++i) {
        const edit = randomEdit(author.doc, random, this.#shape);
        await author.edit([edit]);
        this.#tally.add(`edit of both ${edit.op}`);
      }
      await author.compare();
    });
  }

  // Gives a replica some of what it has not seen.
  async #deliver(to, random) {
    if (to.inbox.length === 0) return;
    const kind = random.weighted(deliveries);
    this.#tally.add(`delivery ${kind}`);
    for (const update of await this.#parcel(to, kind, random)) await this.#applyTo(to, update);
    if (!to.twin) return;
    await this.#guard(to, async () => {
      await to.compare();
      if (random.chance(40)) {
        await to.compareExchange(this.#someStateVectors(random), random.pick([1, 40, 1000]));
      }
    });
  }

  async #parcel(to, kind, random) {
    const all = to.inbox;
    const take = (updates) => {
      to.inbox = all.filter((update) => !updates.includes(update));
      return updates;
    };
    switch (kind) {
      case 'in order': return take(all);
      case 'shuffled': return random.shuffle(take(all));
      case 'some': return random.shuffle(take(all.filter(() => random.chance(50))));
      case 'merged':
        return [await this.#merge(take(random.shuffle(all).slice(0, random.between(1, all.length))))];
      // What follows the cut waits until the whole comes, which it still does.
      case 'merged and cut': {
        const some = random.shuffle(all).slice(0, random.between(1, all.length));
        return [cutFront(await this.#merge(some), random)];
      }
      case 'cut': return all.map((update) => cutFront(update, random));
      case 'difference': return this.#stateOf(to, random, Y.encodeStateVector(to.doc));
      case 'whole state': return this.#stateOf(to, random);
      case 'lost':
        to.lost.push(...take(all.filter(() => random.chance(50))));
        return random.shuffle(take(to.inbox));
      default: return random.shuffle([...all, ...all]).slice(0, all.length);
    }
  }

  // What another replica, author or follower, has and what waits in it.
  #stateOf(to, random, stateVector) {
    const from = random.pick(this.#replicas);
    return from === to ? [] : [Y.encodeStateAsUpdate(from.doc, stateVector)];
  }

  async #merge(updates) {
    this.#tally.add('merged updates', updates.length);
    try {
      return await compareMerge(this.#probe, updates);
    } catch (error) {
      this.failed = [new Fixture('merge', {}, updates.map((update) => ['update', update]))];
      throw error;
    }
  }

  async #applyTo(to, update) {
    this.#tally.add(to.twin ? 'update applied to both' : 'update applied to yjs');
    if (!to.twin) return applyUpdate(to.doc, update, remote);
    const format = to.log.length % 2 === 0 ? 'v1' : 'v2';
    return this.#guard(to, () => to.apply(update, format));
  }

  // State vectors of other replicas, and one that names clocks in the middle of things.
  #someStateVectors(random) {
    const vectors = this.#replicas.map((replica) => Y.encodeStateVector(replica.doc));
    const cut = new Map();
    for (const [client, clock] of Y.decodeStateVector(random.pick(vectors))) {
      if (random.chance(70)) cut.set(client, random.below(clock + 2));
    }
    return [random.pick(vectors), Y.encodeStateVector(cut)];
  }

  // Ends healed: everybody gets everything, and all are the same.
  async #settle() {
    for (const replica of this.#replicas) {
      replica.inbox.push(...replica.lost.splice(0));
      await this.#empty(replica);
    }
    // Taking in formats may have made authors tidy up after them: one more round carries that.
    for (const replica of this.#replicas) {
      await this.#empty(replica);
      if (!replica.twin) continue;
      await this.#guard(replica, async () => {
        await replica.compare();
        await replica.compareExchange(this.#someStateVectors(this.#random));
      });
    }
  }

  async #empty(replica) {
    for (const update of replica.inbox.splice(0)) await this.#applyTo(replica, update);
  }

  async #guard(replica, action) {
    try {
      await action();
    } catch (error) {
      this.failed ??= [Fixture.ofSpectator(replica), Fixture.of(replica)];
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

// What somebody lacks of an update who knows each client's part of it up to some clock, in the middle of
// a run or not; but not of a surrogate pair. Nobody knows half of one, and what yjs makes of the other half
// depends on whether it has to wait: then it cuts the pair, also where the whole came before its turn.
function cutFront(update, random) {
  const ends = new Map();
  const { structs } = Y.decodeUpdate(update);
  for (const { id, length } of structs) ends.set(id.client, id.clock + length);
  const vector = new Map();
  for (const [client, end] of ends) {
    const own = structs.filter((struct) => struct.id.client === client);
    const start = own[0].id.clock;
    const clock = start + random.below(end - start + 1);
    if (random.chance(80)) vector.set(client, own.some((struct) => cutsPair(struct, clock)) ? clock + 1 : clock);
  }
  return Y.diffUpdate(update, Y.encodeStateVector(vector));
}

function cutsPair({ id, length, content }, clock) {
  if (!(content instanceof Y.ContentString) || clock <= id.clock || clock >= id.clock + length) return false;
  const unit = content.str.charCodeAt(clock - id.clock);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
