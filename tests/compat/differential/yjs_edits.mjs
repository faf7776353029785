// Random edits through the whole public interface of yjs, and a few through its structs: what an
// author of a random history does to its document. The roots' names tell their types.

import * as Y from 'yjs';
import { any, formats, json, keys, nonEmptyWord, word } from './values.mjs';

export const roots = {
  text: ['text', 'text-ü'],
  array: ['array', 'array/2'],
  map: ['map', 'map 2'],
  xml: ['xml', 'xml-2'],
  xmlText: ['xml-text'],
};

// Gives every root its type, as an application does when it opens a document.
export function typeRoots(doc) {
  for (const name of roots.text) doc.getText(name);
  for (const name of roots.array) doc.getArray(name);
  for (const name of roots.map) doc.getMap(name);
  for (const name of roots.xml) doc.getXmlFragment(name);
  for (const name of roots.xmlText) doc.get(name, Y.XmlText);
}

// Makes `count` random edits in one transaction.
export function editRandomly(doc, random, count) {
  doc.transact(() => {
    for (let i = 0; i < count; ++i) editOnce(doc, random);
  }, 'edit');
}

function editOnce(doc, random) {
  const type = randomType(doc, random);
  if (type instanceof Y.Text) editText(type, random);
  else if (type instanceof Y.XmlFragment) editXml(type, random);
  else if (type instanceof Y.Map) editMap(type, random);
  else editArray(type, random);
}

// A root, or something alive below it.
function randomType(doc, random) {
  const [name, make] = random.pick([
    ...roots.text.map((root) => [root, Y.Text]), ...roots.array.map((root) => [root, Y.Array]),
    ...roots.map.map((root) => [root, Y.Map]), ...roots.xml.map((root) => [root, Y.XmlFragment]),
    ...roots.xmlText.map((root) => [root, Y.XmlText]),
  ]);
  let type = doc.get(name, make);
  while (random.chance(60)) {
    const children = childTypes(type);
    if (children.length === 0) break;
    type = random.pick(children);
  }
  return type;
}

function childTypes(type) {
  const children = [];
  const add = (item) => {
    if (!item.deleted && item.content instanceof Y.ContentType) children.push(item.content.type);
  };
  for (let item = type._start; item !== null; item = item.right) add(item);
  for (const key of [...type._map.keys()].sort()) add(type._map.get(key));
  return children;
}

// The start and length of a run inside `length`, mostly short.
function range(random, length) {
  const start = random.below(length + 1);
  return [start, Math.min(length - start, random.pick([1, 1, 2, 3, 10, 100]))];
}

function editText(text, random) {
  const [start, length] = range(random, text.length);
  switch (random.weighted([[8, 'insert'], [3, 'formatted'], [4, 'delete'], [3, 'format'], [1, 'embed'],
    [1, 'type'], [1, 'delta'], [1, 'attribute'], [1, 'clear']])) {
    case 'insert': return text.insert(start, nonEmptyWord(random));
    case 'formatted': return text.insert(start, nonEmptyWord(random), { ...random.pick(formats) });
    case 'delete': return text.delete(start, length);
    case 'format': return text.format(start, length, { ...random.pick(formats) });
    case 'embed': {
      const attributes = random.chance(50) ? { ...random.pick(formats) } : undefined;
      return text.insertEmbed(start, { image: word(random), data: json(random) }, attributes);
    }
    case 'type': return text.insertEmbed(start, newType(random), {});
    case 'delta': return text.applyDelta(delta(random, text.length));
    case 'attribute': return editAttribute(text, random);
    default: return text.delete(0, text.length);
  }
}

function delta(random, length) {
  const ops = [];
  for (let left = length, i = random.below(4); i >= 0; --i) {
    const count = Math.min(left, random.between(1, 4));
    const kind = random.below(3);
    if (kind === 0) {
      const op = { insert: nonEmptyWord(random) };
      if (random.chance(50)) op.attributes = { ...random.pick(formats) };
      ops.push(op);
    } else if (count > 0) {
      left -= count;
      if (kind === 1) ops.push({ delete: count });
      else ops.push({ retain: count, attributes: { ...random.pick(formats) } });
    }
  }
  return ops;
}

function editAttribute(type, random) {
  const key = random.pick(['id', 'class', 'HREF', 'ü']);
  if (random.chance(25)) return type.removeAttribute(key);
  const value = random.pick([word(random), word(random), random.between(-3, 3), true, null]);
  return type.setAttribute(key, value);
}

function editArray(array, random) {
  const [start, length] = range(random, array.length);
  switch (random.weighted([[5, 'values'], [2, 'type'], [1, 'mixed'], [3, 'delete'], [1, 'json']])) {
    case 'values':
      return array.insert(start, Array.from({ length: random.between(1, 4) }, () => listValue(random)));
    case 'type': return array.insert(start, [newType(random)]);
    case 'mixed':
      return array.insert(start, [listValue(random), newType(random), random.bytes(3), subdocument(random)]);
    case 'delete': return array.delete(start, length);
    default: return insertJson(array, random);
  }
}

// What Y.Array takes: no undefined and no bigint at the top.
function listValue(random) {
  const value = any(random);
  return value === undefined || typeof value === 'bigint' ? [value] : value;
}

// Content of a kind that yjs reads but no longer writes, at the front of a list.
function insertJson(array, random) {
  Y.transact(array.doc, (transaction) => {
    const { doc } = array;
    const right = array._start;
    const values = Array.from({ length: random.between(1, 3) }, () =>
      random.chance(20) ? undefined : json(random));
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    const item = new Y.Item(id, null, null, right, right && right.id, array, null,
      new Y.ContentJSON(values));
    item.integrate(transaction, 0);
    if (array._searchMarker) array._searchMarker.length = 0;
  });
}

function editMap(map, random) {
  const key = random.pick(keys);
  switch (random.weighted([[5, 'value'], [2, 'type'], [1, 'bytes'], [1, 'doc'], [3, 'delete'],
    [1, 'clear']])) {
    case 'value': return map.set(key, any(random));
    case 'type': return map.set(key, newType(random));
    case 'bytes': return map.set(key, random.bytes(random.below(5)));
    case 'doc': return map.set(key, subdocument(random));
    case 'delete': return map.delete(key);
    default: return map.clear();
  }
}

function editXml(fragment, random) {
  const [start, length] = range(random, fragment.length);
  if (fragment instanceof Y.XmlElement && random.chance(40)) return editAttribute(fragment, random);
  if (random.chance(30)) return fragment.delete(start, length);
  const children = Array.from({ length: random.between(1, 2) }, () => newXml(random));
  return fragment.insert(start, children);
}

function newXml(random) {
  switch (random.weighted([[4, 'element'], [4, 'text'], [1, 'hook'], [1, 'fragment']])) {
    case 'element': {
      const element = new Y.XmlElement(random.pick(['p', 'H1', 'ünit', 'list-item']));
      if (random.chance(50)) element.setAttribute('id', word(random));
      if (random.chance(30)) element.insert(0, [new Y.XmlText(word(random))]);
      return element;
    }
    case 'text': return new Y.XmlText(word(random));
    case 'hook': return new Y.XmlHook(random.pick(['hook', 'ü']));
    default: return new Y.XmlFragment();
  }
}

function newType(random) {
  switch (random.below(6)) {
    case 0: return new Y.Text(word(random));
    case 1: return Y.Array.from(Array.from({ length: random.below(3) }, () => listValue(random)));
    case 2: {
      const map = new Y.Map();
      if (random.chance(60)) map.set(random.pick(keys), any(random));
      return map;
    }
    case 3: {
      const text = new Y.Text();
      text.applyDelta([{ insert: 'bold', attributes: { bold: true } }, { insert: word(random) || '.' }]);
      return text;
    }
    default: return newXml(random);
  }
}

function subdocument(random) {
  const options = { guid: `doc-${random.below(1000)}` };
  if (random.chance(30)) options.autoLoad = true;
  if (random.chance(30)) options.gc = false;
  if (random.chance(30)) options.meta = json(random);
  return new Y.Doc(options);
}
