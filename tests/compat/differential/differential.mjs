#!/usr/bin/env node
// The document engine against real yjs, by the minute or by the hour.
//
//   node differential.mjs --probe build/release/tests/compat/probe/syncline-crdt-probe
//        [--seed N] [--histories M] [--poison M] [--seconds S] [--processes P] [--failures DIR] [--keep-going]
//   node differential.mjs --probe ... --replay FILE...
//
// Each history and each batch of poisoned updates has a seed of its own, N, N+1, ...; with --seconds they
// go on until the time is over. A failing one is made small and written to a file that says what was done
// and what was expected: DIR, by default the fixtures that CI replays for ever.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fixtureFiles, Fixture, fixturesFolder, isFinding, readFixture, shrinkFixture, writeFixture }
  from './fixtures.mjs';
import { History } from './history.mjs';
import { poisonedUpdates, tryOne } from './poison.mjs';
import { poisonedUpdatesV2, readBoth } from './poison_v2.mjs';
import { Probe } from './probe_client.mjs';
import { Progress, runProcesses } from './processes.mjs';
import { Tally } from './tally.mjs';

const poisonPerSeed = 5;

export class Differential {
  #probe = null;
  tally = new Tally();

  constructor(probePath, { failures = fixturesFolder, report = console.log }) {
    this.probePath = probePath;
    this.failures = failures;
    this.report = report;
  }

  // A probe that lives: a crashed one is replaced.
  get probe() {
    if (this.#probe === null || this.#probe.dead) this.#probe = new Probe(this.probePath);
    return this.#probe;
  }

  // Both resolve to whether nothing was found.

  async history(seed) {
    const history = new History(this.probe, seed, this.tally);
    try {
      await history.run();
      return true;
    } catch (error) {
      if (!isFinding(error) || history.failed === null) throw error;
      await this.#found(`history-${seed}`, history.failed, error, `--seed ${seed} --histories 1 --poison 0`);
      return false;
    }
  }

  async poisoned(seed) {
    return (await this.#poisonedV1(seed)) && this.#poisonedV2(seed);
  }

  async #poisonedV1(seed) {
    for (const one of poisonedUpdates(seed, poisonPerSeed)) {
      try {
        const accepted = await tryOne(this.probe, one);
        this.tally.add(accepted ? 'poisoned update accepted' : 'poisoned update refused');
      } catch (error) {
        if (!isFinding(error)) throw error;
        const { base, bad, rest, gc } = one;
        const steps = [...base.map((update) => ['base', update]), ['bad', bad], ...rest.map((update) => ['rest', update])];
        await this.#found(`poison-${seed}`, [new Fixture('poison', { gc }, steps)], error,
          `--seed ${seed} --histories 0 --poison 1`);
        return false;
      }
    }
    return true;
  }

  async #poisonedV2(seed) {
    for (const one of poisonedUpdatesV2(seed, poisonPerSeed)) {
      try {
        const accepted = await readBoth(this.probe, one);
        this.tally.add(accepted ? 'poisoned v2 update accepted' : 'poisoned v2 update refused');
      } catch (error) {
        if (!isFinding(error)) throw error;
        const steps = [['bad', one.bad], ...one.updates.map((update) => ['update', update])];
        await this.#found(`poison-v2-${seed}`, [new Fixture('poison_v2', {}, steps)], error,
          `--seed ${seed} --histories 0 --poison 1`);
        return false;
      }
    }
    return true;
  }

  // Replays a file. Resolves to whether nothing is found any more.
  async replay(file) {
    this.tally.add('fixture');
    try {
      await readFixture(file).run(this.probe);
      return true;
    } catch (error) {
      if (!isFinding(error)) throw error;
      this.tally.add('FAILED');
      this.report(`FAILED ${file}: ${error.message}\n  yjs:    ${error.expected}\n  engine: ${error.actual}`);
      return false;
    }
  }

  async #found(name, fixtures, error, command) {
    this.tally.add('FAILED');
    let smallest = null;
    for (const fixture of fixtures) {
      smallest ??= await shrinkFixture(() => this.probe, fixture, error.what);
    }
    smallest ??= { fixture: fixtures.at(-1), error };
    const file = writeFixture(this.failures, name, smallest.fixture, smallest.error, command);
    this.report(`FAILED ${name}: ${smallest.error.message}\n  ${file}`);
  }

  close() {
    this.#probe?.close();
  }
}

// Runs until everything asked for is done, or the time is over. `stride` is what lies between two seeds.
// Returns the tally.
export async function runDifferential(options) {
  const { probe, seed, histories = 0, poisonSeeds = 0, fixtures = [], seconds = Infinity, stride = 1, failures,
    keepGoing = false, onProgress = () => {} } = options;
  const differential = new Differential(probe, { failures });
  const deadline = Date.now() + seconds * 1000;
  try {
    for (const file of fixtures) await differential.replay(file);
    // In turns, so that whenever the time is over all has been looked at.
    for (let i = 0; (i < histories || i < poisonSeeds) && Date.now() < deadline; ++i) {
      const n = seed + i * stride;
      const found = [];
      if (i < histories) found.push(await differential.history(n));
      if (i < poisonSeeds) found.push(await differential.poisoned(n));
      if (found.includes(false) && !keepGoing) break;
      onProgress(differential.tally, n);
    }
  } finally {
    differential.close();  // A probe that lives keeps this process alive too.
  }
  return differential.tally;
}

// yjs warns about what the poisoned updates do to it; the tests look at what it ends up with.
export function silenceYjs() {
  console.error = () => {};
  console.warn = () => {};
}

const optionTypes = {
  probe: { type: 'string' },
  seed: { type: 'string', default: '1' },
  histories: { type: 'string' },
  poison: { type: 'string' },
  seconds: { type: 'string' },
  processes: { type: 'string', default: '1' },
  stride: { type: 'string', default: '1' },  // Between the seeds of one of several processes.
  failures: { type: 'string', default: fixturesFolder },
  'keep-going': { type: 'boolean', default: false },
  replay: { type: 'boolean', default: false },
};

async function replayAll(probe, files) {
  const tally = await runDifferential({ probe, fixtures: files.length > 0 ? files : fixtureFiles() });
  console.log(`${tally.get('fixture')} fixtures, ${tally.get('FAILED')} failed`);
  return tally;
}

async function runHere(values, progress) {
  const endless = values.seconds !== undefined;
  const number = (text, otherwise) => Number(text ?? (endless ? Infinity : otherwise));
  const tally = await runDifferential({
    probe: values.probe, seed: Number(values.seed), stride: Number(values.stride),
    histories: number(values.histories, 1000), poisonSeeds: number(values.poison, 200),
    seconds: Number(values.seconds ?? Infinity), failures: values.failures, keepGoing: values['keep-going'],
    onProgress: (soFar, seed) => {
      if (process.send) process.send({ entries: soFar.entries(), seed });
      else progress.print(soFar, seed);
    },
  });
  if (process.send) process.send({ entries: tally.entries() }, () => process.disconnect());
  return tally;
}

async function runInProcesses(values, progress) {
  const processes = Number(values.processes);
  const passedOn = ['probe', 'histories', 'poison', 'seconds', 'failures'].filter((name) => values[name] !== undefined)
    .flatMap((name) => [`--${name}`, values[name]]);
  if (values['keep-going']) passedOn.push('--keep-going');
  const lists = Array.from({ length: processes }, (_, i) =>
    [...passedOn, '--seed', String(Number(values.seed) + i), '--stride', String(processes)]);
  return runProcesses(fileURLToPath(import.meta.url), lists, progress);
}

async function main() {
  const { values, positionals } = parseArgs({ options: optionTypes, allowPositionals: true });
  if (!values.probe) throw new Error('--probe PATH is required');
  silenceYjs();
  if (values.replay) return replayAll(values.probe, positionals);
  const progress = new Progress();
  const tally = await (values.processes === '1' ? runHere : runInProcesses)(values, progress);
  if (!process.send) console.log([...tally.lines(), progress.line(tally)].join('\n'));
  return tally;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then((tally) => {
    process.exitCode = tally.get('FAILED') === 0 ? 0 : 1;
  }, (error) => {
    console.log(error.stack);
    process.exitCode = 2;
  });
}
