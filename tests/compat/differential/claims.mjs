// Which runs go on from a front that is not their own: an id was given two contents (no honest client
// ever does that), and one of the two structs reaches further than the other. Its end is then put
// behind the other's front, and what it belongs to is anybody's guess: yjs goes by what the struct says
// or by what its front is, depending on the order of arrival and on how it merged what waited. No rule
// makes replicas equal that have seen both. Of two structs that end alike, whatever comes second is left
// out as a whole; but yjs looks its neighbours up first, and cuts a surrogate pair between them and it.
// Such a run is also where yjs may throw, halfway through an update: it links the end into the front's list while
// calling it a part of its own, and cannot collect the one without the other. And where the front was collected
// (somebody may have made that up, too), yjs throws unless the end's own list is gone as well; the engine refuses
// the run if it can see that, but it may have waited meanwhile. The engine puts the end where its front is, or
// collects it with its front, and remains whole.
//
// And which structs wait for each other in a circle, each made after the other: honest clients make none, and
// nothing sets them free. yjs loses one of them, since it puts aside what waits by client and each client is
// to stand on its stack but once ("It is not possible to have circles"); the engine keeps all.

import * as Y from 'yjs';

const replacement = '\ufffd';

// Remembers what every update says of every id.
export class Claims {
  #items = new Map();  // Client to a list of items; they may overlap.
  equivocated = false;
  yjsIsLost = false;  // It threw, and its document is of no use any more.

  // `doc` is the document that is about to be given the update. A struct that says that something was
  // collected claims nothing about what it was, and one that says that it was deleted, only where it was.
  add(update, doc) {
    const items = itemsOf(Y.decodeUpdate(update));
    const together = [...waitingItems(doc), ...items];
    this.equivocated ||= items.some((item) => waitsForItself(item, together));
    for (const struct of items) {
      const known = this.#items.get(struct.id.client) ?? [];
      this.equivocated ||= known.some((other) =>
        overlap(struct, other) && !agree(struct, other) && (end(struct) !== end(other) || cuts(struct) || cuts(other)));
      known.push(struct);
      this.#items.set(struct.id.client, known);
    }
  }

  // Whether yjs has put the end of a run behind a front that is part of something else, or is about to put one
  // behind a front that was collected.
  hasMisplaced(doc) {
    const { clients } = doc.store;
    const isApart = (struct) =>
      struct instanceof Y.Item && struct.left !== null && struct.left.parent !== struct.parent;
    return [...clients.values()].flat().some(isApart) ||
      [...this.#items.values()].flat().some((item) => goesOnFromCollected(item, doc));
  }
}

function goesOnFromCollected(item, doc) {
  const state = Y.getState(doc.store, item.id.client);
  return item.id.clock < state && state < end(item) && doc.store.clients.get(item.id.client).at(-1) instanceof Y.GC;
}

const itemsOf = (update) => update.structs.filter((struct) => struct instanceof Y.Item);

function waitingItems(doc) {
  const { pendingStructs } = doc.store;
  return pendingStructs === null ? [] : itemsOf(Y.decodeUpdateV2(pendingStructs.update));
}

// Whether an item refers, directly or through others of `items`, to what was made after it. Every item was made
// after those with lower clocks of its client.
function waitsForItself(item, items) {
  const { client, clock } = item.id;
  const followed = new Map();  // Client to the last clock whose items and those before it are done.
  for (const open = references(item); open.length > 0;) {
    const id = open.pop();
    if (id.client === client && id.clock >= clock) return true;
    if (id.clock <= (followed.get(id.client) ?? -1)) continue;
    followed.set(id.client, id.clock);
    const before = items.filter((other) => other.id.client === id.client && other.id.clock <= id.clock);
    open.push(...before.flatMap(references));
  }
  return false;
}

function references(item) {
  return [item.origin, item.rightOrigin, item.parent].filter((id) => id instanceof Y.ID && id.client !== item.id.client);
}

const cuts = (item) => item.origin !== null || item.rightOrigin !== null;
const end = (item) => item.id.clock + item.length;

function overlap(a, b) {
  return a.id.clock < end(b) && b.id.clock < end(a);
}

// Whether two items say the same about the ids that both have.
function agree(a, b) {
  const from = Math.max(a.id.clock, b.id.clock);
  const count = Math.min(end(a), end(b)) - from;
  const gone = [a, b].some((item) => item.content instanceof Y.ContentDeleted);
  return sameOrigins(a, b, from) && (gone || sameContent(a, b, from, count));
}

// In the middle of a run, an element's origin is the one before it.
function originAt(item, clock) {
  return item.id.clock === clock ? item.origin : Y.createID(item.id.client, clock - 1);
}

// The parent is only written where there is no neighbour to take it from.
function sameOrigins(a, b, from) {
  if (!Y.compareIDs(originAt(a, from), originAt(b, from))) return false;
  if (!Y.compareIDs(a.rightOrigin, b.rightOrigin)) return false;
  if (a.id.clock !== b.id.clock) return true;
  return a.parentSub === b.parentSub && parentText(a.parent) === parentText(b.parent);
}

function parentText(parent) {
  return parent instanceof Y.ID ? `${parent.client}:${parent.clock}` : JSON.stringify(parent);
}

function sameContent(a, b, from, count) {
  if (a.content.constructor !== b.content.constructor) return false;
  if (a.length === 1 && b.length === 1) return contentText(a.content) === contentText(b.content);
  const [left, right] = [a, b].map((item) => item.content.getContent().slice(from - item.id.clock).slice(0, count));
  // Cutting a surrogate pair replaces both halves: that is no second content.
  const isString = a.content instanceof Y.ContentString;
  return left.every((value, i) => sameElement(value, right[i]) ||
    (isString && [value, right[i]].includes(replacement)));
}

function sameElement(a, b) {
  return Buffer.compare(encodeContent(new Y.ContentAny([a])), encodeContent(new Y.ContentAny([b]))) === 0;
}

function contentText(content) {
  return Buffer.from(encodeContent(content)).toString('hex');
}

function encodeContent(content) {
  const encoder = new Y.UpdateEncoderV1();
  content.write(encoder, 0);
  return encoder.toUint8Array();
}
