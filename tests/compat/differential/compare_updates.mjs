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

// `updates` in format v1, at least one; `stateVectors` encoded.
export async function compareUpdates(probe, updates, stateVectors) {
  const updatesV2 = updates.map((update) => Y.convertUpdateFormatV1ToV2(update));
  await Promise.all([
    compareIn('v1', probe, updates, stateVectors), compareIn('v2', probe, updatesV2, stateVectors),
  ]);
}

async function compareIn(format, probe, updates, stateVectors) {
  const { merge } = yjs[format];
  const expected = merge(updates);
  expectBytes(`mergeUpdates ${format}`, expected, await probe.mergeUpdates(format, updates));
  await Promise.all([
    ...updates.map((update) => compareOne(format, probe, update, [])),
    compareOne(format, probe, expected, stateVectors),
  ]);
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
  const { structs, ds } = yjs[format].decode(update);
  const inserted = structs.filter((struct) => !(struct instanceof Y.Skip))
    .map(({ id, length }) => [id.client, id.clock, length]);
  const deleted = [...ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => [client, clock, len]));
  const contents = await probe.contentsOfUpdate(format, update);
  expectText(`inserted by ${format}`, JSON.stringify(joined(inserted)), JSON.stringify(contents.inserted));
  expectText(`deleted by ${format}`, JSON.stringify(joined(deleted)), JSON.stringify(contents.deleted));
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
