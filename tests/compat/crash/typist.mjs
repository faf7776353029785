// Somebody who types marked edits as fast as the server confirms them, and knows which are confirmed.

import * as Y from 'yjs';
import { RawClient } from '../lib/raw_client.mjs';
import { until } from '../lib/wait.mjs';

// Edits under way at a time: enough that a crash always interrupts something.
const windowMax = 40;

export class Typist {
  // The marks of the edits that some server said are durable; they are never taken back.
  acknowledged = new Set();
  #typed = 0;
  #client = null;

  constructor(name, document) {
    this.name = name;
    this.document = document;
  }

  // Connects with an empty document and starts to type. Nothing of an earlier connection is brought
  // along: what the server has lost nobody gives back to it.
  async start(server) {
    const doc = new Y.Doc();
    const client = await RawClient.open(`${server.url}/${encodeURIComponent(this.document)}?acks=1`);
    this.#client = client;
    const sent = ['step 2'];
    client.sendStep1();
    client.sendStep2();
    doc.on('update', (update) => {
      if (client.socket.readyState !== client.socket.OPEN) return;
      client.sendUpdate(update);
    });
    const type = () => {
      while (sent.length - confirmed < windowMax && client.socket.readyState === client.socket.OPEN) {
        const mark = `${this.name}-${this.#typed++}`;
        sent.push(mark);
        doc.getArray('edits').push([mark]);
      }
    };
    let confirmed = 0;
    client.socket.on('message', () => {
      const frame = client.frames.pop();
      if (frame.kind !== 'acknowledged') return;
      for (; confirmed < frame.count; ++confirmed) this.acknowledged.add(sent[confirmed]);
      setImmediate(type);
    });
    type();
  }

  stop() {
    this.#client?.close();
  }
}

// The marks that a fresh client gets to see.
export async function readMarks(server, document) {
  const doc = new Y.Doc();
  const client = await RawClient.open(`${server.url}/${encodeURIComponent(document)}`);
  client.sendStep1();
  await until('the first sync', () => client.frames.some(({ kind }) => kind === 'step2'), { everyMs: 2 });
  for (const { kind, bytes } of client.frames) {
    if (kind === 'update' || kind === 'step2') Y.applyUpdate(doc, bytes);
  }
  client.close();
  return new Set(doc.getArray('edits').toArray());
}
