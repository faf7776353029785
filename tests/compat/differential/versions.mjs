#!/usr/bin/env node
// Versions (yjs' snapshots), comparisons of versions and relative positions: the engine against yjs.
//
//   node versions.mjs --probe build/debug/tests/compat/probe/syncline-crdt-probe
//        [--seed N] [--histories M] [--steps N,N,...] [--keep-going]
//
// Authors edit; a document that is held twice, in yjs and in the engine, takes in what they wrote.
// Now and then its version is kept, and places in it. At the end all of them are looked at. Each
// history has a seed of its own, N, N+1, ..., and each step in it; --steps takes only these steps.

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as Y from 'yjs';
import { compareState, hex, Mismatch } from './compare.mjs';
import { silenceYjs } from './differential.mjs';
import { Probe, ProbeDied, ProbeDoc, ProbeError } from './probe_client.mjs';
import { Random } from './random.mjs';
import { remote, Replica } from './replica.mjs';
import { shrink } from './shrink.mjs';
import { keys } from './values.mjs';
import { editRandomly, roots, typeRoots } from './yjs_edits.mjs';

const authorIds = [1, 77, 2 ** 32 + 5];
const names = { [authorIds[0]]: 'ann', [authorIds[1]]: 'zoë "z"' };  // The third has none.

// The ways in which a change may be marked: what yjs is given, and what the probe is.
const marks = [
  { text: '', mark: undefined },
  { text: '{}', mark: (type, id) => ({ type, user: id.client }) },
  { text: JSON.stringify(names), mark: (type, id) => ({ type, user: names[id.client] ?? id.client }) },
];

export class VersionHistory {
  #probe;
  #seed;
  #authors = [];
  #kept = null;      // The Replica that holds the document twice.
  #log = [];         // The updates it was given.
  #inbox = [];       // Those it has not been given yet.
  #versions = [];    // { snapshot, sequence }
  #places = [];      // Relative positions.
  #state = null;     // Of yjs' document, encoded, before anything is looked at.

  constructor(probe, seed) {
    this.#probe = probe;
    this.#seed = seed;
  }

  static stepSeeds(seed) {
    const random = new Random(seed);
    return Array.from({ length: random.between(4, 20) }, () => random.next());
  }

  async run(stepSeeds) {
    const random = new Random(this.#seed);
    const gc = random.chance(35);
    this.#kept = await Replica.create(this.#probe, { clientId: 0, gc, author: true });
    try {
      this.#createAuthors(random.between(1, 3));
      for (const step of stepSeeds) await this.#step(new Random(step));
      await this.#deliver(this.#inbox.splice(0));
      await this.#lookAtAll(random);
    } finally {
      for (const author of this.#authors) author.destroy();
      await this.#kept.destroy().catch(() => {});
    }
  }

  #createAuthors(count) {
    for (const clientId of authorIds.slice(0, count)) {
      const author = new Y.Doc({ gc: false });
      author.clientID = clientId;
      typeRoots(author);
      author.on('update', (update, origin) => {
        if (origin === remote) return;
        this.#inbox.push(update);
        for (const other of this.#authors) other.waiting.push(update);
      });
      author.waiting = [];
      this.#authors.push(author);
    }
  }

  async #step(random) {
    const author = random.pick(this.#authors);
    editRandomly(author, random, random.between(1, 4));
    if (random.chance(40)) {
      for (const update of author.waiting.splice(0)) Y.applyUpdate(author, update, remote);
    }
    const now = this.#inbox.filter(() => random.chance(70));
    this.#inbox = this.#inbox.filter((update) => !now.includes(update));
    await this.#deliver(now);
    if (random.chance(60)) await this.#keepVersion();
    for (let i = random.below(4); i > 0; --i) await this.#keepPlace(random);
  }

  async #deliver(updates) {
    for (const update of updates) {
      this.#log.push(update);
      await this.#kept.apply(update);
    }
    await this.#kept.compare();
  }

  async #keepVersion() {
    const snapshot = Y.snapshot(this.#kept.doc);
    expectParts('version', bothForms(snapshot), await this.#kept.twin.request('version'));
    this.#versions.push({ snapshot, sequence: this.#log.length });
  }

  async #keepPlace(random) {
    const type = random.pick(sharedTypes(this.#kept.doc));
    const index = random.below(type._length + 3);
    const assoc = random.pick([0, 0, -1, 1, -7, 2 ** 40]);
    const position = Y.createRelativePositionFromTypeIndex(type, index, assoc);
    const expected = [Y.encodeRelativePosition(position), placeText(position)];
    const reference = typeReference(type);
    const actual = await this.#kept.twin.request('place', reference, index, assoc);
    expectParts(`place ${reference} ${index} ${assoc}`, expected, actual);
    this.#places.push(position);
  }

  // Looking must change nothing. In yjs it does where a surrogate pair is cut for a look, or where
  // structs lay side by side unjoined and one of them was cut; what follows cannot be compared then.
  #yjsIsAsBefore() {
    return Buffer.compare(Y.encodeStateAsUpdate(this.#kept.doc), this.#state) === 0;
  }

  async #lookAtAll(random) {
    const { doc, twin } = this.#kept;
    this.#state = Y.encodeStateAsUpdate(doc);
    const versions = [...this.#versions.map(({ snapshot }) => snapshot), Y.emptySnapshot, Y.snapshot(doc),
      Y.snapshot(random.pick(this.#authors)), madeUp(doc, random)];
    const looks = [
      () => this.#lookAtForms(versions), () => this.#lookAtContents(versions, random), () => this.#lookAtPlaces(),
      () => this.#lookAtLog(random),
      ...versions.map((version) => () => this.#lookAtDocument(version)),
      ...sharedTypes(doc).flatMap((type) => [1, 2, 3].map(() => () =>
        this.#lookAtType(type, random.pick(versions), random.pick(versions), random))),
    ];
    for (const look of looks) {
      await look();
      if (!this.#yjsIsAsBefore()) break;
    }
    expectText('the state after looking', hex(this.#state), hex(await twin.encode()));
    await twin.check();
  }

  async #lookAtForms(versions) {
    for (const version of versions) {
      const expected = bothForms(version);
      for (const [i, form] of expected.entries()) {
        expectParts(`version read in form ${i + 1}`, expected, await this.#probe.request('recode_version', i + 1, form));
      }
    }
  }

  async #lookAtContents(versions, random) {
    for (let i = 0; i < 10 && this.#log.length > 0; ++i) {
      const [version, update] = [random.pick(versions), random.pick(this.#log)];
      const encoded = Y.encodeSnapshot(version);
      const expected = Y.snapshotContainsUpdate(version, update) ? '1' : '0';
      for (const [form, bytes] of [[1, update], [2, Y.convertUpdateFormatV1ToV2(update)]]) {
        const [actual] = await this.#probe.request('version_contains', encoded, bytes, form);
        expectText(`${hex(encoded)} contains ${hex(bytes)}`, expected, actual.toString());
      }
    }
  }

  async #lookAtPlaces() {
    const { doc, twin } = this.#kept;
    for (const position of this.#places) {
      const json = placeText(position);
      const bytes = Y.encodeRelativePosition(position);
      const short = Y.decodeRelativePosition(bytes);
      expectParts(`place ${hex(bytes)} read`, [bytes, placeText(short)], await this.#probe.request('recode_place', bytes));
      expectParts(`place ${json} read`, [bytes, json], await this.#probe.request('reparse_place', json));
      for (const each of [position, short]) {
        const found = Y.createAbsolutePositionFromRelativePosition(each, doc, false);
        const expected = found === null ? [] : [typeReference(found.type), String(found.index), String(found.assoc)];
        const actual = await twin.request('find_place', placeText(each));
        expectText(`find ${placeText(each)}`, expected.join(' '), actual.join(' '));
      }
    }
  }

  // The document as of a version, and as of a place in the log.
  async #lookAtDocument(version) {
    const { doc, twin } = this.#kept;
    const expected = new Y.Doc({ gc: false });
    let refused = false;
    try {
      Y.createDocFromSnapshot(doc, version, expected);
    } catch {
      refused = true;
    }
    const what = `version_update ${hex(Y.encodeSnapshot(version))}`;
    let update;
    try {
      [update] = await twin.request('version_update', Y.encodeSnapshot(version));
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      expectText(what, refused ? 'invalid_argument' : 'an update', error.code);
      return;
    }
    if (refused) throw new Mismatch(what, 'refused', hex(update));
    const actual = new Y.Doc({ gc: false });
    Y.applyUpdate(actual, update);
    const state = hex(Y.encodeStateAsUpdate(expected));
    expectText(what, state, hex(Y.encodeStateAsUpdate(actual)));
  }

  async #lookAtLog(random) {
    const sequence = random.below(this.#log.length + 1);
    const gc = random.chance(50);
    const expected = await Replica.create(this.#probe, { clientId: 0, gc, author: false });
    for (const update of this.#log.slice(0, sequence)) await expected.apply(update);
    await this.#probe.request('as_of', expected.twin.id, gc ? 1 : 0, sequence, ...this.#log);
    await compareState(expected.doc, new ProbeDoc(this.#probe, expected.twin.id));
    await expected.destroy();
  }

  async #lookAtType(type, version, before, random) {
    const { doc, twin } = this.#kept;
    const reference = typeReference(type);
    const [shown, compared] = [version, before].map((each) => Y.encodeSnapshot(each));
    const check = async (command, expected, ...parts) => {
      const [actual] = await twin.request(command, reference, ...parts);
      const what = [command, reference, ...parts.map((part) => (typeof part === 'string' ? part : hex(part)))];
      expectText(what.join(' '), parsed(expected ?? ''), parsed(actual.toString()));
    };
    if (type instanceof Y.Text) {
      const { text, mark } = random.pick(marks);
      const [now, then] = random.pick([[version, before], [version, before], [version], [undefined, before], []]);
      const expected = jsonOf(() => type.toDelta(now, then, mark));
      // Types within it would show where yjs cut a surrogate pair.
      if (expected !== null && (this.#yjsIsAsBefore() || !holdsTypes(type))) {
        await check('delta_at', expected, now ? shown : '', then ? compared : '', text);
      }
      return;
    }
    const key = random.pick([...type._map.keys(), random.pick(keys)]);
    const views = readSplit(doc, version, () => [
      jsonOf(() => Y.typeListToArraySnapshot(type, version)), jsonOf(() => Y.typeMapGetAllSnapshot(type, version)),
      jsonOf(() => Y.typeMapGetSnapshot(type, key, version)),
    ]);
    if (!this.#yjsIsAsBefore() && holdsTypes(type)) return;
    if (views[0] !== null) await check('list_at', views[0], shown);
    if (views[1] !== null) await check('map_at', views[1], shown);
    if (views[2] !== null) await check('entry_at', views[2], key, shown);
  }
}

// yjs shows the whole of a run that a version knows only in part, unless something has cut it there.
function readSplit(doc, version, read) {
  return doc.transact(() => {
    doc.getText(roots.text[0]).toDelta(version);
    return read();
  });
}

// Null where yjs cannot print it: an embedded `null` among XML children makes its toString throw.
function jsonOf(read) {
  try {
    return JSON.stringify(read());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}

// The engine writes all digits of a bigint, JavaScript only those of a double.
function parsed(json) {
  return json === '' ? '' : JSON.stringify(JSON.parse(json));
}

function bothForms(snapshot) {
  return [Y.encodeSnapshot(snapshot), Y.encodeSnapshotV2(snapshot)];
}

function placeText(position) {
  return JSON.stringify(Y.relativePositionToJSON(position));
}

// The place at the end of a type tells which type it is.
function typeReference(type) {
  return placeText(Y.createRelativePositionFromTypeIndex(type, Number.MAX_SAFE_INTEGER, 0));
}

function holdsTypes(type) {
  const items = [...type._map.values()];
  for (let item = type._start; item !== null; item = item.right) items.push(item);
  return items.some((item) => item.content instanceof Y.ContentType);
}

// All roots, and all types that have not been collected, deleted or not.
function sharedTypes(doc) {
  const types = [...doc.share.values()];
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) {
      if (struct instanceof Y.Item && struct.content instanceof Y.ContentType) types.push(struct.content.type);
    }
  }
  return types;
}

// A version that no document ever had. Now and then it ends in the middle of a surrogate pair, which
// yjs cuts for good when it looks.
function madeUp(doc, random) {
  const states = new Map();
  const deletes = Y.createDeleteSet();
  const cutsPairs = random.chance(15);
  for (const [client, state] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    const whole = (clock) => (!cutsPairs && inPair(doc, client, clock) ? clock + 1 : clock);
    if (random.chance(80)) states.set(client, whole(random.below(state + 1)));
    const ranges = [];
    for (let at = whole(random.below(5)); at < state;) {
      const end = whole(at + random.between(1, 4));
      ranges.push({ clock: at, len: end - at });
      at = whole(end + random.below(6));
    }
    if (ranges.length > 0) deletes.clients.set(client, ranges);
  }
  return Y.createSnapshot(deletes, states);
}

function inPair(doc, client, clock) {
  if (clock >= Y.getState(doc.store, client)) return false;
  const item = Y.getItem(doc.store, Y.createID(client, clock));
  if (!(item.content instanceof Y.ContentString)) return false;
  const unit = item.content.str.charCodeAt(clock - item.id.clock);
  return clock > item.id.clock && unit >= 0xdc00 && unit < 0xe000;
}

function expectText(what, expected, actual) {
  if (expected !== actual) throw new Mismatch(what, expected, actual);
}

function expectParts(what, expected, actual) {
  const text = (parts) => parts.map((part) => (typeof part === 'string' ? hex(Buffer.from(part)) : hex(part))).join(' ');
  expectText(what, text(expected), text(actual));
}

const isFinding = (error) => error instanceof Mismatch || error instanceof ProbeDied;

// Runs histories; returns { histories, failed }. A failing one is made small and reported.
export async function runVersions({ probe: probePath, seed, histories, steps, keepGoing = false, report = console.log }) {
  const counts = { histories: 0, failed: 0 };
  let probe = new Probe(probePath);
  const attempt = async (n, stepSeeds) => {
    if (probe.dead) probe = new Probe(probePath);
    try {
      await new VersionHistory(probe, n).run(stepSeeds);
      return null;
    } catch (error) {
      if (!isFinding(error)) throw error;
      return error;
    }
  };
  for (let n = seed; n < seed + histories && (keepGoing || counts.failed === 0); ++n) {
    counts.histories += 1;
    const all = steps ?? VersionHistory.stepSeeds(n);
    let found = await attempt(n, all);
    if (!found) continue;
    counts.failed += 1;
    const few = await shrink(all, async (fewer) => {
      const again = await attempt(n, fewer);
      found = again ?? found;
      return again !== null;
    });
    report(`FAILED ${found.message}\n  yjs:    ${found.expected}\n  engine: ${found.actual}\n` +
      `  node versions.mjs --probe PROBE --histories 1 --seed ${n} --steps ${few.join()}`);
  }
  probe.close();
  return counts;
}

async function main() {
  const { values } = parseArgs({
    options: {
      probe: { type: 'string' },
      seed: { type: 'string', default: '1' },
      histories: { type: 'string', default: '500' },
      steps: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  if (!values.probe) throw new Error('--probe PATH is required');
  silenceYjs();
  const started = Date.now();
  const { histories, failed } = await runVersions({
    probe: path.resolve(values.probe), seed: Number(values.seed), histories: Number(values.histories),
    steps: values.steps?.split(',').filter(Boolean).map(Number), keepGoing: values['keep-going'],
  });
  console.log(`${histories} histories, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
