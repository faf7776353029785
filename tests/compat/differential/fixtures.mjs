// What is to be done again, as data and as a file that says what was done and what was expected:
//
//   # sentences
//   replica {"clientId":1,"gc":true,"author":false}      the kind, and its options
//   apply 0101...                                         steps, one a line
//   edit [{"op":...}]
//
//   whatever stands behind the first empty line is for people
//
// Kinds:  replica  apply, edit: what was done to one document; apply_v2: an update that the engine is given
//                  in format v2 (it stands here in v1)
//         merge    update: merged, and looked at otherwise, without a document
//         poison   base, bad, rest: see poison.mjs
//         poison_v2  bad, update: see poison_v2.mjs

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hex, Mismatch } from './compare.mjs';
import { compareMerge } from './compare_updates.mjs';
import { tryOne } from './poison.mjs';
import { readBoth } from './poison_v2.mjs';
import { ProbeDied } from './probe_client.mjs';
import { replay } from './replica.mjs';
import { shrink } from './shrink.mjs';
import { smallerUpdates } from './shrink_update.mjs';

// Findings that were made once: they are replayed for ever.
export const fixturesFolder = fileURLToPath(new URL('fixtures', import.meta.url));

// What counts as a finding; anything else is a mistake in these tests.
export const isFinding = (error) => error instanceof Mismatch || error instanceof ProbeDied;

// `steps` is a list of [name, value], the value bytes or, for edits, plain data.
export class Fixture {
  constructor(kind, options, steps) {
    this.kind = kind;
    this.options = options;
    this.steps = steps;
  }

  // What was done to a replica.
  static of(replica) {
    return new Fixture('replica', replica.options, replica.log);
  }

  // The same as somebody else sees it who makes no edits. Easier to make small: leaving an edit out would
  // give the ids that it made to the next one.
  static ofSpectator(replica) {
    return new Fixture('replica', { ...replica.options, clientId: 4_000_000_003 }, replica.updates);
  }

  static fromText(text) {
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    const end = lines.indexOf('');
    const [first, ...rest] = lines.slice(0, end < 0 ? lines.length : end).map(splitWord);
    const steps = rest.map(([name, value]) =>
      [name, name === 'edit' ? JSON.parse(value) : new Uint8Array(Buffer.from(value, 'hex'))]);
    return new Fixture(first[0], JSON.parse(first[1]), steps);
  }

  toText() {
    const steps = this.steps.map(([name, value]) =>
      `${name} ${name === 'edit' ? JSON.stringify(value) : hex(value)}`);
    return [`${this.kind} ${JSON.stringify(this.options)}`, ...steps, ''].join('\n');
  }

  // Does it all again, comparing everything. Throws the first difference.
  async run(probe) {
    const of = (name) => this.steps.filter((step) => step[0] === name).map((step) => step[1]);
    switch (this.kind) {
      case 'replica': return replay(probe, this.options, this.steps);
      case 'merge': return compareMerge(probe, of('update'));
      case 'poison': {
        const [bad] = of('bad');
        if (!bad) return undefined;  // Nothing to look at: a candidate of shrinking.
        return tryOne(probe, { ...this.options, base: of('base'), bad, rest: of('rest') });
      }
      case 'poison_v2': {
        const [bad] = of('bad');
        return bad && readBoth(probe, { bad, updates: of('update') });
      }
      default: throw new Error(`no such kind of fixture: ${this.kind}`);
    }
  }
}

function splitWord(line) {
  const space = line.indexOf(' ');
  return [line.slice(0, space), line.slice(space + 1)];
}

// Makes a failing fixture small. `getProbe()` gives a live probe; `what` failed. Resolves to the smallest
// one that fails alike, and how; null if it does not.
export async function shrinkFixture(getProbe, fixture, what) {
  let found = null;
  const fails = async (steps) => {
    try {
      await new Fixture(fixture.kind, fixture.options, steps).run(getProbe());
      return false;
    } catch (error) {
      if (!isFinding(error) || error.what !== what) return false;
      found = { error, steps };
      return true;
    }
  };
  if (!(await fails(fixture.steps))) return null;
  await shrink(fixture.steps, fails);
  for (let i = 0; i < found.steps.length; ++i) {
    const [name, value] = found.steps[i];
    if (name === 'edit' || name === 'bad') continue;
    const { steps } = found;
    await smallerUpdates(value, (update) => fails(replaced(steps, i, [name, update])));
  }
  return { fixture: new Fixture(fixture.kind, fixture.options, found.steps), error: found.error };
}

// Returns the path.
export function writeFixture(folder, name, fixture, error, command) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.txt`);
  const text = [
    `# ${error.message}`, `# Found by: node differential.mjs --probe PROBE ${command}`,
    fixture.toText(), `expected (yjs):  ${error.expected ?? ''}`, `actual (engine): ${error.actual ?? ''}`, '',
  ];
  fs.writeFileSync(file, text.join('\n'));
  return file;
}

export function readFixture(file) {
  return Fixture.fromText(fs.readFileSync(file, 'utf8'));
}

export function fixtureFiles(folder = fixturesFolder) {
  return fs.readdirSync(folder).filter((name) => name.endsWith('.txt')).sort()
    .map((name) => path.join(folder, name));
}

function replaced(list, index, value) {
  return list.map((old, i) => (i === index ? value : old));
}
