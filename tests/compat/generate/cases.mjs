// What the corpus holds: a document for each kind of content, and a history of each shape.
//
// A case is a list of documents to which `author` (client 1) and `other` (client 2) contribute; `exchange`
// gives each what the other has. Everything is fixed: no clock, no random client ids.

import * as Y from 'yjs';
import { Random } from '../differential/random.mjs';
import { shapes } from '../differential/shapes.mjs';
import { any } from '../differential/values.mjs';
import { editRandomly, typeRoots } from '../differential/yjs_edits.mjs';

const array = (doc) => doc.getArray('array');
const map = (doc) => doc.getMap('map');
const text = (doc) => doc.getText('text');
const xml = (doc) => doc.getXmlFragment('xml');

// Content that yjs reads but no longer writes.
function insertJson(doc, values) {
  doc.transact((transaction) => {
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    new Y.Item(id, null, null, null, null, array(doc), null, new Y.ContentJSON(values)).integrate(transaction, 0);
  });
}

const contents = {
  empty: () => {},
  any: ({ author }) => {
    const random = new Random(7);
    for (let i = 0; i < 40; ++i) {
      const value = any(random);
      array(author).push([value === undefined || typeof value === 'bigint' ? { value } : value]);
    }
  },
  binary: ({ author }) => array(author).push([Uint8Array.of(), Uint8Array.of(0, 127, 128, 255)]),
  json: ({ author }) => insertJson(author, [{ a: [1, null, 'ü'] }, undefined, 'text', -0.5]),
  string: ({ author }) => {
    text(author).insert(0, 'plain, ünits, 日本, 😀');
    text(author).insert(3, '\u0000\n"\\');
  },
  surrogate_pairs_cut: ({ author, other, exchange }) => {
    text(author).insert(0, 'a😀b👩‍👩‍👧');
    exchange();
    text(other).insert(2, 'x');
    text(author).delete(4, 1);
  },
  embed: ({ author }) => text(author).insertEmbed(0, { image: 'x', size: [1, 2.5] }, { width: 3 }),
  format: ({ author, other, exchange }) => {
    text(author).insert(0, 'bold and italic', { bold: true });
    exchange();
    text(author).format(2, 8, { bold: null, color: 'red' });
    text(other).format(0, 5, { italic: true, link: { href: 'x' } });
  },
  types: ({ author }) => {
    array(author).insert(0, [new Y.Array(), new Y.Map(), new Y.Text('t'), new Y.XmlElement('p'),
      new Y.XmlFragment(), new Y.XmlHook('hook'), new Y.XmlText('x')]);
    array(author).get(0).push([1]);
    array(author).get(1).set('k', new Y.Array());
  },
  xml: ({ author }) => {
    const element = new Y.XmlElement('H1');
    xml(author).insert(0, [element, new Y.XmlText('tail')]);
    element.setAttribute('id', 'ü');
    element.insert(0, [new Y.XmlText('inside'), new Y.XmlElement('br')]);
    element.get(0).format(0, 2, { b: {} });
  },
  subdocuments: ({ author }) => {
    map(author).set('doc', new Y.Doc({ guid: 'one' }));
    array(author).push([new Y.Doc({ guid: 'two', autoLoad: true, gc: false, meta: { a: 1 } })]);
  },
  deleted: ({ author }) => {
    text(author).insert(0, 'abcdef');
    text(author).delete(1, 3);
    map(author).set('k', 1);
    map(author).delete('k');
  },
  collected: ({ author }) => {
    array(author).insert(0, [Y.Array.from([1, 2, 3]), 'left']);
    array(author).get(0).push([new Y.Text('gone')]);
    array(author).delete(0);
  },
  keys_overwritten: ({ author, other, exchange }) => {
    for (const key of ['k', '10', '2', 'ü', '', 'k']) map(author).set(key, key);
    exchange();
    map(author).set('k', 'mine');
    map(other).set('k', 'theirs');
  },
  same_place: ({ author, other, exchange }) => {
    text(author).insert(0, '[]');
    exchange();
    for (const letter of 'abc') text(author).insert(1, letter);
    for (const letter of 'xyz') text(other).insert(1, letter);
  },
  nested_deleted_under_edits: ({ author, other, exchange }) => {
    map(author).set('k', new Y.Array());
    exchange();
    map(author).delete('k');
    map(other).get('k').push([new Y.Map(), 1]);
  },
  large_client_ids: ({ author, other, exchange }) => {
    author.clientID = 2 ** 53 - 1;
    other.clientID = 2 ** 32 + 5;
    text(author).insert(0, 'far');
    exchange();
    text(other).insert(3, ' out');
  },
  // The second of three updates never comes.
  waiting: ({ author, lose }) => {
    text(author).insert(0, 'first');
    lose(() => text(author).insert(5, 'second'));
    text(author).insert(11, 'third');
    text(author).delete(6, 2);
  },
};

// Two authors, in the manner of one shape.
function historyOf(shape, seed) {
  return ({ author, other, exchange }) => {
    const random = new Random(seed);
    for (let i = 0; i < 24; ++i) {
      editRandomly(random.pick([author, other]), random, random.between(1, 3), shape);
      if (random.chance(25)) exchange();
    }
  };
}

const histories = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) =>
  [`history_${name}`, historyOf(shape, 1000 + i)]));

export const cases = { ...contents, ...histories };

// Runs a case. Returns all updates that were made and not lost, in the order of their making.
export function updatesOf(run, gc) {
  const updates = [];
  let lost = false;
  const [author, other] = [1, 2].map((clientId) => {
    const doc = new Y.Doc({ gc, guid: 'corpus' });
    doc.clientID = clientId;
    typeRoots(doc);
    doc.on('update', (update, origin) => {
      if (origin !== 'exchange' && !lost) updates.push(update);
    });
    return doc;
  });
  const give = (from, to) => Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'exchange');
  run({
    author,
    other,
    exchange: () => {
      give(author, other);
      give(other, author);
    },
    lose: (edit) => {
      lost = true;
      edit();
      lost = false;
    },
  });
  return updates;
}
