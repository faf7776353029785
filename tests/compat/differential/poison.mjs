// Poisoned updates: what the engine lets through, every stock yjs client must be able to read, and
// must end up with the same document; what the engine refuses leaves its document as it was.
//
// "The same document" is not asked for once a run goes on from a front of other content, or structs wait for
// each other, see claims.mjs, nor that yjs gets through it where it puts such a run into two lists at once. What
// always is: that the engine does, that every invariant holds, and that what it then sends to newcomers is one
// document to all of them.
//
// Mutations of updates that yjs wrote (bytes flipped, dropped, doubled, numbers replaced, pieces of
// another update put in between), updates put together from random structs, and made-up collections of a part
// of what is in other updates.

import * as Y from 'yjs';
import * as encoding from 'lib0/encoding';
import { applyUpdate } from './apply_update.mjs';
import { Claims } from './claims.mjs';
import { compareContent, compareState, hex, Mismatch } from './compare.mjs';
import { ProbeDied, ProbeError } from './probe_client.mjs';
import { Random } from './random.mjs';
import { any, json, keys, word } from './values.mjs';
import { editRandomly, roots, typeRoots } from './yjs_edits.mjs';

// `count` poisoned updates against one base document, each with what goes before and after it, for
// tryOne.
export function* poisonedUpdates(seed, count) {
  const random = new Random(seed);
  const updates = validUpdates(random);
  for (let i = 0; i < count; ++i) {
    const base = updates.slice(0, random.below(updates.length + 1));
    const bad = makeBad(random, updates);
    const rest = random.shuffle(updates);
    yield { base, bad, rest, gc: random.chance(50) };
  }
}

function makeBad(random, updates) {
  switch (random.weighted([[6, 'mutated'], [4, 'hand-made'], [1, 'collected']])) {
    case 'mutated': return mutate(random, random.pick(updates), updates);
    case 'hand-made': return handMade(random);
    default: return collected(random, updates) ?? handMade(random);
  }
}

export function validUpdates(random) {
  const updates = [];
  const docs = [1, 2].map((clientId) => {
    const doc = new Y.Doc({ gc: random.chance(70) });
    doc.clientID = clientId;
    typeRoots(doc);
    doc.on('update', (update) => updates.push(update));
    return doc;
  });
  for (let i = 0; i < 5 || updates.length === 0; ++i) {
    editRandomly(random.pick(docs), random, random.between(1, 3));
    if (random.chance(30)) Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]));
  }
  return updates;
}

// The bad update in a document that has `base`, and then the rest of what it may depend on. Resolves to
// whether it was accepted.
export async function tryOne(probe, { base, bad, rest, gc }) {
  const doc = new Y.Doc({ gc });
  doc.clientID = 4_000_000_001;
  const twin = await probe.create({ clientId: doc.clientID, gc });
  const claims = new Claims();
  const compare = async () => {
    if (!claims.equivocated && !claims.yjsIsLost) await compareState(doc, twin);
  };
  try {
    for (const update of base) await applyBoth(doc, twin, update, claims);
    const before = await twin.encode();
    const accepted = await applyIfAccepted(doc, twin, bad, claims);
    if (!accepted) {
      const after = await twin.encode();
      if (Buffer.compare(before, after) !== 0) {
        throw new Mismatch('a refused update left traces', hex(before), hex(after));
      }
      return false;
    }
    await compare();
    for (const update of rest) {
      if (await applyIfAccepted(doc, twin, update, claims)) await compare();
    }
    if (!claims.yjsIsLost) await readable(doc, twin, claims);
    if (claims.equivocated || claims.yjsIsLost) await sendable(probe, twin);
    await twin.check().catch((error) => {
      throw new Mismatch('check', 'every invariant holds', error.message);
    });
    return true;
  } finally {
    doc.destroy();
    await twin.destroy().catch(() => {});
  }
}

async function applyBoth(doc, twin, update, claims) {
  claims.add(update, doc);
  applyUpdate(doc, update);
  await twin.apply(update);
}

async function applyIfAccepted(doc, twin, update, claims) {
  try {
    await twin.apply(update);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return false;
  }
  if (claims.yjsIsLost) return true;
  claims.add(update, doc);
  try {
    applyUpdate(doc, update);
    Y.mergeUpdates([update, Y.encodeStateAsUpdate(doc)]);
    Y.diffUpdate(update, Y.encodeStateVector(doc));
    Y.encodeStateVectorFromUpdate(update);
  } catch (error) {
    claims.yjsIsLost = claims.hasMisplaced(doc);
    if (!claims.yjsIsLost) throw new Mismatch('an accepted update', `yjs throws ${error.message}`, 'accepted');
  }
  return true;
}

async function readable(doc, twin, claims) {
  try {
    Y.applyUpdate(new Y.Doc(), Y.encodeStateAsUpdate(doc));
  } catch (error) {
    throw new Mismatch('a document with an accepted update', `yjs throws ${error.message}`, 'accepted');
  }
  // Nothing follows any more: the document itself can be read.
  typeRoots(doc);
  try {
    await compareContent(doc, twin, doc);
  } catch (error) {
    if (!(error instanceof Mismatch && claims.equivocated)) throw error;
  }
}

// What the engine's document is to who reads nothing but its encoding: the same to yjs and to another engine.
// (But for a circle of what waits.)
async function sendable(probe, twin) {
  const update = await twin.encode();
  const doc = new Y.Doc();
  const claims = new Claims();
  claims.add(update, doc);
  const newcomer = await probe.create({ clientId: doc.clientID, gc: true });
  try {
    Y.applyUpdate(doc, update);
    await newcomer.load(update);
    if (claims.equivocated) return;
    await compareState(doc, newcomer);
    typeRoots(doc);
    await compareContent(doc, newcomer, doc);
  } catch (error) {
    if (error instanceof Mismatch || error instanceof ProbeDied) throw error;
    throw new Mismatch('the encoding of a document with an accepted update', 'it is read', error.message);
  } finally {
    doc.destroy();
    await newcomer.destroy().catch(() => {});
  }
}

export function mutate(random, update, others) {
  let bytes = [...update];
  for (let i = random.between(1, 3); i > 0; --i) {
    const at = random.below(bytes.length);
    switch (random.below(7)) {
      case 0: bytes[at] = random.below(256); break;
      case 1: bytes[at] ^= 1 << random.below(8); break;
      case 2: bytes.splice(at, random.between(1, 3)); break;
      case 3: bytes.splice(at, 0, random.below(256)); break;
      case 4: bytes.splice(at, 1, ...varUint(randomNumber(random))); break;
      case 5: {
        const other = random.pick(others);
        const from = random.below(other.length);
        bytes.splice(at, random.below(4), ...other.slice(from, from + random.between(1, 8)));
        break;
      }
      default: bytes[at] = (bytes[at] + random.pick([1, 255])) & 255;
    }
    if (bytes.length === 0) bytes = [0];
  }
  return Uint8Array.from(bytes);
}

// One struct that says that some elements of a run are deleted and collected; null if there is no run.
function collected(random, updates) {
  const runs = updates.flatMap((update) => Y.decodeUpdate(update).structs)
    .filter((struct) => struct instanceof Y.Item && struct.length > 1);
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  const from = random.below(run.length);
  const { client, clock } = run.id;
  const origin = from === 0 ? run.origin : Y.createID(client, clock + from - 1);
  const content = new Y.ContentDeleted(random.between(1, run.length - from));
  const item = new Y.Item(Y.createID(client, clock + from), null, origin, null, run.rightOrigin,
    run.parent, run.parentSub, content);
  const encoder = new Y.UpdateEncoderV1();
  for (const number of [1, 1, client, clock + from]) encoding.writeVarUint(encoder.restEncoder, number);
  item.write(encoder, 0);
  encoding.writeVarUint(encoder.restEncoder, 0);
  return encoder.toUint8Array();
}

function varUint(number) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, number);
  return encoding.toUint8Array(encoder);
}

function randomNumber(random) {
  return random.pick([0, 1, 2, 3, 5, 127, 128, 300, 2 ** 31, 2 ** 32, 2 ** 53 - 1, random.below(10)]);
}

// Clients and clocks near those of the valid updates, so that some of it fits together.
function writeId(encoder, random) {
  encoding.writeVarUint(encoder, random.pick([1, 2, 3]));
  encoding.writeVarUint(encoder, random.weighted([[8, random.below(8)], [1, randomNumber(random)]]));
}

export function handMade(random) {
  const encoder = encoding.createEncoder();
  const clients = random.shuffle([1, 2, 3, 9]).slice(0, random.weighted([[1, 0], [6, 1], [3, 2]]));
  encoding.writeVarUint(encoder, clients.length);
  for (const client of clients.sort((a, b) => b - a)) {
    const structs = random.between(1, 3);
    encoding.writeVarUint(encoder, structs);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, random.weighted([[5, 0], [5, random.below(12)], [1, 2 ** 53 - 4]]));
    for (let i = 0; i < structs; ++i) writeStruct(encoder, random);
  }
  const deletes = random.weighted([[3, 0], [2, 1]]);
  encoding.writeVarUint(encoder, deletes);
  for (let i = 0; i < deletes; ++i) {
    encoding.writeVarUint(encoder, random.pick([1, 2]));
    const ranges = random.between(1, 2);
    encoding.writeVarUint(encoder, ranges);
    for (let j = 0, clock = 0; j < ranges; ++j) {
      clock += random.below(4);
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, random.weighted([[9, random.between(1, 3)], [1, randomNumber(random)]]));
      clock += 3;
    }
  }
  return encoding.toUint8Array(encoder);
}

function writeStruct(encoder, random) {
  const ref = random.weighted([[1, 0], [1, 10], [20, random.between(1, 9)], [1, random.below(32)]]);
  if (ref === 0 || ref === 10) {
    encoding.writeUint8(encoder, ref);
    return encoding.writeVarUint(encoder, random.weighted([[9, random.between(1, 4)], [1, 0]]));
  }
  const origin = random.chance(40);
  const rightOrigin = random.chance(20);
  const parentSub = random.chance(30);
  encoding.writeUint8(encoder, ref | (origin ? 128 : 0) | (rightOrigin ? 64 : 0) | (parentSub ? 32 : 0));
  if (origin) writeId(encoder, random);
  if (rightOrigin) writeId(encoder, random);
  if (!origin && !rightOrigin) {
    if (random.chance(60)) {
      encoding.writeVarUint(encoder, 1);
      encoding.writeVarString(encoder, random.pick(Object.values(roots).flat()));
    } else {
      encoding.writeVarUint(encoder, random.weighted([[9, 0], [1, 2]]));
      writeId(encoder, random);
    }
    if (parentSub) encoding.writeVarString(encoder, random.pick(keys));
  }
  return writeContent(encoder, random, ref);
}

function writeContent(encoder, random, ref) {
  switch (ref) {
    case 1: return encoding.writeVarUint(encoder, random.weighted([[9, random.between(1, 3)], [1, 0]]));
    case 2: {
      const count = random.weighted([[9, random.between(1, 2)], [1, 0]]);
      encoding.writeVarUint(encoder, count);
      for (let i = 0; i < count; ++i) {
        encoding.writeVarString(encoder, random.pick(['undefined', JSON.stringify(json(random)), '{', '']));
      }
      return undefined;
    }
    case 3: return encoding.writeVarUint8Array(encoder, random.bytes(random.below(3)));
    case 4: return encoding.writeVarString(encoder, random.weighted([[9, word(random)], [1, '']]));
    case 5: return encoding.writeVarString(encoder, random.pick(['{"a":1}', 'null', '"x"', '1', JSON.stringify(json(random)), 'x']));
    case 6:
      encoding.writeVarString(encoder, random.pick(['bold', ...keys]));
      return encoding.writeVarString(encoder, random.pick(['true', 'null', '{}', JSON.stringify(json(random)), '}']));
    case 7: {
      const type = random.weighted([[9, random.below(7)], [1, random.below(12)]]);
      encoding.writeVarUint(encoder, type);
      if (type === 3 || type === 5) encoding.writeVarString(encoder, word(random));
      return undefined;
    }
    case 8: {
      const count = random.weighted([[9, random.between(1, 2)], [1, 0]]);
      encoding.writeVarUint(encoder, count);
      for (let i = 0; i < count; ++i) encoding.writeAny(encoder, any(random));
      return undefined;
    }
    case 9:
      encoding.writeVarString(encoder, word(random));
      return encoding.writeAny(encoder, random.pick([{}, { gc: false }, { autoLoad: true }, null, undefined,
        1, 'x', { meta: any(random) }, [], any(random)]));
    default: return encoding.writeVarUint(encoder, random.below(10));
  }
}
