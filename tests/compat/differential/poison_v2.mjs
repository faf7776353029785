// Poisoned updates in format v2, without a document: what the engine lets through, yjs can read, and
// reads as the engine does. (What it then does to a document is a matter of its v1 form; see poison.mjs.)

import * as Y from 'yjs';
import { expectBytes, hex, Mismatch } from './compare.mjs';
import { handMade, mutate, validUpdates } from './poison.mjs';
import { ProbeError } from './probe_client.mjs';
import { Random } from './random.mjs';

// `count` poisoned updates, each with valid ones to merge it with, for readBoth.
export function* poisonedUpdatesV2(seed, count) {
  const random = new Random(seed);
  const updates = [...validUpdates(random), handMade(random)].map(asV2).filter((update) => update !== null);
  for (let i = 0; i < count; ++i) yield { bad: mutate(random, random.pick(updates), updates), updates };
}

// Null if yjs cannot read it.
function asV2(update) {
  try {
    return Y.convertUpdateFormatV1ToV2(update);
  } catch {
    return null;
  }
}

// Resolves to whether the engine accepts the update.
export async function readBoth(probe, { bad, updates }) {
  try {
    await probe.checkUpdate(bad, 'v2');
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return false;
  }
  let expected;
  try {
    Y.applyUpdateV2(new Y.Doc(), bad);
    expected = Y.convertUpdateFormatV2ToV1(bad);
    for (const update of updates) Y.mergeUpdatesV2([update, bad]);
    Y.diffUpdateV2(bad, Uint8Array.of(0));
    Y.encodeStateVectorFromUpdateV2(bad);
  } catch (error) {
    throw new Mismatch(`an accepted v2 update ${hex(bad)}`, `yjs throws ${error.message}`, 'accepted');
  }
  expectBytes(`v2 to v1 of ${hex(bad)}`, expected, await probe.convertUpdate('v2', 'v1', bad));
  expectBytes(`v2 read and written of ${hex(bad)}`, Y.convertUpdateFormatV1ToV2(expected),
    await probe.convertUpdate('v2', 'v2', bad));
  return true;
}
