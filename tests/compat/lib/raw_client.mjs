// One WebSocket and the frames on it, for what providers hide.

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import { once, until } from './wait.mjs';

export class RawClient {
  frames = [];

  // `protocols` as in the WebSocket constructor. `listen` false: never reads.
  static async open(url, { protocols } = {}) {
    const client = new RawClient();
    client.socket = new WebSocket(url, protocols);
    client.socket.binaryType = 'arraybuffer';
    client.socket.on('message', (data) => client.frames.push(decodeFrame(new Uint8Array(data))));
    client.socket.on('error', () => {});
    await once(client.socket, 'open');
    return client;
  }

  sendStep1(stateVector = Uint8Array.of(0)) {
    this.#sendSync(0, stateVector);
  }

  sendStep2(update = Uint8Array.of(0, 0)) {
    this.#sendSync(1, update);
  }

  sendUpdate(update) {
    this.#sendSync(2, update);
  }

  // The first frame of that kind, when it has come.
  async frame(kind) {
    return until(`a ${kind} frame`, () => this.frames.find((frame) => frame.kind === kind));
  }

  // The highest count that the server has acknowledged.
  get acknowledged() {
    return Math.max(0, ...this.frames.filter((frame) => frame.kind === 'acknowledged').map(({ count }) => count));
  }

  close() {
    this.socket.terminate();
  }

  #sendSync(kind, bytes) {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, kind);
    encoding.writeVarUint8Array(encoder, bytes);
    this.socket.send(encoding.toUint8Array(encoder));
  }
}

function decodeFrame(bytes) {
  const decoder = decoding.createDecoder(bytes);
  const type = decoding.readVarUint(decoder);
  if (type === 0) {
    const kind = ['step1', 'step2', 'update'][decoding.readVarUint(decoder)];
    return { kind, bytes: decoding.readVarUint8Array(decoder) };
  }
  if (type === 1) return { kind: 'awareness', bytes: decoding.readVarUint8Array(decoder) };
  if (type === 110) return { kind: 'acknowledged', count: decoding.readVarUint(decoder) };
  return { kind: `type ${type}` };
}
