#!/usr/bin/env node
// Measures the document engine, yjs and ywasm at the same works, in one run on one core, and prints for
// each row `ratio WORK/TRACE X`, where X is yjs' CPU time over ours, or `memory WORK/TRACE BYTES`; then a
// table with all medians. ci/bench engine builds and installs what this needs.
//
//   node engine.mjs --programs FOLDER [--only TEXT]
//
// Each figure is the median of five processes that do the work once, as their first: that is what the
// ratios are made of. The table also has what engines reach that have done the same work many times.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findTrace } from './peers/trace.mjs';
import { number, textTable } from './table.mjs';

const peersFolder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'peers');
const processes = 5;
// Who takes longer than this is measured once, and not warm.
const patienceMs = 5000;
const progress = process.stderr.isTTY ? (text) => process.stderr.write(`\r\x1b[K${text}`) : () => {};

const { values: options } = parseArgs({
  options: { programs: { type: 'string' }, only: { type: 'string', default: '' } },
});

// Not every machine lets us use its first core.
function firstAllowedCore() {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(status)[1];
}

const core = firstAllowedCore();

// Runs a program on one core and reads the JSON that it prints.
function ask(program, args) {
  const output = execFileSync('taskset', ['--cpu-list', core, program, ...args], {
    encoding: 'utf8', cwd: peersFolder, maxBuffer: 1 << 24, stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output);
}

function askNode(script, args) {
  return ask(process.execPath, ['--expose-gc', script, ...args]);
}

function program(name) {
  return path.resolve(options.programs, name);
}

function warmBenchmark({ work, trace }) {
  const { benchmarks } = ask(program('crdt_bench'), [
    `--benchmark_filter=^${work}/${trace}$`, '--benchmark_repetitions=5', '--benchmark_min_time=0.3',
    '--benchmark_format=json',
  ]);
  return { cpuMs: benchmarks.filter((run) => run.run_type === 'iteration').map((run) => run.cpu_time) };
}

const engines = [
  {
    name: 'syncline',
    fresh: ({ work, trace }) => ask(program('engine_once'), [work, trace]),
    warm: warmBenchmark,
    memory: (trace) => ask(program('engine_memory'), [trace]),
  },
  ...['yjs', 'ywasm'].map((name) => ({
    name,
    fresh: ({ work, trace }) => askNode('measure.mjs', [name, work, trace, 'fresh']),
    warm: ({ work, trace }) => askNode('measure.mjs', [name, work, trace, 'warm']),
    memory: (trace) => askNode('memory.mjs', [name, trace]),
  })),
];

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

// One engine at one row: { fresh, warm } in milliseconds; warm is undefined for who takes too long.
function measure(engine, row) {
  const name = `${row.work}/${row.trace}`;
  const figures = [];
  for (let i = 0; i < processes && !(figures[0] > patienceMs); ++i) {
    progress(`${name}: ${engine.name}, ${i + 1} of ${processes}`);
    figures.push(...engine.fresh(row).cpuMs);
  }
  if (figures[0] > patienceMs) return { fresh: figures[0] };
  progress(`${name}: ${engine.name}, warm`);
  return { fresh: median(figures), warm: median(engine.warm(row).cpuMs) };
}

function readVersion(name) {
  return JSON.parse(fs.readFileSync(path.join(peersFolder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function timeTable(rows) {
  const head = ['CPU ms', ...engines.map(({ name }) => name), 'ratio', ...engines.map(({ name }) => `${name}, warm`), 'ratio, warm'];
  return [head, ...rows.map(({ name, figures }) => [
    name,
    ...figures.map(({ fresh }) => number(fresh)),
    number(figures[1].fresh / figures[0].fresh),
    ...figures.map(({ warm }) => number(warm)),
    number(figures[1].warm / figures[0].warm),
  ])];
}

function memoryTable(name, footprints) {
  const line = (title, what) => [
    title,
    ...footprints.map((each) => each[what].toFixed(0)),
    number(footprints[1][what] / footprints[0][what]),
  ];
  return [
    ['bytes', ...engines.map((engine) => engine.name), 'ratio'],
    line(`${name}, resident`, 'rss'),
    line(`${name}, allocated`, 'allocated'),
  ];
}

// Prints the row's ratio as soon as it is known.
function measureRow(row) {
  const name = `${row.work}/${row.trace}`;
  const figures = engines.map((engine) => measure(engine, row));
  progress('');
  console.log(`ratio ${name} ${number(figures[1].fresh / figures[0].fresh)}`);
  return { name, figures };
}

function measureMemory(name, trace) {
  progress(name);
  const footprints = engines.map((engine) => engine.memory(trace));
  progress('');
  console.log(`ratio ${name} ${number(footprints[1].rss / footprints[0].rss)}`);
  console.log(`memory ${name} ${footprints[0].rss}`);
  console.log(`memory idle/${trace} ${footprints[0].folded_allocated}`);
  return footprints;
}

// A document that is only kept and sent: the engine folds it up. The peers have nothing like it.
function idleTable(trace, footprint) {
  return [
    ['bytes', 'syncline', 'encoded'],
    [`idle/${trace}, resident`, footprint.folded_rss.toFixed(0), footprint.encoded.toFixed(0)],
    [`idle/${trace}, allocated`, footprint.folded_allocated.toFixed(0), footprint.encoded.toFixed(0)],
  ];
}

function main() {
  // The long history may not be held in the repository; without it, a shorter one stands in.
  const sequential = findTrace('automerge-paper') ? 'automerge-paper' : 'sveltecomponent';
  const wanted = (name) => name.includes(options.only);
  const rows = [
    ...['replay', 'apply', 'merge', 'load', 'encode', 'diff'].map((work) => ({ work, trace: sequential })),
    ...['friendsforever', 'clownschool'].map((trace) => ({ work: 'concurrent', trace })),
  ].filter(({ work, trace }) => wanted(`${work}/${trace}`)).map(measureRow);
  const loaded = `loaded/${sequential}`;
  const footprints = wanted(loaded) ? measureMemory(loaded, sequential) : undefined;

  console.log(`\nyjs ${readVersion('yjs')}, ywasm ${readVersion('ywasm')}, node ${process.version}; one core; medians of ${processes}`);
  if (rows.length > 0) console.log(textTable(timeTable(rows)));
  if (footprints) console.log(textTable(memoryTable(loaded, footprints)));
  if (footprints) console.log(textTable(idleTable(sequential, footprints[0])));
}

main();
