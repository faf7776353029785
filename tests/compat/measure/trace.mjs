#!/usr/bin/env node
// A y-websocket client types a recorded history into the real server, one transaction an edit. A fresh
// client and `syncline-server doc show` then have the text whose sha256 the manifest of the traces states.
//
//   node measure/trace.mjs --server PATH [--trace NAME] [--traces FOLDER] [--compare]
//
// FOLDER holds manifest.json (or yjs-manifest.json) and NAME.json.gz; by default tests/data/traces. With
// --compare, the same work on the reference servers of y-websocket and Hocuspocus, and the ratios.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import * as Y from 'yjs';
import { BrowserLikeSocket, Editor } from '../lib/editors.mjs';
import { cpuSeconds, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const storedTraces = path.join(here, '../../data/traces');

// Bytes that may wait in the client's socket: typing does not run far ahead of the network.
const bufferedMax = 256 * 1024;
const longRun = { seconds: 600, everyMs: 10 };

export function loadTrace(folder, name) {
  const manifestName = ['manifest.json', 'yjs-manifest.json'].find((file) => fs.existsSync(path.join(folder, file)));
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, manifestName), 'utf8'));
  const trace = JSON.parse(gunzipSync(fs.readFileSync(path.join(folder, `${name}.json.gz`))));
  const patches = trace.txns.flatMap((transaction) => transaction.patches);
  return { name, root: manifest.root, patches, sha256: manifest.traces[name].textSha256 };
}

// Types all of it. `buffered` tells how many bytes wait to be sent.
async function type(doc, { root, patches }, buffered) {
  const text = doc.getText(root);
  let sinceCheck = 0;
  for (const [position, deleted, inserted] of patches) {
    doc.transact(() => {
      if (deleted > 0) text.delete(position, deleted);
      if (inserted) text.insert(position, inserted);
    });
    if (++sinceCheck < 100) continue;
    sinceCheck = 0;
    do {
      await new Promise(setImmediate);
    } while (buffered() > bufferedMax);
  }
}

function expectText(what, text, { sha256 }) {
  assert.equal(createHash('sha256').update(text).digest('hex'), sha256, `sha256 of the text ${what}`);
}

// Resolves to { seconds, cpu } of the server for the whole history.
async function typeInto(pid, trace, open) {
  const [cpuBefore, started] = [cpuSeconds(pid), Date.now()];
  const writer = await open();
  await type(writer.doc, trace, writer.buffered);
  await writer.settled();
  const figures = { seconds: (Date.now() - started) / 1000, cpu: cpuSeconds(pid) - cpuBefore };
  const reader = await open();
  const expected = writer.doc.getText(trace.root).length;
  await until('a fresh client has all of it', () => reader.doc.getText(trace.root).length === expected, longRun);
  expectText('of a fresh client', reader.doc.getText(trace.root).toString(), trace);
  writer.close();
  reader.close();
  return figures;
}

function openEditor(target, document) {
  return async () => {
    const editor = await Editor.open(target, document, { version: '3.1.0' });
    return {
      doc: editor.doc,
      buffered: () => editor.provider.ws?.bufferedAmount ?? 0,
      // Nothing is left to send, and the server has answered a step 1 sent after all of it.
      settled: async () => {
        const probe = await Editor.open(target, document, { version: '3.1.0' });
        await until('the server has all of it', () =>
          Buffer.compare(Y.encodeStateVector(probe.doc), Y.encodeStateVector(editor.doc)) === 0, longRun);
        probe.close();
      },
      close: () => editor.close(),
    };
  };
}

function openHocuspocus(port, document) {
  return async () => {
    const doc = new Y.Doc();
    const socket = new HocuspocusProviderWebsocket({
      url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: BrowserLikeSocket });
    const provider = new HocuspocusProvider({ websocketProvider: socket, name: document, document: doc, token: 't' });
    provider.attach();
    await until('Hocuspocus is synced', () => provider.synced);
    return {
      doc,
      buffered: () => socket.webSocket?.bufferedAmount ?? 0,
      settled: () => until('Hocuspocus has all of it', () => !provider.hasUnsyncedChanges, longRun),
      close: () => {
        provider.destroy();
        socket.destroy();
      },
    };
  };
}

export async function measureServer(binary, trace) {
  const server = await Server.start(binary);
  try {
    const figures = await typeInto(server.pid, trace, openEditor(server, trace.name));
    await server.stop();
    const shown = await server.doc('show', trace.name, '--root', trace.root, '--format', 'text');
    const exact = shown.endsWith('\n') ? [shown, shown.slice(0, -1)] : [shown];
    const hashes = exact.map((text) => createHash('sha256').update(text).digest('hex'));
    assert.ok(hashes.includes(trace.sha256), 'sha256 of the text of doc show');
    return figures;
  } finally {
    await server.destroy();
  }
}

async function measurePeer(script, trace, open) {
  const peer = spawn(process.execPath, [path.join(here, script)], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const port = await new Promise((resolve, reject) => {
      peer.stdout.once('data', (line) => resolve(Number(line)));
      peer.once('exit', () => reject(new Error(`${script} ended`)));
    });
    return await typeInto(peer.pid, trace, open(port));
  } finally {
    peer.kill('SIGKILL');
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      server: { type: 'string', default: process.env.SYNCLINE_SERVER },
      trace: { type: 'string', default: 'sveltecomponent' },
      traces: { type: 'string', default: storedTraces },
      compare: { type: 'boolean', default: false },
    },
  });
  const trace = loadTrace(values.traces, values.trace);
  const print = (name, { cpu, seconds }, base) => console.log(
    `${name.padEnd(24)} ${cpu.toFixed(2).padStart(8)} CPU s  ${seconds.toFixed(1).padStart(6)} s` +
    `${base ? `  ${(cpu / base.cpu).toFixed(1)}x the CPU of Syncline` : ''}`);
  console.log(`${trace.name}: ${trace.patches.length} edits, one transaction each`);
  const ours = await measureServer(values.server, trace);
  print('Syncline (durable)', ours);
  if (!values.compare) return;
  print('y-websocket (memory)', await measurePeer('peer_y_websocket.mjs', trace, (port) =>
    openEditor({ url: `ws://127.0.0.1:${port}` }, trace.name)), ours);
  print('Hocuspocus (memory)', await measurePeer('peer_hocuspocus.mjs', trace, (port) =>
    openHocuspocus(port, trace.name)), ours);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(() => process.exit(0), (error) => {
    console.log(error.stack);
    process.exit(1);
  });
}
