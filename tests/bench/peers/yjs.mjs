// The works, done with yjs.

import * as Y from 'yjs';

// One flat Y.mergeUpdates of all updates is quadratic; yjs' users merge in groups.
const groupSize = 64;

function loaded(trace) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, trace.finalState);
  return doc;
}

function applyAll(doc, updates) {
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

function replay(trace) {
  const doc = new Y.Doc();
  doc.clientID = trace.author;
  let emitted = 0;
  doc.on('update', (update) => {
    emitted += update.length;
  });
  const text = doc.getText(trace.root);
  for (const [position, removed, inserted] of trace.edits) {
    doc.transact(() => {
      if (removed > 0) text.delete(position, removed);
      if (inserted) text.insert(position, inserted);
    });
  }
  if (emitted === 0) throw new Error('nothing was emitted');
  return doc;
}

function mergeInGroups(updates) {
  let level = updates;
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i < level.length; i += groupSize) next.push(Y.mergeUpdates(level.slice(i, i + groupSize)));
    level = next;
  }
  return level[0];
}

// What each work needs is made here, outside the time; what comes back is done within it.
export const works = {
  replay: (trace) => () => replay(trace),
  apply: (trace) => () => applyAll(new Y.Doc(), trace.updates),
  concurrent: (trace) => () => applyAll(new Y.Doc(), trace.updates),
  merge: (trace) => () => mergeInGroups(trace.updates),
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
    const half = applyAll(new Y.Doc(), trace.updates.slice(0, trace.updates.length / 2));
    const known = Y.encodeStateVector(half);
    return () => Y.encodeStateAsUpdate(doc, known);
  },
};

export function textOf(doc, trace) {
  return doc.getText(trace.root).toString();
}

export const load = loaded;

// The garbage collector takes them.
export function free() {}

// What is allocated outside of JavaScript's heap and of what node counts as external.
export function otherBytes() {
  return 0;
}
