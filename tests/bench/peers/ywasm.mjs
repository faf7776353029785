// The works, done with ywasm: yrs, yjs' port to Rust, as WebAssembly.

import { createRequire } from 'node:module';

const Y = createRequire(import.meta.url)('ywasm');

function loaded(trace) {
  const doc = new Y.YDoc({});
  Y.applyUpdate(doc, trace.finalState, null);
  return doc;
}

function applyAll(doc, updates) {
  for (const update of updates) Y.applyUpdate(doc, update, null);
  return doc;
}

function replay(trace) {
  const doc = new Y.YDoc({ clientID: trace.author });
  let emitted = 0;
  const observer = doc.onUpdate((update) => {
    emitted += update.length;
  });
  const text = doc.getText(trace.root);
  for (const [position, removed, inserted] of trace.edits) {
    const transaction = doc.beginTransaction(null);
    if (removed > 0) text.delete(position, removed, transaction);
    if (inserted) text.insert(position, inserted, undefined, transaction);
    transaction.commit();
    transaction.free();
  }
  text.free();
  observer.free();
  if (emitted === 0) throw new Error('nothing was emitted');
  return doc;
}

// ywasm 0.18 exports no function on encoded updates. The nearest: one transaction of a document that
// is thrown away.
function mergeInDocument(updates) {
  const doc = new Y.YDoc({});
  const transaction = doc.beginTransaction(null);
  for (const update of updates) transaction.applyV1(update);
  transaction.commit();
  transaction.free();
  const merged = Y.encodeStateAsUpdate(doc);
  doc.free();
  return merged;
}

export const works = {
  replay: (trace) => () => replay(trace),
  apply: (trace) => () => applyAll(new Y.YDoc({}), trace.updates),
  concurrent: (trace) => () => applyAll(new Y.YDoc({}), trace.updates),
  merge: (trace) => () => mergeInDocument(trace.updates),
  load: (trace) => () => {
    const doc = loaded(trace);
    textOf(doc, trace);
    return doc;
  },
  encode: (trace) => {
    const doc = loaded(trace);
    return () => Y.encodeStateAsUpdate(doc);
  },
  diff: (trace) => {
    const doc = loaded(trace);
    const half = applyAll(new Y.YDoc({}), trace.updates.slice(0, trace.updates.length / 2));
    const known = Y.encodeStateVector(half);
    half.free();
    return () => Y.encodeStateAsUpdate(doc, known);
  },
};

export function textOf(doc, trace) {
  const text = doc.getText(trace.root);
  const string = text.toString();
  text.free();
  return string;
}

export const load = loaded;

export function free(doc) {
  doc.free();
}

// WebAssembly's memory grows beside what node counts.
export function otherBytes() {
  return Y.__wasm.memory.buffer.byteLength;
}
