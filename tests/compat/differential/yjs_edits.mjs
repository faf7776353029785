// Random edits through the whole public interface of yjs, and a few through its structs: what an
// author of a random history does to its document. The roots' names tell their types.

import * as Y from 'yjs';
import { drawEdit, drawRange, shapes } from './shapes.mjs';
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

const rootTypes = { text: Y.Text, array: Y.Array, map: Y.Map, xml: Y.XmlFragment, xmlText: Y.XmlText };

// Makes `count` random edits in one transaction. Returns their names.
export function editRandomly(doc, random, count, shape = shapes.mixed) {
  const names = [];
  doc.transact(() => {
    for (let i = 0; i < count; ++i) names.push(editOnce(doc, random, shape));
  }, 'edit');
  return names;
}

function editOnce(doc, random, shape) {
  const type = randomType(doc, random, shape);
  if (type instanceof Y.Text) return `text ${editText(type, random, shape)}`;
  if (type instanceof Y.XmlFragment) return `xml ${editXml(type, random, shape)}`;
  if (type instanceof Y.Map) return `map ${editMap(type, random, shape)}`;
  return `array ${editArray(type, random, shape)}`;
}

// A root, or something alive below it.
function randomType(doc, random, shape) {
  const kind = random.pick(shape.kinds);
  let type = doc.get(random.pick(roots[kind].slice(0, shape.roots)), rootTypes[kind]);
  while (random.chance(shape.descend)) {
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

function editText(text, random, shape) {
  const [start, length] = drawRange(random, text.length, shape);
  const edit = drawEdit(random, shape.text);
  const written = () => nonEmptyWord(random, shape.words);
  switch (edit) {
    case 'insert': text.insert(start, written()); break;
    case 'formatted': text.insert(start, written(), { ...random.pick(formats) }); break;
    case 'delete': text.delete(start, length); break;
    case 'format': text.format(start, length, { ...random.pick(formats) }); break;
    case 'embed': {
      const attributes = random.chance(50) ? { ...random.pick(formats) } : undefined;
      text.insertEmbed(start, { image: word(random), data: json(random) }, attributes);
      break;
    }
    case 'type': text.insertEmbed(start, newType(random), {}); break;
    case 'delta': text.applyDelta(delta(random, text.length)); break;
    case 'attribute': editAttribute(text, random, shape); break;
    default: text.delete(0, text.length);
  }
  return edit;
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

function editAttribute(type, random, shape) {
  const key = random.pick(['id', 'class', 'HREF', 'ü'].slice(0, shape.roots * 2));
  if (random.chance(25)) return type.removeAttribute(key);
  const value = random.pick([word(random), word(random), random.between(-3, 3), true, null]);
  return type.setAttribute(key, value);
}

function editArray(array, random, shape) {
  const [start, length] = drawRange(random, array.length, shape);
  const edit = drawEdit(random, shape.array);
  switch (edit) {
    case 'values':
      array.insert(start, Array.from({ length: random.between(1, shape.valuesMax) }, () => listValue(random)));
      break;
    case 'type': array.insert(start, [newType(random)]); break;
    case 'mixed':
      array.insert(start, [listValue(random), newType(random), random.bytes(3), subdocument(random)]);
      break;
    case 'delete': array.delete(start, length); break;
    default: insertJson(array, random);
  }
  return edit;
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

function editMap(map, random, shape) {
  const key = random.pick(shape.keys);
  const edit = drawEdit(random, shape.map);
  switch (edit) {
    case 'value': map.set(key, any(random)); break;
    case 'type': map.set(key, newType(random)); break;
    case 'bytes': map.set(key, random.bytes(random.below(5))); break;
    case 'doc': map.set(key, subdocument(random)); break;
    case 'delete': map.delete(key); break;
    default: map.clear();
  }
  return edit;
}

function editXml(fragment, random, shape) {
  const [start, length] = drawRange(random, fragment.length, shape);
  const edit = drawEdit(random, shape.xml, (name) => name !== 'attribute' || fragment instanceof Y.XmlElement);
  if (edit === 'attribute') {
    editAttribute(fragment, random, shape);
  } else if (edit === 'delete') {
    fragment.delete(start, length);
  } else {
    fragment.insert(start, Array.from({ length: random.between(1, 2) }, () => newXml(random)));
  }
  return edit;
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
