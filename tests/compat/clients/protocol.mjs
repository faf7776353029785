// Names, first syncs, acknowledgements, subprotocols: what a client relies on without saying so.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { BrowserLikeSocket, Editor, versionNames } from '../lib/editors.mjs';
import { RawClient } from '../lib/raw_client.mjs';
import { until } from '../lib/wait.mjs';

const names = ['plain', 'a/b/c', 'base/room name', 'ü', '日本/😀', 'x'.repeat(200), 'quote"<b>', 'dots..and...'];

// Every name is a document of its own, and `doc list` shows it as the client wrote it.
export async function anyName(server) {
  for (const name of names) {
    const writer = await Editor.open(server, name, { version: '1.5.4' });
    writer.doc.getText('t').insert(0, `this is ${name}`);
    const reader = await Editor.open(server, name, { version: '3.1.0' });
    await until(`the text of ${name}`, () => reader.doc.getText('t').toString() === `this is ${name}`);
    writer.close();
    reader.close();
  }
  const listed = await server.doc('list', '--json');
  for (const name of names) {
    assert.ok(listed.includes(JSON.stringify(name)), `${name} is not in: ${listed}`);
  }
}

// A large document arrives in several frames; `synced` comes with the last, and all is there then.
export async function largeFirstSync(server) {
  const document = 'large';
  const author = await Editor.open(server, document);
  const text = author.doc.getText('t');
  for (let i = 0; i < 30; ++i) text.insert(0, `${i} ${'lorem ipsum '.repeat(8000)}`);
  const expected = text.toString();
  const other = await Editor.open(server, document);
  await until('the text is stored', () => other.doc.getText('t').length === expected.length);

  for (const version of versionNames) {
    const editor = new Editor(server, document, { version });
    const atSync = new Promise((resolve) => {
      editor.provider.on('sync', (state) => {
        if (state) resolve(editor.doc.getText('t').toString());
      });
    });
    assert.ok((await atSync) === expected, `${version}: the text at 'sync' differs`);
    editor.close();
  }
  const raw = await RawClient.open(`${server.url}/${document}`);
  raw.sendStep1();
  const last = await raw.frame('step2');
  const updates = raw.frames.filter((frame) => frame.kind === 'update');
  assert.ok(updates.length >= 4, `${updates.length} update frames`);
  assert.ok(last.bytes.length < 1000, 'the step 2 ends a row of updates');
  [raw, author, other].forEach((client) => client.close());
  return `${(expected.length / 1e6).toFixed(1)} MB in ${updates.length} frames`;
}

// Message 110 counts the messages of this connection that are durable; who does not ask gets none.
export async function acknowledgements(server) {
  const updates = typedUpdates(50);
  const asking = await RawClient.open(`${server.url}/acks?acks=1`);
  const silent = await RawClient.open(`${server.url}/acks`);
  for (const client of [asking, silent]) {
    client.sendStep1();
    await client.frame('step1');
    client.sendStep2();
    for (const update of updates) client.sendUpdate(update);
  }
  await until(() => `51 acknowledged: ${asking.acknowledged}`, () => asking.acknowledged === 51);
  const counts = asking.frames.filter((frame) => frame.kind === 'acknowledged').map(({ count }) => count);
  assert.deepEqual(counts, [...counts].sort((a, b) => a - b), 'counts only grow');
  const reader = await Editor.open(server, 'acks');
  await until('the text', () => reader.doc.getText('t').length === updates.length);
  assert.equal(silent.acknowledged, 0);
  [asking, silent, reader].forEach((client) => client.close());
}

function typedUpdates(count) {
  const doc = new Y.Doc();
  const updates = [];
  doc.on('update', (update) => updates.push(update));
  for (let i = 0; i < count; ++i) doc.getText('t').insert(i, 'x');
  return updates;
}

// A browser fails the handshake unless the server picks one of the protocols that it offered.
export async function subprotocols(server) {
  const raw = await RawClient.open(`${server.url}/protocols`, { protocols: ['yjs', 'token.abc'] });
  assert.ok(['yjs', 'token.abc'].includes(raw.socket.protocol), `picked '${raw.socket.protocol}'`);
  raw.close();
  const editor = await Editor.open(server, 'protocols', { version: '2.1.0', protocols: ['yjs'] });
  assert.equal(editor.provider.ws.protocol, 'yjs');
  editor.close();
}

// What 4.0 calls saved: the client's own update has come back, which happens after the commit.
export async function ownEcho(server) {
  const editor = await Editor.open(server, 'own echo', { version: '3.1.0-rc.5' });
  const { doc, provider } = editor;
  for (let i = 0; i < 5; ++i) {
    doc.getText('t').insert(0, 'saved? ');
    assert.equal(provider.syncStatus.localUpdatesSynced, false);
    await until('saved', () => provider.syncStatus.localUpdatesSynced);
    doc.getText('t').delete(0, 2);
    await until('the deletion is saved', () => provider.syncStatus.localUpdatesSynced);
  }
  editor.close();
}

// The client of Yjs 14 and a client of Yjs 13 in one document.
export async function yjs14(server) {
  const [Y14, { WebsocketProvider }] = await Promise.all([import('@y/y'), import('@y/websocket')]);
  const doc = new Y14.Doc();
  const provider = new WebsocketProvider(server.url, 'yjs 14', doc,
    { WebSocketPolyfill: BrowserLikeSocket, disableBc: true });
  const editor = await Editor.open(server, 'yjs 14');
  await until('4.0 is synced', () => provider.synced);
  doc.get('t').insert(0, 'fourteen');
  editor.doc.getText('t').insert(0, 'thirteen ');
  await until('both words on both sides', () => {
    const seen = editor.doc.getText('t').toString();
    return ['fourteen', 'thirteen '].every((word) => seen.includes(word)) &&
      JSON.stringify(doc.get('t').toDelta?.() ?? String(doc.get('t'))).includes('thirteen');
  });
  provider.destroy();
  doc.destroy();
  editor.close();
}
