// What it means that the engine and yjs hold the same document.

import * as Y from 'yjs';
import { roots, typeRoots } from './yjs_edits.mjs';

// JSON.stringify throws on a bigint; the engine writes its digits.
BigInt.prototype.toJSON = function toJson() {
  return Number(this);
};

// yjs shows the name of an XML element in the small letters of whatever language its reader has set (in Turkish,
// `DIV` is `dıv`), so beyond ASCII that is no property of the document; the engine changes no other letters.
String.prototype.toLocaleLowerCase = function toLocaleLowerCase() {
  return this.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
};

export class Mismatch extends Error {
  constructor(what, expected, actual) {
    super(`${what}: yjs and the engine differ`);
    this.what = what;
    this.expected = expected;
    this.actual = actual;
  }
}

export function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}

// A document that only shows what an update holds. yjs tidies up formats after every remote update, by
// deleting; a reader must not, or it would show its own deletions.
function newReader() {
  const reader = new Y.Doc({ gc: false });
  reader.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false;
  });
  return reader;
}

export function expectBytes(what, expected, actual) {
  if (Buffer.compare(expected, actual) !== 0) throw new Mismatch(what, hex(expected), hex(actual));
}

// A string of JavaScript may hold half a surrogate pair, UTF-8 cannot.
const asUtf8 = (text) => Buffer.from(text).toString();

export function expectText(what, expected, actual) {
  if (asUtf8(expected) !== actual) throw new Mismatch(what, expected, actual);
}

// Equal up to the order of properties, which in yjs depends on the order of arrival, and to halves of
// surrogate pairs within XML, which is one text there.
function expectJson(what, expected, actual) {
  let sorted;
  try {
    sorted = canonicalJson(JSON.parse(actual));
  } catch {
    throw new Mismatch(`${what} (not JSON)`, expected, actual);
  }
  if (canonicalJson(JSON.parse(expected, xmlAsUtf8)) !== sorted) throw new Mismatch(what, expected, actual);
}

function xmlAsUtf8(_, value) {
  return typeof value === 'string' && value.startsWith('<') ? asUtf8(value) : value;
}

function canonicalJson(value) {
  return JSON.stringify(value, (_, inner) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

// One line a struct: client, clock, length, kind, whether it is deleted.
function structLines(clients, isDeleted) {
  return [...clients].sort(([a], [b]) => b - a).map(([client, structs]) => structs.map((struct) =>
    [client, struct.id.clock, struct.length, struct.content?.constructor.name ?? struct.constructor.name,
      isDeleted(struct)].join(' ')).join('\n')).join('\n');
}

// The structs that the engine has written against those in yjs' store.
function compareStructs(doc, update) {
  const { structs, ds } = Y.decodeUpdate(update);
  const clients = new Map();
  for (const struct of structs) {
    if (!clients.has(struct.id.client)) clients.set(struct.id.client, []);
    clients.get(struct.id.client).push(struct);
  }
  const expected = structLines(doc.store.clients, (struct) => struct.deleted);
  const actual = structLines(clients, (struct) => Y.isDeleted(ds, struct.id));
  if (expected !== actual) throw new Mismatch('structs', expected, actual);
}

// State vector, structs, and everything as one update (with what is pending in it): bytes equal.
export async function compareState(doc, twin) {
  const [stateVector, update, updateV2] =
    await Promise.all([twin.stateVector(), twin.encode(), twin.encode(undefined, 'v2')]);
  expectBytes('encodeStateVector', Y.encodeStateVector(doc), stateVector);
  expectBytes('encodeStateAsUpdate', Y.encodeStateAsUpdate(doc), update);
  expectBytes('encodeStateAsUpdateV2', Y.encodeStateAsUpdateV2(doc), updateV2);
  if (doc.store.pendingStructs === null && doc.store.pendingDs === null) compareStructs(doc, update);
}

// Whether something waits for missing predecessors. (What waits is in the encoded state.)
export async function comparePending(doc, twin) {
  const expected = doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
  expectText('has_pending', String(expected), String(await twin.hasPending()));
}

// The difference to each of some state vectors: bytes equal.
export async function compareDifferences(doc, twin, stateVectors) {
  const updates = await Promise.all(stateVectors.map((vector) => twin.encode(vector)));
  updates.forEach((update, i) => {
    const what = `encodeStateAsUpdate(doc, ${hex(stateVectors[i])})`;
    expectBytes(what, Y.encodeStateAsUpdate(doc, stateVectors[i]), update);
  });
  const updatesV2 = await Promise.all(stateVectors.map((vector) => twin.encode(vector, 'v2')));
  updatesV2.forEach((update, i) => {
    const what = `encodeStateAsUpdateV2(doc, ${hex(stateVectors[i])})`;
    expectBytes(what, Y.encodeStateAsUpdateV2(doc, stateVectors[i]), update);
  });
}

// What the document has integrated, without what waits. A copy made with it could integrate more than
// the document itself has: where the waiting update claims ids that are known already, merging it with
// the rest hides its first, waiting structs, and sets free those behind them.
export function encodeIntegrated(doc) {
  const { pendingStructs, pendingDs } = doc.store;
  doc.store.pendingStructs = null;
  doc.store.pendingDs = null;
  try {
    return Y.encodeStateAsUpdate(doc);
  } finally {
    doc.store.pendingStructs = pendingStructs;
    doc.store.pendingDs = pendingDs;
  }
}

// A fresh yjs document of the same content: giving a replica's roots types would change what it does
// with later updates.
function copyOf(doc) {
  const reader = newReader();
  typeRoots(reader);
  Y.applyUpdate(reader, encodeIntegrated(doc));
  return reader;
}

// Null where yjs cannot print it: an embedded `null` or `undefined` among the children of an XML type
// makes its toString throw. What is left to compare then are the structs, which compareState does.
function printed(print) {
  try {
    return print();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}

// Every root through every view that fits it. `reader` is a yjs document with typed roots.
export async function compareContent(doc, twin, reader = copyOf(doc)) {
  const checks = [];
  const check = (view, expect, name, print) => {
    const expected = printed(print);
    if (expected === null) return;
    checks.push(twin.read(view, name).then((actual) => expect(`${view} of ${name}`, expected, actual)));
  };
  for (const name of roots.text) {
    check('text', expectText, name, () => reader.getText(name).toString());
    check('delta', expectJson, name, () => JSON.stringify(reader.getText(name).toDelta()));
  }
  for (const name of roots.array) {
    check('array', expectJson, name, () => JSON.stringify(reader.getArray(name).toJSON()));
  }
  for (const name of roots.map) {
    check('map', expectJson, name, () => JSON.stringify(reader.getMap(name).toJSON()));
  }
  for (const name of roots.xml) check('xml', expectText, name, () => reader.getXmlFragment(name).toString());
  for (const name of roots.xmlText) {
    check('delta', expectJson, name, () => JSON.stringify(reader.get(name, Y.XmlText).toDelta()));
  }
  checks.push(compareRoots(reader, twin));
  checks.push(twin.json().then((text) => void JSON.parse(text)));
  await Promise.all(checks);
}

// The engine lists the roots that hold something; it may list others that yjs knows too.
async function compareRoots(reader, twin) {
  const names = await twin.roots();
  for (const [name, type] of reader.share) {
    const filled = type._start !== null || type._map.size > 0;
    if (filled && !names.includes(name)) throw new Mismatch('root_names', name, names.join());
  }
}

// The chunks of a first sync, applied one after the other: nothing ever waits, and the end is equal.
export async function compareChunks(doc, twin, bytes) {
  const chunks = await twin.chunks(bytes);
  const reader = newReader();
  const whole = Y.encodeStateAsUpdate(doc);
  const waits = Y.decodeUpdate(whole).structs.some((struct) => struct instanceof Y.Skip) ||
    doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
  for (const chunk of chunks) {
    Y.applyUpdate(reader, chunk);
    if (!waits && reader.store.pendingStructs !== null) {
      throw new Mismatch('chunks', 'nothing pending', chunks.map(hex).join(' '));
    }
  }
  // How yjs joins neighbouring structs depends on what came together, so the bytes may differ.
  const direct = newReader();
  Y.applyUpdate(direct, whole);
  expectBytes('chunks (state vector)', Y.encodeStateVector(direct), Y.encodeStateVector(reader));
  const deleted = [direct, reader].map((each) => Y.createDeleteSetFromStructStore(each.store));
  if (!Y.equalDeleteSets(...deleted)) throw new Mismatch('chunks (delete set)', hex(whole), '');
  typeRoots(direct);
  typeRoots(reader);
  const content = printed(() => JSON.stringify(direct));
  if (content !== null) expectJson('chunks (content)', content, JSON.stringify(reader));
}
