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
import { fixtureFiles } from './differential/fixtures.mjs';
import { operations } from './differential/processes.mjs';
import { runVersions } from './differential/versions.mjs';
import { differences } from './generate/generate.mjs';
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
  const run = async (options, note) => {
    const tally = await runDifferential({ probe, seed, failures, ...options });
    if (tally.get('FAILED') > 0) throw new Error(`the engine and yjs differ, see ${failures}`);
    return note(tally);
  };
  await report.test('what was found once', () =>
    run({ fixtures: fixtureFiles() }, (tally) => `${tally.get('fixture')} fixtures`));
  await report.test('the corpus is what yjs makes', () => {
    const names = differences();
    if (names.length > 0) throw new Error(`other: ${names.join(', ')}`);
  });
  await report.test('random histories against yjs', () =>
    run({ histories: values.quick ? 60 : 400 }, (tally) => `${operations(tally)} operations`));
  await report.test('poisoned updates against yjs', () =>
    run({ poisonSeeds: values.quick ? 100 : 800 }, (tally) =>
      `${tally.sum('poisoned')}, of which ${tally.get('poisoned update accepted')} were accepted`));
  await report.test('versions and places against yjs', async () => {
    const counts = await runVersions({ probe, seed, histories: values.quick ? 50 : 500 });
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
