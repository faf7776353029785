#!/usr/bin/env node
// Everything that real yjs and real clients have to say about the engine and the server.
//
//   node run.mjs [--server PATH] [--probe PATH] [--quick] [--seed N] [--only NAME]
//
// --server (or SYNCLINE_SERVER) is syncline-server, --probe syncline-crdt-probe; by default the probe of the
// same build tree. --only is differential, clients, crash or measure. The last line counts.

import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { testClients, testIdleClients } from './clients/clients.mjs';
import { testCrashes } from './crash/crash.mjs';
import { runDifferential } from './differential/differential.mjs';
import { runVersions } from './differential/versions.mjs';
import { Report } from './lib/report.mjs';
import { testMeasures } from './measure/measures.mjs';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: process.env.SYNCLINE_SERVER },
    probe: { type: 'string', default: process.env.SYNCLINE_PROBE },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
if (!values.server) {
  console.error('usage: node run.mjs --server PATH [--probe PATH] [--quick] [--seed N] [--only NAME]');
  process.exit(2);
}
const binary = path.resolve(values.server);
const probe = path.resolve(
  values.probe ?? path.join(path.dirname(binary), '../tests/compat/probe/syncline-crdt-probe'));
const seed = Number(values.seed);

async function testDifferential(report) {
  const failures = path.join(os.tmpdir(), 'syncline-differential');
  const runs = values.quick
    ? { histories: 300, poisonSeeds: 20 } : { histories: 3000, poisonSeeds: 150 };
  const versionHistories = values.quick ? 50 : 500;
  await report.test(`${runs.histories} random histories against yjs`, async () => {
    const counts = await runDifferential({ probe, seed, ...runs, poisonSeeds: 0, failures });
    if (counts.failed > 0) throw new Error('the engine and yjs differ');
  });
  await report.test('poisoned updates against yjs', async () => {
    const counts = await runDifferential({ probe, seed, ...runs, histories: 0, failures });
    if (counts.failed > 0) throw new Error('the engine and yjs differ');
    return `${counts.poisoned}, of which ${counts.accepted} were accepted`;
  });
  await report.test(`${versionHistories} histories of versions and places against yjs`, async () => {
    const counts = await runVersions({ probe, seed, histories: versionHistories });
    if (counts.failed > 0) throw new Error('the engine and yjs differ');
  });
}

// yjs and its providers print what the tests provoke.
for (const method of ['error', 'warn', 'info']) console[method] = () => {};

const report = new Report();
const parts = {
  clients: () => testClients(report, { binary, seed, documents: values.quick ? 3 : 12 }),
  differential: () => testDifferential(report),
  crash: () => testCrashes(report, { binary, seed, kills: values.quick ? 15 : 60 }),
  measure: () => testMeasures(report, { binary, quick: values.quick }),
};
const wanted = (name) => !values.only || values.only === name;
const idle = wanted('clients') ? report.part('idle', () => testIdleClients(report, { binary })) : null;
for (const [name, run] of Object.entries(parts)) {
  if (wanted(name)) await report.part(name, run);
}
await idle;
process.exit(report.close());
