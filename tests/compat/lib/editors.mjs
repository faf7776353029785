// Unmodified clients from npm, one class for every published line of y-websocket.

import { register } from 'node:module';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { WebsocketProvider as Version2 } from 'y-websocket-2';
import { WebsocketProvider as Version3 } from 'y-websocket-3';
import { WebsocketProvider as Version31 } from 'y-websocket-3-1';
import { WebsocketProvider as Version31Candidate } from 'y-websocket-3-1-rc';
import { until } from './wait.mjs';

register('./es_module_hook.mjs', import.meta.url);
const { WebsocketProvider: Version1 } = await import('y-websocket-1');

// The last one counts what the server has confirmed, as 4.0 does ('sync-status').
export const versions = {
  '1.5.4': Version1,
  '2.1.0': Version2,
  '3.0.0': Version3,
  '3.1.0': Version31,
  '3.1.0-rc.5': Version31Candidate,
};

export const versionNames = Object.keys(versions);

// In a browser, closing a socket that is still connecting is no error that ends the page.
export class BrowserLikeSocket extends WebSocket {
  constructor(...options) {
    super(...options);
    this.on('error', () => {});
  }
}

// A person's editor: a document and the provider that keeps it in step.
export class Editor {
  constructor(server, document, { version = '3.1.0', doc = new Y.Doc(), ...options } = {}) {
    this.doc = doc;
    this.provider = new versions[version](server.url, document, doc, {
      WebSocketPolyfill: BrowserLikeSocket, disableBc: true, ...options,
    });
    this.closes = [];
    this.provider.on('connection-close', (event) => this.closes.push(event));
    this.provider.on('connection-error', () => {});
  }

  static async open(server, document, options) {
    const editor = new Editor(server, document, options);
    await editor.synced();
    return editor;
  }

  get awareness() {
    return this.provider.awareness;
  }

  async synced() {
    await until(`synced: ${this.provider.roomname}`, () => this.provider.synced);
  }

  close() {
    this.provider.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }
}

// Whether the documents hold the same: clocks, deletions, and nothing that waits.
export function sameContent(docs) {
  const [first, ...others] = docs;
  const state = Y.encodeStateVector(first);
  const deleted = Y.createDeleteSetFromStructStore(first.store);
  if (docs.some((doc) => doc.store.pendingStructs !== null || doc.store.pendingDs !== null)) return false;
  return others.every((doc) => Buffer.compare(state, Y.encodeStateVector(doc)) === 0 &&
    Y.equalDeleteSets(deleted, Y.createDeleteSetFromStructStore(doc.store)));
}
