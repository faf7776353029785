#!/usr/bin/env node
// A 10 MB document opens in a fresh client; many documents opened and left are evicted, and the server's
// memory returns to within 20 % of where it started.
//
//   node measure/memory.mjs --server PATH [--documents 5000] [--megabytes 10]

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as Y from 'yjs';
import { Editor } from '../lib/editors.mjs';
import { RawClient } from '../lib/raw_client.mjs';
import { residentBytes, Server } from '../lib/server.mjs';
import { sleep, until } from '../lib/wait.mjs';

const megabyte = 1024 * 1024;
const paragraph = 4096;

export async function openLargeDocument(binary, megabytes) {
  const server = await Server.start(binary);
  try {
    const author = await Editor.open(server, 'large');
    const text = author.doc.getText('t');
    for (let i = 0; i * paragraph < megabytes * megabyte; ++i) {
      text.insert(0, `${i} `.padEnd(paragraph, 'lorem ipsum dolor sit amet '));
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    const expected = text.toString();
    await until('the server has it', async () => {
      const reader = await Editor.open(server, 'large');
      const { length } = reader.doc.getText('t');
      reader.close();
      return length === expected.length;
    }, { seconds: 60, everyMs: 300 });
    const started = Date.now();
    const fresh = await Editor.open(server, 'large');
    const seconds = (Date.now() - started) / 1000;
    assert.ok(fresh.doc.getText('t').toString() === expected, 'the text differs');
    fresh.close();
    author.close();
    return `${megabytes} MB in ${seconds.toFixed(2)} s`;
  } finally {
    await server.destroy();
  }
}

// Opens every document, writes into it, and leaves it. The start that counts is that of a server which
// has worked before: its caches, which have fixed sizes, are full.
export async function evictDocuments(binary, documents) {
  const server = await Server.start(binary, ['--evict-after', '1s']);
  try {
    const cold = residentBytes(server.pid);
    for (const wave of ['first', 'second']) {
      await openAndLeave(server, wave, documents);
      await evicted(server);
    }
    const before = residentBytes(server.pid);
    await openAndLeave(server, 'third', documents);
    const peak = residentBytes(server.pid);
    await evicted(server);
    let now = 0;
    await until(() => `memory returns to ${mb(before)} + 20 %: ${mb(now)}`, () => {
      now = residentBytes(server.pid);
      return now <= before * 1.2;
    }, { seconds: 30, everyMs: 200 });
    return `${documents} documents: ${mb(before)} before (${mb(cold)} when it had done nothing yet), ` +
      `${mb(peak)} with them, ${mb(now)} after`;
  } finally {
    await server.destroy();
  }
}

// Memory goes back to the operating system about a second after the documents have gone.
async function evicted(server) {
  await until('all documents are evicted', async () => (await server.metric('syncline_documents_open')) === 0,
    { seconds: 30, everyMs: 100 });
  await sleep(1500);
}

async function openAndLeave(server, prefix, count) {
  const update = someText();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const client = await RawClient.open(`${server.url}/${prefix}/${next++}?acks=1`);
      client.sendStep1();
      client.sendUpdate(update);
      await until('the edit is saved', () => client.acknowledged === 1, { everyMs: 1 });
      client.close();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
}

function someText() {
  const doc = new Y.Doc();
  for (let i = 0; i < 20; ++i) doc.getText('t').insert(0, 'a line of text like those that people write\n');
  return Y.encodeStateAsUpdate(doc);
}

function mb(bytes) {
  return `${(bytes / megabyte).toFixed(1)} MB`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: process.env.SYNCLINE_SERVER },
      documents: { type: 'string', default: '5000' },
      megabytes: { type: 'string', default: '10' },
    },
  });
  console.log(await openLargeDocument(values.server, Number(values.megabytes)));
  console.log(await evictDocuments(values.server, Number(values.documents)));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(() => process.exit(0), (error) => {
    console.log(error.stack);
    process.exit(1);
  });
}
