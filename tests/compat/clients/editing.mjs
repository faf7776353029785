// Several people with clients of every version edit one document at random, lose their connection, go
// on offline, come back and join late; in the end all hold the same, and so does the server.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { Random } from '../differential/random.mjs';
import { editRandomly, roots, typeRoots } from '../differential/yjs_edits.mjs';
import { Editor, sameContent, versionNames } from '../lib/editors.mjs';
import { sleep, until } from '../lib/wait.mjs';

// Edits one document with everything that yjs has; resolves when all are in step.
export async function editAtRandom(server, seed) {
  const random = new Random(seed);
  const document = `random/${seed}`;
  const editors = [];
  const join = (version) => {
    const editor = new Editor(server, document, { version });
    typeRoots(editor.doc);
    editors.push(editor);
  };
  try {
    versionNames.forEach(join);
    for (let step = 0; step < 120; ++step) {
      await stepAtRandom(editors, join, random);
      if (random.chance(30)) await sleep(random.below(10));
    }
    for (const editor of editors) editor.provider.connect();
    await until(() => `all the same: ${describe(editors)}`,
      () => editors.every(({ provider }) => provider.synced) && sameContent(editors.map(({ doc }) => doc)));
    const late = await Editor.open(server, document, { version: random.pick(versionNames) });
    editors.push(late);
    await until('a late joiner has it all', () => sameContent([editors[0].doc, late.doc]));
    compareViews(editors[0].doc, late.doc);
    return await compareStored(server, document, late.doc);
  } finally {
    editors.forEach((editor) => editor.close());
  }
}

async function stepAtRandom(editors, join, random) {
  const editor = random.pick(editors);
  switch (random.weighted([[20, 'edit'], [2, 'disconnect'], [4, 'connect'], [1, 'cut'], [1, 'join']])) {
    case 'edit': return editRandomly(editor.doc, random, random.between(1, 3));
    case 'disconnect': return editor.provider.disconnect();
    case 'connect': return editor.provider.connect();
    // As when the network goes away: no closing handshake.
    case 'cut': return editor.provider.ws?._socket?.destroy();
    default: return editors.length < 9 ? join(random.pick(versionNames)) : undefined;
  }
}

function describe(editors) {
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  return editors.map(({ doc, provider }) => {
    const { pendingStructs, pendingDs } = doc.store;
    const deleted = hex(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)));
    return [provider.synced, hex(Y.encodeStateVector(doc)), `deleted ${deleted}`,
      ...(pendingStructs ? [`waits ${hex(pendingStructs.update)} for ${JSON.stringify([...pendingStructs.missing])}`] : []),
      ...(pendingDs ? [`deletes wait ${hex(pendingDs)}`] : [])].join(' ');
  }).join('\n');
}

// The keys of a Y.Map stand in the order of their arrival. Where one edits between the halves of a
// surrogate pair, yjs has them replaced, and does not tell the others if nothing came of the edit.
function canonical(value) {
  const sorted = (_, part) => (part && typeof part === 'object' && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    : typeof part === 'bigint' ? `${part}n` : part);
  return JSON.stringify(value, sorted).replace(/[\ud800-\udfff]/g, '\ufffd').replace(/\\ud[89a-f]../g, '\ufffd');
}

function compareViews(expected, actual) {
  typeRoots(actual);
  for (const name of roots.text) {
    assert.equal(canonical(actual.getText(name).toDelta()), canonical(expected.getText(name).toDelta()));
  }
  for (const name of roots.xml) {
    assert.equal(canonical(actual.getXmlFragment(name).toString()), canonical(expected.getXmlFragment(name).toString()));
  }
}

// What `doc show` reads from the data folder while the server runs.
async function compareStored(server, document, doc) {
  const expected = doc.getText('text').toString();
  // Without a character nothing says that it is a text.
  if (expected !== '') await until('doc show has it all', async () => {
    const shown = await server.doc('show', document, '--root', 'text', '--format', 'text', '--check');
    return shown.replace(/\n$/, '') === expected.replace(/\n$/, '');
  }, { everyMs: 200 });
  return `${Y.encodeStateAsUpdate(doc).length} bytes`;
}
