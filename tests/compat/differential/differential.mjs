#!/usr/bin/env node
// The document engine against real yjs.
//
//   node differential.mjs --probe build/debug/tests/compat/probe/syncline-crdt-probe
//        [--seed N] [--histories M] [--poison M] [--seconds S] [--failures DIR] [--keep-going]
//   node differential.mjs --probe ... --replay FILE
//
// Each history and each batch of poisoned updates has a seed of its own, N, N+1, ...; a failing one is
// made small, written to a file that says what was done and what was expected, and can be replayed.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { hex, Mismatch } from './compare.mjs';
import { History } from './history.mjs';
import { poison, tryOne } from './poison.mjs';
import { Probe, ProbeDied } from './probe_client.mjs';
import { poisonV2 } from './poison_v2.mjs';
import { logFromText, logToText, replay } from './replica.mjs';
import { shrink } from './shrink.mjs';

// What counts as a finding; anything else is a mistake in these tests.
const isFinding = (error) => error instanceof Mismatch || error instanceof ProbeDied;

const poisonPerSeed = 40;

export class Differential {
  #probe = null;
  counts = { histories: 0, poisoned: 0, accepted: 0, failed: 0 };

  constructor(probePath, { failures, report = console.log }) {
    this.probePath = probePath;
    this.failures = failures;
    this.report = report;
  }

  // A probe that lives: a crashed one is replaced.
  get probe() {
    if (this.#probe === null || this.#probe.dead) this.#probe = new Probe(this.probePath);
    return this.#probe;
  }

  async history(seed) {
    const history = new History(this.probe, seed);
    this.counts.histories += 1;
    try {
      await history.run();
      return true;
    } catch (error) {
      if (!isFinding(error) || history.failed === null) throw error;
      await this.#reportHistory(seed, history.failed, error);
      return false;
    }
  }

  async poisoned(seed) {
    this.counts.poisoned += poisonPerSeed;
    try {
      this.counts.accepted += await poison(this.probe, seed, poisonPerSeed);
      await poisonV2(this.probe, seed, poisonPerSeed);
      return true;
    } catch (error) {
      if (!isFinding(error)) throw error;
      if (error.replay) await this.#reportPoison(seed, error);
      else this.#reportPoisonV2(seed, error);
      return false;
    }
  }

  async #reportHistory(seed, replica, error) {
    this.counts.failed += 1;
    let found = error;
    const fails = async (log) => {
      try {
        await replay(this.probe, replica.options, log);
        return false;
      } catch (again) {
        if (!isFinding(again)) return false;
        found = again;
        return true;
      }
    };
    const log = (await fails(replica.log)) ? await shrink(replica.log, fails) : replica.log;
    await fails(log);
    this.#write(`history-${seed}`, found, {
      command: `--seed ${seed} --histories 1 --poison 0`,
      header: [`replica ${JSON.stringify(replica.options)}`],
      log: logToText(log),
    });
  }

  async #reportPoison(seed, error) {
    this.counts.failed += 1;
    let { base, rest } = error.replay;
    let found = error;
    const fails = async (attempt) => {
      try {
        await tryOne(this.probe, attempt);
        return false;
      } catch (again) {
        if (!isFinding(again)) return false;
        found = again;
        return true;
      }
    };
    const { bad, gc } = error.replay;
    rest = await shrink(rest, (fewer) => fails({ base, bad, rest: fewer, gc }));
    base = await shrink(base, (fewer) => fails({ base: fewer, bad, rest, gc }));
    await fails({ base, bad, rest, gc });
    this.#write(`poison-${seed}`, found, {
      command: `--seed ${seed} --histories 0 --poison 1`,
      header: [`poison ${JSON.stringify({ gc })}`],
      log: [...base.map((update) => `base ${hex(update)}`), `bad ${hex(bad)}`,
        ...rest.map((update) => `rest ${hex(update)}`)],
    });
  }

  #reportPoisonV2(seed, error) {
    this.counts.failed += 1;
    this.#write(`poison-v2-${seed}`, error, {
      command: `--seed ${seed} --histories 0 --poison 1`, header: [], log: [],
    });
  }

  #write(name, error, { command, header, log }) {
    fs.mkdirSync(this.failures, { recursive: true });
    const file = path.join(this.failures, `${name}.txt`);
    const lines = [
      `# ${error.message}`, `# node differential.mjs --probe PROBE ${command}`,
      `# node differential.mjs --probe PROBE --replay ${file}`, ...header, ...log, '',
      `expected (yjs):  ${error.expected ?? ''}`, `actual (engine): ${error.actual ?? ''}`, '',
    ];
    fs.writeFileSync(file, lines.join('\n'));
    this.report(`FAILED ${name}: ${error.message}\n  replay: node differential.mjs --probe PROBE ${command}\n  ${file}`);
  }

  close() {
    this.#probe?.close();
  }
}

async function replayFile(probe, file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  const start = lines.findIndex((line) => /^(replica|poison) /.test(line));
  const options = JSON.parse(lines[start].slice(lines[start].indexOf(' ')));
  const log = lines.slice(start + 1, lines.indexOf('', start));
  if (lines[start].startsWith('replica')) return replay(probe, options, logFromText(log));
  const of = (kind) => log.filter((line) => line.startsWith(`${kind} `))
    .map((line) => new Uint8Array(Buffer.from(line.slice(5).trim(), 'hex')));
  const [bad] = log.filter((line) => line.startsWith('bad ')).map((line) =>
    new Uint8Array(Buffer.from(line.slice(4), 'hex')));
  return tryOne(probe, { ...options, base: of('base'), bad, rest: of('rest') });
}

// Runs until everything asked for is done, or the time is over. Returns the counts.
export async function runDifferential(options) {
  const { probe, seed, histories, poisonSeeds, seconds = Infinity, failures, keepGoing = false } = options;
  const differential = new Differential(probe, { failures });
  const deadline = Date.now() + seconds * 1000;
  const each = async (count, run) => {
    for (let i = 0; i < count && Date.now() < deadline; ++i) {
      if (!(await run(seed + i)) && !keepGoing) return;
    }
  };
  try {
    await each(histories, (n) => differential.history(n));
    await each(poisonSeeds, (n) => differential.poisoned(n));
  } finally {
    differential.close();  // A probe that lives keeps this process alive too.
  }
  return differential.counts;
}

// yjs warns about what the poisoned updates do to it; the tests look at what it ends up with.
export function silenceYjs() {
  console.error = () => {};
  console.warn = () => {};
}

async function main() {
  const { values } = parseArgs({
    options: {
      probe: { type: 'string' },
      seed: { type: 'string', default: '1' },
      histories: { type: 'string', default: '1000' },
      poison: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '100000' },
      failures: { type: 'string', default: path.join(os.tmpdir(), 'syncline-differential') },
      'keep-going': { type: 'boolean', default: false },
      replay: { type: 'string' },
    },
  });
  if (!values.probe) throw new Error('--probe PATH is required');
  silenceYjs();
  if (values.replay) {
    const probe = new Probe(values.probe);
    await replayFile(probe, values.replay).finally(() => probe.close());
    console.log('no difference');
    return;
  }
  const started = Date.now();
  const counts = await runDifferential({
    probe: values.probe, seed: Number(values.seed), histories: Number(values.histories),
    poisonSeeds: Number(values.poison), seconds: Number(values.seconds), failures: values.failures,
    keepGoing: values['keep-going'],
  });
  const { histories, poisoned, accepted, failed } = counts;
  console.log(`${histories} histories, ${poisoned} poisoned updates (${accepted} accepted), ` +
    `${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.log(error.what ? `${error.message}\n  yjs:    ${error.expected}\n  engine: ${error.actual}` : error.stack);
    process.exitCode = 1;
  });
}
