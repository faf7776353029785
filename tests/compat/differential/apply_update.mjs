// Applying an update to a yjs document so that nothing waits that could go on.

import * as Y from 'yjs';

// yjs notes for a row of waiting structs only what the last of them waits for. Where that one waits for
// something else than those before it, yjs never tries them again when their turn has come. The engine
// does; so that the two can be compared, yjs is made to, within the same transaction.
export function applyUpdate(doc, update, origin) {
  Y.transact(doc, () => {
    Y.applyUpdate(doc, update, origin);
    for (let before = null; canGoOn(doc.store);) {
      const waiting = doc.store.pendingStructs.update;
      if (before !== null && Buffer.compare(before, waiting) === 0) break;  // Poisoned: it never can.
      before = waiting;
      doc.store.pendingStructs = null;
      Y.applyUpdateV2(doc, waiting, origin);
    }
  }, origin, false);
}

function canGoOn(store) {
  if (store.pendingStructs === null) return false;
  const knows = (id) => id === null || id === undefined || id.clock < Y.getState(store, id.client);
  return Y.decodeUpdateV2(store.pendingStructs.update).structs.some((struct) => {
    const state = Y.getState(store, struct.id.client);
    if (struct instanceof Y.Skip || struct.id.clock > state || struct.id.clock + struct.length <= state) return false;
    if (struct instanceof Y.GC) return true;
    const parent = struct.parent instanceof Y.ID ? struct.parent : null;
    return [struct.origin, struct.rightOrigin, parent].every(knows);
  });
}
