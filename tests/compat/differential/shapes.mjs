// What a history is about. Each shape narrows what its authors do until they get into each other's way in
// one particular manner; `mixed` does everything everywhere.
//
//   kinds    which roots are edited           roots    how many of each kind
//   crowded  edits stand at few places        descend  percent: on into a type rather than stay
//   words, keys                               what is written, and under which keys
//   valuesMax                                 how many are put into a list at once
//   text, array, map, xml                     weights of the edits of each kind of type

import { keys, words } from './values.mjs';

const mixed = {
  kinds: ['text', 'array', 'map', 'xml', 'xmlText'],
  roots: 2,
  crowded: false,
  descend: 60,
  words,
  keys,
  valuesMax: 4,
  text: { insert: 8, formatted: 3, delete: 4, format: 3, embed: 1, type: 1, delta: 1, attribute: 1, clear: 1 },
  array: { values: 5, type: 2, mixed: 1, delete: 3, json: 1 },
  map: { value: 5, type: 2, bytes: 1, doc: 1, delete: 3, clear: 1 },
  xml: { attribute: 4, insert: 4, delete: 2 },
};

export const shapes = {
  mixed,
  // Concurrent inserts at the same place.
  conflicts: {
    ...mixed, kinds: ['text', 'array'], roots: 1, crowded: true, descend: 10,
    text: { insert: 10, delete: 2 },
    array: { values: 10, type: 1, delete: 2 },
  },
  // Everything is deleted again and again, while others insert into it.
  deletions: {
    ...mixed, kinds: ['text', 'array'], roots: 1, descend: 10,
    text: { insert: 5, formatted: 1, delete: 5, clear: 2 },
    array: { values: 5, type: 2, delete: 6 },
  },
  // Formats over ranges that others format, cut and delete.
  formats: {
    ...mixed, kinds: ['text', 'xmlText'], roots: 1, descend: 20, words: ['a', 'bc', 'def', '\n', 'long '.repeat(3)],
    text: { insert: 4, formatted: 4, delete: 3, format: 8, embed: 1, delta: 2, clear: 1 },
  },
  // Types in types, whose holders are deleted and overwritten under those who edit in them.
  nested: {
    ...mixed, kinds: ['array', 'map', 'xml'], roots: 1, descend: 85, keys: ['k', 'l'],
    text: { insert: 5, formatted: 1, delete: 2, type: 2 },
    array: { values: 2, type: 6, mixed: 1, delete: 3 },
    map: { value: 2, type: 6, delete: 2, clear: 1 },
    xml: { attribute: 2, insert: 6, delete: 3 },
  },
  // Edits between the halves of surrogate pairs.
  surrogates: {
    ...mixed, kinds: ['text'], roots: 1, descend: 10, words: ['😀', 'a😀b', '😀😀', '\u{10ffff}', '👩‍👩‍👧'],
    text: { insert: 8, formatted: 1, delete: 5, format: 2, embed: 1 },
  },
  // Runs so long that the engine marks places within them.
  long: {
    ...mixed, kinds: ['text', 'array'], roots: 1, descend: 0, words: ['日a😀'.repeat(200), '😀'.repeat(300), 'é'],
    valuesMax: 80,
    text: { insert: 8, delete: 5, embed: 1 },
    array: { values: 6, delete: 5 },
  },
  // A few keys, set by everybody.
  keys: {
    ...mixed, kinds: ['map', 'xml'], roots: 1, descend: 40, keys: ['k', '0'],
    map: { value: 8, type: 2, bytes: 1, delete: 3, clear: 1 },
    xml: { attribute: 8, insert: 3, delete: 1 },
  },
  subdocuments: {
    ...mixed, kinds: ['array', 'map'], roots: 1, descend: 20,
    array: { values: 2, mixed: 6, delete: 3 },
    map: { value: 2, doc: 6, delete: 3, clear: 1 },
  },
};

// [weight, name] for Random.weighted; mixed gets half of all histories.
const names = Object.keys(shapes);
const choices = names.map((name) => [name === 'mixed' ? names.length - 1 : 1, name]);

export function drawShape(random) {
  const name = random.weighted(choices);
  return { name, ...shapes[name] };
}

// The name of an edit, by the shape's weights; those that `possible` leaves out do not take part.
export function drawEdit(random, weights, possible = () => true) {
  const list = Object.entries(weights).filter(([name]) => possible(name));
  return random.weighted(list.map(([name, weight]) => [weight, name]));
}

// A place in a list of this length; in a crowd the same few.
export function drawIndex(random, length, shape) {
  if (shape.crowded) return Math.min(length, random.pick([0, 0, 1, length]));
  return random.below(length + 1);
}

// The start and length of a run inside `length`, mostly short.
export function drawRange(random, length, shape) {
  const start = drawIndex(random, length, shape);
  return [start, Math.min(length - start, random.pick([1, 1, 2, 3, 10, 100]))];
}
