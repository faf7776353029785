// What it means that the engine and yjs do the same with encoded updates, without a document.

import * as Y from 'yjs';
import { expectBytes, expectText } from './compare.mjs';

const yjs = {
  v1: {
    merge: Y.mergeUpdates, diff: Y.diffUpdate, stateVector: Y.encodeStateVectorFromUpdate,
    decode: Y.decodeUpdate, convert: Y.convertUpdateFormatV1ToV2, other: 'v2',
  },
  v2: {
    merge: Y.mergeUpdatesV2, diff: Y.diffUpdateV2, stateVector: Y.encodeStateVectorFromUpdateV2,
    decode: Y.decodeUpdateV2, convert: Y.convertUpdateFormatV2ToV1, other: 'v1',
  },
};

// Merges updates (format v1, at least one), and looks at all of them and at the outcome, in both formats:
// bytes equal. Resolves to what yjs makes of them in v1.
export async function compareMerge(probe, updates, stateVectors = []) {
  const updatesV2 = updates.map((update) => Y.convertUpdateFormatV1ToV2(update));
  const [merged] = await Promise.all([
    compareIn('v1', probe, updates, stateVectors), compareIn('v2', probe, updatesV2, stateVectors),
  ]);
  return merged;
}

async function compareIn(format, probe, updates, stateVectors) {
  const { merge } = yjs[format];
  const expected = merge(updates);
  const merged = await probe.mergeUpdates(format, updates);
  if (isOrdered(format, updates)) expectBytes(`mergeUpdates ${format}`, expected, merged);
  else expectText(`mergeUpdates ${format}`, contents(format, expected), contents(format, merged));
  await Promise.all([
    ...updates.map((update) => compareOne(format, probe, update, [])),
    compareOne(format, probe, expected, stateVectors),
  ]);
  return expected;
}

async function compareOne(format, probe, update, stateVectors) {
  const { diff, stateVector, convert, other } = yjs[format];
  await probe.checkUpdate(update, format);
  const [vector, converted, same] = await Promise.all([
    probe.stateVectorOfUpdate(format, update), probe.convertUpdate(format, other, update),
    probe.convertUpdate(format, format, update),
  ]);
  expectBytes(`state vector of an update ${format}`, stateVector(update), vector);
  expectBytes(`${format} converted`, convert(update), converted);
  expectBytes(`${format} read and written`, yjs[other].convert(convert(update)), same);
  await compareContents(format, probe, update);
  for (const known of stateVectors) {
    expectBytes(`diffUpdate ${format}`, diff(update, known), await probe.diffUpdate(format, update, known));
  }
}

async function compareContents(format, probe, update) {
  const { inserted, deleted } = await probe.contentsOfUpdate(format, update);
  expectText(`contents of an update ${format}`, contents(format, update), JSON.stringify([inserted, deleted]));
}

// What an update inserts and deletes, as text.
function contents(format, update) {
  const { structs, ds } = yjs[format].decode(update);
  const inserted = structs.filter((struct) => !(struct instanceof Y.Skip))
    .map(({ id, length }) => [id.client, id.clock, length]);
  const deleted = [...ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => [client, clock, len]));
  return JSON.stringify([joined(inserted), joined(deleted)]);
}

// Whether yjs has an order for what it merges. Its comparison of a GC and an item of the same clock calls
// the one smaller that it is asked about; among more than two updates, what comes first is then up to the
// sorting algorithm of the JavaScript engine.
function isOrdered(format, updates) {
  if (updates.length <= 2) return true;
  const kinds = new Map();
  return updates.every((update) => yjs[format].decode(update).structs.every((struct) => {
    if (struct instanceof Y.Skip) return true;
    const place = `${struct.id.client} ${struct.id.clock}`;
    if (!kinds.has(place)) kinds.set(place, struct.constructor);
    return kinds.get(place) === struct.constructor;
  }));
}

// Ranges in order, joined where they touch.
function joined(ranges) {
  const out = [];
  for (const [client, clock, length] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = out.at(-1);
    if (last && last[0] === client && last[1] + last[2] >= clock) {
      last[2] = Math.max(last[2], clock + length - last[1]);
    } else {
      out.push([client, clock, length]);
    }
  }
  return out;
}
