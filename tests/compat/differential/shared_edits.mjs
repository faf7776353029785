// Local edits that yjs and the engine make alike. An edit is plain data, so that the probe can be told
// (tests/compat/probe/edits.h), a log can hold it and a file can show it:
//
//   { op, path, ... }   path: [kind, root name, then an index or a key for each step down]
//
// Values travel as the hex of lib0's `any` encoding, since JSON has no bytes, undefined or bigint.

import * as encoding from 'lib0/encoding';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import { hex, Mismatch } from './compare.mjs';
import { ProbeError } from './probe_client.mjs';
import { drawEdit, drawIndex, drawRange } from './shapes.mjs';
import { any, formats, json, nonEmptyWord, word } from './values.mjs';
import { roots } from './yjs_edits.mjs';

const rootTypes = { text: Y.Text, array: Y.Array, map: Y.Map, xml: Y.XmlFragment };

function anyHex(value) {
  const encoder = encoding.createEncoder();
  encoding.writeAny(encoder, value);
  return hex(encoding.toUint8Array(encoder));
}

function anyFromHex(text) {
  return decoding.readAny(decoding.createDecoder(new Uint8Array(Buffer.from(text, 'hex'))));
}

// Carries the edits out on both, as one transaction each; the updates that come out are equal.
export async function editBoth(doc, twin, edits) {
  let expected = Uint8Array.of(0, 0);
  const onUpdate = (update, origin) => {
    if (origin === edits) expected = update;
  };
  doc.on('update', onUpdate);
  try {
    doc.transact(() => edits.forEach((edit) => editYjs(doc, edit)), edits);
  } finally {
    doc.off('update', onUpdate);
  }
  separateFormats(doc);
  let actual;
  try {
    actual = await twin.edit(edits);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    throw new Mismatch(`local edits ${JSON.stringify(edits)}`, hex(expected), error.message);
  }
  if (Buffer.compare(expected, actual) !== 0) {
    throw new Mismatch(`the update of ${JSON.stringify(edits)}`, hex(expected), hex(actual));
  }
  return expected;
}

// yjs compares some format values by identity, and the formats that one edit writes share their value
// until they are sent. Everybody else sees equal values, never identical ones; so does the engine.
function separateFormats(doc) {
  for (const struct of doc.store.clients.get(doc.clientID) ?? []) {
    if (struct.content instanceof Y.ContentFormat) {
      struct.content.value = structuredClone(struct.content.value);
    }
  }
}

function resolve(doc, [kind, name, ...steps]) {
  let type = doc.get(name, rootTypes[kind]);
  for (const step of steps) type = type.get(step);
  // yjs remembers positions between edits, and splits and finds neighbours by what it remembers. The
  // engine does as yjs does with nothing remembered.
  if (type._searchMarker) type._searchMarker.length = 0;
  return type;
}

function editYjs(doc, edit) {
  const type = resolve(doc, edit.path);
  // yjs lets some edits reach beyond the end; the engine refuses them, and histories make none.
  if ((edit.index ?? 0) + (edit.length ?? 0) > type.length) throw new RangeError('beyond the end');
  switch (edit.op) {
    case 'text_insert':
      return type.insert(edit.index, edit.text, edit.attributes && { ...edit.attributes });
    case 'text_embed': return type.insertEmbed(edit.index, edit.embed, { ...edit.attributes });
    case 'text_format': return type.format(edit.index, edit.length, { ...edit.attributes });
    case 'text_delete': return type.delete(edit.index, edit.length);
    case 'array_insert': return type.insert(edit.index, edit.values.map(anyFromHex));
    case 'array_insert_type': return type.insert(edit.index, [newType(edit.type)]);
    case 'array_delete': return type.delete(edit.index, edit.length);
    case 'map_set': return type.set(edit.key, anyFromHex(edit.value));
    case 'map_set_type': return type.set(edit.key, newType(edit.type));
    case 'map_delete': return type.delete(edit.key);
    case 'xml_insert_element': return type.insert(edit.index, [new Y.XmlElement(edit.name)]);
    case 'xml_insert_text': return type.insert(edit.index, [new Y.XmlText()]);
    case 'xml_delete': return type.delete(edit.index, edit.length);
    case 'xml_set_attribute': return type.setAttribute(edit.key, edit.value);
    case 'xml_remove_attribute': return type.removeAttribute(edit.key);
    default: throw new Error(`no such edit: ${edit.op}`);
  }
}

function newType(name) {
  return { text: () => new Y.Text(), array: () => new Y.Array(), map: () => new Y.Map() }[name]();
}

// One random edit that fits the document as it is.
export function randomEdit(doc, random, shape) {
  const [path, type] = randomPath(doc, random, shape);
  const edit = describeEdit(type, random, shape);
  return { op: edit.op, path, ...edit };
}

function randomPath(doc, random, shape) {
  const kinds = shape.kinds.filter((kind) => kind in rootTypes);
  const kind = random.pick(kinds);
  const path = [kind, random.pick(roots[kind].slice(0, shape.roots))];
  let type = resolve(doc, path);
  while (random.chance(shape.descend)) {
    const children = addressableChildren(type);
    if (children.length === 0) break;
    const [step, child] = random.pick(children);
    path.push(step);
    type = child;
  }
  return [path, type];
}

function addressableChildren(type) {
  if (type instanceof Y.Text) return [];
  if (type instanceof Y.Map) {
    return [...type.entries()].filter(([, value]) => editable(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  }
  return type.toArray().map((value, index) => [index, value]).filter(([, value]) => editable(value));
}

function editable(value) {
  return value instanceof Y.AbstractType && !(value instanceof Y.XmlHook);
}

function describeEdit(type, random, shape) {
  if (type instanceof Y.Text) return describeTextEdit(type, random, shape);
  if (type instanceof Y.XmlFragment) return describeXmlEdit(type, random, shape);
  if (type instanceof Y.Map) return describeMapEdit(random, shape);
  return describeArrayEdit(type, random, shape);
}

function drawSpan(random, length, shape) {
  const [index, count] = drawRange(random, length, shape);
  return { index, length: count };
}

function describeTextEdit(text, random, shape) {
  const known = ['insert', 'formatted', 'embed', 'delete', 'format', 'clear'];
  const edit = drawEdit(random, shape.text, (name) => known.includes(name));
  const index = drawIndex(random, text.length, shape);
  const written = () => nonEmptyWord(random, shape.words);
  switch (edit) {
    case 'insert': return { op: 'text_insert', index, text: written() };
    case 'formatted': return { op: 'text_insert', index, text: written(), attributes: random.pick(formats) };
    case 'embed':
      return { op: 'text_embed', index, embed: { src: word(random), data: json(random) },
        attributes: random.chance(40) ? random.pick(formats) : {} };
    case 'delete': return { op: 'text_delete', ...drawSpan(random, text.length, shape) };
    case 'clear': return { op: 'text_delete', index: 0, length: text.length };
    default:
      return { op: 'text_format', ...drawSpan(random, text.length, shape), attributes: random.pick(formats) };
  }
}

function describeArrayEdit(array, random, shape) {
  const index = drawIndex(random, array.length, shape);
  const edit = drawEdit(random, shape.array, (name) => ['values', 'type', 'delete'].includes(name));
  if (edit === 'delete') return { op: 'array_delete', ...drawSpan(random, array.length, shape) };
  if (edit === 'type') return { op: 'array_insert_type', index, type: randomTypeName(random) };
  const values = Array.from({ length: random.between(1, shape.valuesMax) }, () => {
    const value = any(random);
    return anyHex(value === undefined || typeof value === 'bigint' ? [value] : value);
  });
  return { op: 'array_insert', index, values };
}

function describeMapEdit(random, shape) {
  const key = random.pick(shape.keys);
  const edit = drawEdit(random, shape.map, (name) => ['value', 'type', 'delete'].includes(name));
  if (edit === 'delete') return { op: 'map_delete', key };
  if (edit === 'type') return { op: 'map_set_type', key, type: randomTypeName(random) };
  return { op: 'map_set', key, value: anyHex(any(random)) };
}

function randomTypeName(random) {
  return random.pick(['text', 'array', 'map']);
}

function describeXmlEdit(fragment, random, shape) {
  const index = drawIndex(random, fragment.length, shape);
  const edit = drawEdit(random, shape.xml, (name) => name !== 'attribute' || fragment instanceof Y.XmlElement);
  if (edit === 'attribute') {
    const key = random.pick(['id', 'class', 'HREF', 'ü'].slice(0, shape.roots * 2));
    if (random.chance(25)) return { op: 'xml_remove_attribute', key };
    return { op: 'xml_set_attribute', key, value: word(random) };
  }
  if (edit === 'delete') return { op: 'xml_delete', ...drawSpan(random, fragment.length, shape) };
  if (random.chance(50)) return { op: 'xml_insert_text', index };
  return { op: 'xml_insert_element', index, name: random.pick(['p', 'H1', 'ünit', 'list-item']) };
}
