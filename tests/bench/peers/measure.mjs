// Measures one work of one peer in this process, and prints JSON: {"cpuMs": [one number a run]}.
//
//   node measure.mjs yjs|ywasm WORK TRACE fresh|warm
//
// fresh: the first run of a process that has done nothing before. warm: five runs, after V8 has compiled
// what it wants to. The time is the CPU time of the whole process, compiler and garbage collector
// included. Nothing is collected by force: V8 then also drops code, and is slower for a while.

import assert from 'node:assert/strict';
import * as Y from 'yjs';
import { readTrace } from './trace.mjs';

const warmRuns = 5;
const warmUpMs = 1000;
// A warm run repeats a short work until it has taken about this long.
const warmRunMs = 300;

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function isDocument(result) {
  return !(result instanceof Uint8Array);
}

function measureFresh(run) {
  const before = cpuMs();
  const result = run();
  return { cpuMs: [cpuMs() - before], result };
}

// Does the work `times` over; returns the milliseconds of one.
function time(peer, run, times) {
  const before = cpuMs();
  for (let i = 0; i < times; ++i) {
    const result = run();
    if (isDocument(result)) peer.free(result);
  }
  return (cpuMs() - before) / times;
}

function measureWarm(peer, run) {
  let last = 0;
  for (let spent = 0; spent < warmUpMs; spent += last) last = time(peer, run, 1);
  const times = Math.max(1, Math.ceil(warmRunMs / last));
  return { cpuMs: Array.from({ length: warmRuns }, () => time(peer, run, times)), result: run() };
}

// What a work has made must hold the recorded text; a difference makes it up with what it starts from.
function verify(peer, work, trace, result) {
  const expected = new Y.Doc();
  Y.applyUpdate(expected, trace.finalState);
  const text = expected.getText(trace.root).toString();
  if (isDocument(result)) {
    assert.ok(peer.textOf(result, trace) === text, `${work}: the text differs`);
    return;
  }
  const doc = new Y.Doc();
  if (work === 'diff') {
    for (const update of trace.updates.slice(0, trace.updates.length / 2)) Y.applyUpdate(doc, update);
  }
  Y.applyUpdate(doc, result);
  assert.ok(doc.getText(trace.root).toString() === text, `${work}: the text differs`);
}

const [name, work, traceName, mode] = process.argv.slice(2);
const peer = await import(`./${name}.mjs`);
const trace = readTrace(traceName);
const run = peer.works[work](trace);
const { cpuMs: figures, result } = mode === 'warm' ? measureWarm(peer, run) : measureFresh(run);
verify(peer, work, trace, result);
console.log(JSON.stringify({ cpuMs: figures }));
