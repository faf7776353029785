#!/usr/bin/env node
// One document with many connections, one of which never reads: all others get every edit, and the
// server's memory stays flat.
//
//   node measure/hub.mjs --server PATH [--connections 500] [--edits 1000] [--edit-bytes 2048]

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { RawClient } from '../lib/raw_client.mjs';
import { residentBytes, Server } from '../lib/server.mjs';
import { once, until } from '../lib/wait.mjs';

const megabyte = 1024 * 1024;

// Flat: what a reader who is 16 MB behind would cost is not there.
const growthMax = 16 * megabyte;

// Reads every update, keeping only how far it has come. Each must go on where the last one ended.
class Reader {
  clock = 0;

  static async open(url, author) {
    const reader = new Reader();
    reader.client = await RawClient.open(url);
    reader.client.sendStep1();
    reader.client.socket.on('message', () => {
      const { kind, bytes } = reader.client.frames.pop();
      if (kind === 'update' || kind === 'step2') reader.#take(bytes, author);
    });
    return reader;
  }

  #take(update, author) {
    const { from, to } = Y.parseUpdateMeta(update);
    if (!to.has(author)) return;
    if (from.get(author) > this.clock) throw new Error(`an edit between ${this.clock} and ${from.get(author)} is missing`);
    this.clock = Math.max(this.clock, to.get(author));
  }
}

// Says what it wants, and then never takes a byte from its socket.
async function openDeaf(url) {
  const socket = new WebSocket(url);
  socket.on('error', () => {});
  await once(socket, 'open');
  socket.send(Uint8Array.of(0, 0, 1, 0));
  socket._socket.pause();
  return socket;
}

export async function hub(binary, { connections, edits, editBytes }) {
  const server = await Server.start(binary);
  try {
    const url = `${server.url}/hub`;
    const doc = new Y.Doc();
    const readers = [];
    for (let i = 0; i < connections - 2; i += 50) {
      const some = Math.min(50, connections - 2 - i);
      readers.push(...await Promise.all(Array.from({ length: some }, () => Reader.open(url, doc.clientID))));
    }
    const deaf = await openDeaf(url);
    const writer = await RawClient.open(`${url}?acks=1`);
    const before = residentBytes(server.pid);
    let peak = before;
    doc.on('update', (update) => writer.sendUpdate(update));
    for (let i = 0; i < edits; ++i) {
      doc.getText('t').insert(0, 'x'.repeat(editBytes));
      const clock = (i + 1) * editBytes;
      if (i % 10 === 9) {
        await until(() => `all have edit ${i}: ${readers.filter((reader) => reader.clock < clock).length} do not`,
          () => readers.every((reader) => reader.clock >= clock), { seconds: 60, everyMs: 2 });
        peak = Math.max(peak, residentBytes(server.pid));
      }
    }
    await until('all edits are saved', () => writer.acknowledged === edits, { everyMs: 5 });
    const typed = edits * editBytes;
    // The document itself and the ring of recent updates may grow by what was typed.
    assert.ok(peak - before <= growthMax + 4 * typed, `memory grew from ${mb(before)} to ${mb(peak)}`);
    deaf.terminate();
    return `${readers.length} readers got all ${edits} edits (${mb(typed)}); memory ${mb(before)} before, ` +
      `${mb(peak)} at most`;
  } finally {
    await server.destroy();
  }
}

function mb(bytes) {
  return `${(bytes / megabyte).toFixed(1)} MB`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: process.env.SYNCLINE_SERVER },
      connections: { type: 'string', default: '500' },
      edits: { type: 'string', default: '1000' },
      'edit-bytes': { type: 'string', default: '2048' },
    },
  });
  console.log(await hub(values.server, {
    connections: Number(values.connections), edits: Number(values.edits), editBytes: Number(values['edit-bytes']),
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(() => process.exit(0), (error) => {
    console.log(error.stack);
    process.exit(1);
  });
}
