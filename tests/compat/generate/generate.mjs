#!/usr/bin/env node
// Writes the corpus: what real yjs makes of a fixed list of histories, for tests that run without Node.
//
//   node generate.mjs          writes tests/data/corpus
//   node generate.mjs --check  says whether it is what yjs makes today
//
// One file a case: the updates, and what a follower holds that was given them: its state in both formats,
// its state vector, how it reads, and the same with gc off. The bytes are hexadecimal.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as Y from 'yjs';
import { encodeIntegrated, hex } from '../differential/compare.mjs';
import { roots, typeRoots } from '../differential/yjs_edits.mjs';
import { cases, updatesOf } from './cases.mjs';

export const corpusFolder = fileURLToPath(new URL('../../data/corpus', import.meta.url));

function follower(updates, gc) {
  const doc = new Y.Doc({ gc, guid: 'corpus' });
  doc.clientID = 0;
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

// Converting to the other format gives other bytes than encoding in it: yjs forgets which items have a key
// where their neighbours tell it.
function stateOf(doc) {
  const [v1, v2] = [Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc)];
  return {
    vector: hex(Y.encodeStateVector(doc)),
    v1: hex(v1),
    v2: hex(v2),
    v1_to_v2: hex(Y.convertUpdateFormatV1ToV2(v1)),
    v2_to_v1: hex(Y.convertUpdateFormatV2ToV1(v2)),
  };
}

// Each root as what its name says. Read from a copy: giving the follower's roots types changes it.
function contentOf(doc) {
  const reader = new Y.Doc({ gc: false });
  typeRoots(reader);
  reader.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false;
  });
  Y.applyUpdate(reader, encodeIntegrated(doc));
  const content = { text: {}, delta: {}, array: {}, map: {}, xml: {} };
  for (const name of roots.text) {
    content.text[name] = reader.getText(name).toString();
    content.delta[name] = reader.getText(name).toDelta();
  }
  for (const name of roots.array) content.array[name] = reader.getArray(name).toJSON();
  for (const name of roots.map) content.map[name] = reader.getMap(name).toJSON();
  for (const name of roots.xml) content.xml[name] = reader.getXmlFragment(name).toString();
  for (const name of roots.xmlText) content.delta[name] = reader.get(name, Y.XmlText).toDelta();
  return content;
}

export function textOf(name) {
  const updates = updatesOf(cases[name], true);
  const collecting = follower(updates, true);
  const again = follower([Y.encodeStateAsUpdate(collecting)], true);
  const file = {
    updates: updates.map(hex),
    merged: hex(Y.mergeUpdates(updates)),
    collecting: stateOf(collecting),
    keeping: stateOf(follower(updates, false)),
    again: stateOf(again),  // The state, in a fresh document.
    content: contentOf(collecting),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

// The names of the files that are not what yjs makes today.
export function differences(folder = corpusFolder) {
  const names = Object.keys(cases).map((name) => `${name}.json`);
  const others = fs.readdirSync(folder).filter((file) => file.endsWith('.json') && !names.includes(file));
  const differs = (file) => {
    const at = path.join(folder, file);
    return !fs.existsSync(at) || fs.readFileSync(at, 'utf8') !== textOf(file.slice(0, -'.json'.length));
  };
  return [...others, ...names.filter(differs)];
}

function main() {
  if (process.argv.includes('--check')) {
    const list = differences();
    console.log(list.length === 0 ? 'the corpus is what yjs makes' : `other than yjs makes: ${list.join(', ')}`);
    process.exitCode = list.length === 0 ? 0 : 1;
    return;
  }
  fs.mkdirSync(corpusFolder, { recursive: true });
  for (const name of Object.keys(cases)) fs.writeFileSync(path.join(corpusFolder, `${name}.json`), textOf(name));
  console.log(`${Object.keys(cases).length} files in ${corpusFolder}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
