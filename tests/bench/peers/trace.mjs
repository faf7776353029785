// Recorded editing histories, as tests/data/traces/README.md describes them.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const repository = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');

// The repository's own, and those beside it, whose licence does not allow to hold them here.
const folders = [path.join(repository, 'tests/data/traces'), path.join(repository, '../shared/traces')];

// The folder that holds a trace; undefined if there is none.
export function findTrace(name) {
  return folders.find((folder) => fs.existsSync(path.join(folder, `${name}.yjs-final-v1.bin`)));
}

function cutLog(log) {
  const updates = [];
  for (let at = 0; at < log.length;) {
    const size = log.readUInt32LE(at);
    // Copies, as they would come from a network: yjs keeps nothing of them.
    updates.push(new Uint8Array(log.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return updates;
}

// Only what is needed to load the document, for those who count bytes.
export function readFinalState(name) {
  return {
    root: 'text',
    finalState: new Uint8Array(fs.readFileSync(path.join(findTrace(name), `${name}.yjs-final-v1.bin`))),
  };
}

export function readTrace(name) {
  const file = (suffix) => path.join(findTrace(name), name + suffix);
  const edits = fs.existsSync(file('.json.gz')) ? JSON.parse(gunzipSync(fs.readFileSync(file('.json.gz')))) : undefined;
  const sequential = edits !== undefined && edits.numAgents === undefined;
  return {
    ...readFinalState(name),
    author: 1234567890,
    updates: cutLog(gunzipSync(fs.readFileSync(file('.yjs-updates-v1.bin.gz')))),
    edits: sequential ? edits.txns.flatMap((transaction) => transaction.patches) : [],
  };
}
