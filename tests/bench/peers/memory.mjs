// What a loaded document takes: loads many copies of a trace's final state, keeps them, and prints the
// difference a copy makes as JSON: {"allocated": bytes, "rss": bytes}.
//
//   node --expose-gc memory.mjs yjs|ywasm TRACE [COPIES]
//
// allocated is what the collector left, with what lies outside of its heap; rss is what the system says of
// the process.

import { readFinalState } from './trace.mjs';

function footprint(peer) {
  for (let i = 0; i < 4; ++i) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { allocated: heapUsed + external + peer.otherBytes(), rss };
}

const [name, traceName, copies = '64'] = process.argv.slice(2);
const peer = await import(`./${name}.mjs`);
const trace = readFinalState(traceName);
const docs = [peer.load(trace)];
const before = footprint(peer);
for (let i = 0; i < Number(copies); ++i) docs.push(peer.load(trace));
const after = footprint(peer);
const each = (what) => Math.round((after[what] - before[what]) / Number(copies));
console.log(JSON.stringify({ allocated: each('allocated'), rss: each('rss') }));
if (docs.length !== Number(copies) + 1) throw new Error('a document has gone');
