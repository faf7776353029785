// A document held twice, in real yjs and in the engine, and the list of everything that was done to
// it: enough to do it again, and to find out which of it makes the two differ.

import * as Y from 'yjs';
import { applyUpdate } from './apply_update.mjs';
import { compareChunks, compareContent, compareDifferences, comparePending, compareState, Mismatch }
  from './compare.mjs';
import { ProbeError } from './probe_client.mjs';
import { editBoth } from './shared_edits.mjs';
import { roots, typeRoots } from './yjs_edits.mjs';

export const remote = Symbol('remote');

export class Replica {
  // What was done, as the steps of a fixture: ['apply', update] and ['edit', [...]]; and the same with
  // each edit as the update that it made.
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

  // Applies an update to both. What yjs wrote must pass the check at the door.
  async apply(update) {
    this.log.push(['apply', update]);
    this.updates.push(['apply', update]);
    applyUpdate(this.doc, update, remote);
    try {
      await Promise.all([this.twin.probe.checkUpdate(update), this.twin.apply(update)]);
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

  // What others would be sent, now and then: differences, and the whole in chunks.
  async compareExchange(stateVectors = [], chunkBytes = 64) {
    await Promise.all([
      compareDifferences(this.doc, this.twin, stateVectors), compareChunks(this.doc, this.twin, chunkBytes),
    ]);
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
      if (step === 'apply') await replica.apply(value);
      else await replica.edit(value);
      await replica.compare();
      await replica.compareExchange();
    }
  } finally {
    await replica.destroy().catch(() => {});
  }
}
