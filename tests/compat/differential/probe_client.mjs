// The document engine behind a pipe: starts syncline-crdt-probe and speaks the messages of
// tests/compat/probe/message.h. Requests may be sent without waiting for earlier answers.

import { spawn } from 'node:child_process';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

export class ProbeError extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

// The engine's process ended: an assertion failed or it crashed.
export class ProbeDied extends Error {}

export class Probe {
  #process;
  #waiting = [];
  #outgoing = [];
  #flushing = false;
  #input = Buffer.alloc(0);
  #dead = null;
  #stderr = '';
  #nextDoc = 1;

  constructor(path) {
    this.#process = spawn(path, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stdout.on('data', (data) => this.#onData(data));
    this.#process.stderr.on('data', (data) => {
      this.#stderr = (this.#stderr + data).slice(-4000);
    });
    this.#process.stdin.on('error', () => {});
    this.#process.on('error', (error) => this.#onDeath(error.message));
    this.#process.on('close', (code, signal) => this.#onDeath(`exit ${code ?? signal}`));
  }

  get dead() {
    return this.#dead !== null;
  }

  // Sends one request; resolves to the results (an array of Buffers).
  request(command, ...parts) {
    if (this.#dead) return Promise.reject(new ProbeDied(this.#dead));
    this.#outgoing.push(encode([command, ...parts]));
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => this.#flush());
    }
    return new Promise((resolve, reject) => this.#waiting.push({ command, resolve, reject }));
  }

  async create({ clientId = 0, gc = true } = {}) {
    const doc = this.#nextDoc++;
    await this.request('create', doc, clientId, gc ? 1 : 0);
    return new ProbeDoc(this, doc);
  }

  // `format` is v1 or v2, here and below.
  async checkUpdate(update, format = 'v1') {
    await this.request('check_update', update, format);
  }

  async mergeUpdates(format, updates) {
    return (await this.request('merge_updates', format, ...updates))[0];
  }

  async diffUpdate(format, update, stateVector) {
    return (await this.request('diff_update', format, update, stateVector))[0];
  }

  async stateVectorOfUpdate(format, update) {
    return (await this.request('state_vector_of_update', format, update))[0];
  }

  // { inserted, deleted }, lists of [client, clock, length].
  async contentsOfUpdate(format, update) {
    const [inserted, deleted] = (await this.request('contents_of_update', format, update))
      .map((list) => list.toString().split('\n').filter(Boolean).map((line) => line.split(' ').map(Number)));
    return { inserted, deleted };
  }

  async convertUpdate(from, to, update) {
    return (await this.request('convert_update', from, to, update))[0];
  }

  close() {
    this.#process.stdin.end();
  }

  #flush() {
    this.#flushing = false;
    const bytes = Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    this.#process.stdin.write(bytes);
  }

  #onData(data) {
    this.#input = this.#input.length === 0 ? data : Buffer.concat([this.#input, data]);
    for (;;) {
      const [message, end] = decode(this.#input);
      if (message === null) return;
      this.#input = this.#input.subarray(end);
      const { resolve, reject } = this.#waiting.shift();
      const [status, ...results] = message;
      if (fromUtf8.decode(status) === 'ok') resolve(results);
      else reject(new ProbeError(...results.map((part) => fromUtf8.decode(part))));
    }
  }

  #onDeath(reason) {
    if (this.#dead) return;
    this.#dead = `the probe ended (${reason}) ${this.#stderr.trim()}`;
    for (const { command, reject } of this.#waiting) {
      reject(new ProbeDied(`${this.#dead}; in: ${command}`));
    }
    this.#waiting = [];
  }
}

// One document in the probe.
export class ProbeDoc {
  constructor(probe, id) {
    this.probe = probe;
    this.id = id;
  }

  request(command, ...parts) {
    return this.probe.request(command, this.id, ...parts);
  }

  // Gives roots their type. `kind` is text, array, map, xml or xmlText.
  async open(kind, names) {
    await this.request('open', kind, ...names);
  }

  async apply(update, format = 'v1') {
    const [changed, pending] = await this.request('apply', update, format);
    return { changed: changed.toString() === '1', pending: pending.toString() === '1' };
  }

  // Takes what another replica has encoded.
  async load(update) {
    await this.request('load', update);
  }

  async stateVector() {
    return (await this.request('state_vector'))[0];
  }

  async encode(stateVector = Uint8Array.of(0), format = 'v1') {
    return (await this.request('encode', stateVector, format))[0];
  }

  chunks(bytes, stateVector = Uint8Array.of(0)) {
    return this.request('chunks', stateVector, bytes);
  }

  async hasPending() {
    const [pending] = await this.request('has_pending');
    return pending.toString() === '1';
  }

  async roots() {
    return (await this.request('roots')).map((name) => name.toString());
  }

  // `view` is text, delta, array, map or xml.
  async read(view, root) {
    return (await this.request(view, root))[0].toString();
  }

  async json() {
    return (await this.request('json'))[0].toString();
  }

  // `edits` is a list of objects; see tests/compat/probe/edits.h. Resolves to the emitted update.
  async edit(edits) {
    return (await this.request('edit', JSON.stringify(edits)))[0];
  }

  async check() {
    await this.request('check');
  }

  async destroy() {
    await this.request('destroy');
  }
}

function encode(parts) {
  const buffers = parts.map((part) => (part instanceof Uint8Array ? part : utf8.encode(String(part))));
  const size = buffers.reduce((sum, buffer) => sum + 4 + buffer.length, 4);
  const message = Buffer.allocUnsafe(size);
  let at = message.writeUInt32LE(buffers.length, 0);
  for (const buffer of buffers) {
    at = message.writeUInt32LE(buffer.length, at);
    message.set(buffer, at);
    at += buffer.length;
  }
  return message;
}

// [parts, end], or [null] while the message is incomplete.
function decode(input) {
  if (input.length < 4) return [null];
  const count = input.readUInt32LE(0);
  const parts = [];
  let at = 4;
  for (let i = 0; i < count; ++i) {
    if (input.length < at + 4) return [null];
    const length = input.readUInt32LE(at);
    at += 4;
    if (input.length < at + length) return [null];
    parts.push(input.subarray(at, at + length));
    at += length;
  }
  return [parts, at];
}
