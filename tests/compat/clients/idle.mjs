// A client that says nothing stays connected: stock clients close after 30 s without a data frame.

import assert from 'node:assert/strict';
import { Editor } from '../lib/editors.mjs';
import { sleep } from '../lib/wait.mjs';

const idleMs = 37_000;

export async function staysConnected(server, version) {
  const editor = await Editor.open(server, `idle ${version}`, { version });
  try {
    editor.awareness.setLocalState(null);
    await sleep(idleMs);
    assert.equal(editor.closes.length, 0, 'the connection was closed');
    assert.ok(editor.provider.wsconnected);
  } finally {
    editor.close();
  }
}
