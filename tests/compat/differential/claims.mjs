// Which runs go on from a front that is not their own: an id was given two contents (no honest client
// ever does that), and one of the two structs reaches further than the other. Its end is then put
// behind the other's front, and what it belongs to is anybody's guess: yjs goes by what the struct says
// or by what its front is, depending on the order of arrival and on how it merged what waited. No rule
// makes replicas equal that have seen both. Of two structs that end alike, whatever comes second is left
// out as a whole; but yjs looks its neighbours up first, and cuts a surrogate pair between them and it.

import * as Y from 'yjs';

const replacement = '\ufffd';

// Remembers what every update says of every id.
export class Claims {
  #items = new Map();  // Client to a list of items; they may overlap.
  equivocated = false;

  // A struct that says that something was collected claims nothing about what it was, and one that says
  // that it was deleted, only where it was.
  add(update) {
    const items = Y.decodeUpdate(update).structs.filter((struct) => struct instanceof Y.Item);
    this.equivocated ||= items.some((item) => refersInACircle(item, items));
    for (const struct of items) {
      const known = this.#items.get(struct.id.client) ?? [];
      this.equivocated ||= known.some((other) =>
        overlap(struct, other) && !agree(struct, other) && (end(struct) !== end(other) || cuts(struct) || cuts(other)));
      known.push(struct);
      this.#items.set(struct.id.client, known);
    }
  }
}

// Each of two was made after the other: yjs loses one of them where they wait for each other.
function refersInACircle(item, items) {
  return references(item).some(({ client, clock }) =>
    items.some((other) => other.id.client === client && other.id.clock <= clock &&
      references(other).some((back) => back.client === item.id.client && back.clock >= item.id.clock)));
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
