// A document held twice, in real yjs and in the engine, and the list of everything that was done to
// it: enough to do it again, and to find out which of it makes the two differ.

import * as Y from 'yjs';
import { applyUpdate } from './apply_update.mjs';
import { compareChunks, compareContent, compareDifferences, comparePending, compareState, Mismatch }
  from './compare.mjs';
import { compareMerge } from './compare_updates.mjs';
import { ProbeError } from './probe_client.mjs';
import { editBoth } from './shared_edits.mjs';
import { roots, typeRoots } from './yjs_edits.mjs';

export const remote = Symbol('remote');

export class Replica {
  // What was done, as the steps of a fixture: ['apply', update], ['apply_v2', update] and ['edit', [...]];
  // and the same with each edit as the update that it made.
  log = [];
  updates = [];

  // An author has typed roots, as an application gives them, and edits; a follower, like a server,
  // learns every type from the updates.
  static async create(probe, { clientId, gc, author }) {
    const replica = new Replica();
    replica.options = { clientId, gc, author };
    replica.doc = new Y.Doc({ gc });
    replica.doc.clientID = clientId;
    replica.twin = await probe.create({ clientId, gc });
    if (author) {
      typeRoots(replica.doc);
      await Promise.all(Object.entries(roots).map(([kind, names]) => replica.twin.open(kind, names)));
    }
    return replica;
  }

  // Applies an update to both. It is given in format v1; as `v2`, the engine gets it converted. What yjs
  // wrote must pass the check at the door.
  async apply(update, format = 'v1') {
    const step = [format === 'v2' ? 'apply_v2' : 'apply', update];
    this.log.push(step);
    this.updates.push(step);
    applyUpdate(this.doc, update, remote);
    const given = format === 'v2' ? [Y.convertUpdateFormatV1ToV2(update), 'v2'] : [update, 'v1'];
    try {
      await Promise.all([this.twin.probe.checkUpdate(...given), this.twin.apply(...given)]);
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      throw new Mismatch('apply', 'accepted', error.message);
    }
  }

  // Makes the same local edits on both: the emitted updates are equal, and are returned.
  async edit(edits) {
    this.log.push(['edit', edits]);
    const update = await editBoth(this.doc, this.twin, edits);
    this.updates.push(['apply', update]);
    return update;
  }

  // After every exchange: the bytes (and with them every struct and the delete set), what waits, how it
  // reads, and every invariant.
  async compare() {
    await Promise.all([
      compareState(this.doc, this.twin), comparePending(this.doc, this.twin), compareContent(this.doc, this.twin),
      this.twin.check().catch((error) => {
        throw new Mismatch('check', 'every invariant holds', error.message);
      }),
    ]);
  }

  // What others would be sent, now and then: differences, and the whole in chunks; and what a server makes
  // of updates without a document.
  async compareExchange(stateVectors = [], chunkBytes = 64) {
    await Promise.all([
      compareDifferences(this.doc, this.twin, stateVectors), compareChunks(this.doc, this.twin, chunkBytes),
      this.#compareUpdates(stateVectors),
    ]);
  }

  // The last updates that came; then some of them twice, and states that hold them in part.
  async #compareUpdates(stateVectors) {
    const updates = this.log.filter(([kind]) => kind !== 'edit').map(([, update]) => update).slice(-12);
    if (updates.length === 0) return;
    await compareMerge(this.twin.probe, updates, stateVectors);
    const some = updates.filter((_, i) => i % 3 !== 1);
    const states = stateVectors.map((vector) => Y.encodeStateAsUpdate(this.doc, vector));
    await compareMerge(this.twin.probe, [...states, ...some, Y.mergeUpdates(updates.slice(0, 4)), ...some, ...states],
      stateVectors);
  }

  async destroy() {
    this.doc.destroy();
    if (!this.twin.probe.dead) await this.twin.destroy();
  }
}

// Does again what a log says, comparing everything after each step. Throws the first difference.
export async function replay(probe, options, log) {
  const replica = await Replica.create(probe, options);
  try {
    for (const [step, value] of log) {
      if (step === 'edit') await replica.edit(value);
      else await replica.apply(value, step === 'apply_v2' ? 'v2' : 'v1');
      await replica.compare();
      await replica.compareExchange();
    }
  } finally {
    await replica.destroy().catch(() => {});
  }
}
