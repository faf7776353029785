// Who is here: seen at once, gone exactly at close, back at once.

import assert from 'node:assert/strict';
import { Editor } from '../lib/editors.mjs';
import { until } from '../lib/wait.mjs';

// A returning client must not stay invisible until its next renewal, which may take 15 s.
const atOnce = { seconds: 3 };

export async function comeAndGo(server, version) {
  const document = `awareness ${version}`;
  const [ann, bob, eve] = await Promise.all([1, 2, 3].map(() => Editor.open(server, document, { version })));
  const sees = (who, other, name) => until(`${name} is seen`, () =>
    who.awareness.getStates().get(other.doc.clientID)?.user?.name === name, atOnce);
  const misses = (who, other) => until('the one who left is gone', () =>
    !who.awareness.getStates().has(other.doc.clientID), atOnce);
  try {
    ann.awareness.setLocalStateField('user', { name: 'Ann' });
    bob.awareness.setLocalStateField('user', { name: 'Bob' });
    eve.awareness.setLocalStateField('user', { name: 'Eve' });
    await Promise.all([sees(bob, ann, 'Ann'), sees(ann, bob, 'Bob'), sees(bob, eve, 'Eve')]);

    bob.provider.disconnect();
    await misses(ann, bob);
    bob.provider.connect();
    await Promise.all([sees(ann, bob, 'Bob'), sees(eve, bob, 'Bob')]);

    // Cut off without a word; the provider comes back by itself.
    const lost = new Promise((resolve) => {
      ann.awareness.on('change', ({ removed }) => {
        if (removed.includes(bob.doc.clientID)) resolve();
      });
    });
    bob.provider.ws._socket.destroy();
    await lost;
    await Promise.all([sees(ann, bob, 'Bob'), sees(eve, bob, 'Bob')]);

    assert.ok(ann.awareness.getStates().has(eve.doc.clientID), 'the others were there all the time');
    eve.close();
    await Promise.all([misses(ann, eve), misses(bob, eve)]);
    assert.equal(ann.awareness.getStates().size, 2);
  } finally {
    [ann, bob].forEach((editor) => editor.close());
  }
}
