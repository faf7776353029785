// The y-websocket protocol, one message per frame, plus the acknowledgements of docs/protocol.md.
//
// A frame is a varuint type and the payload of that type. Decoding never throws past this file's
// MalformedFrame, so that a caller needs to know one error only.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

const messageSync = 0;
const messageAwareness = 1;
const messageAuth = 2;
const messageQueryAwareness = 3;
const messageAcknowledged = 110;

const syncStep1 = 0;
const syncStep2 = 1;
const syncUpdate = 2;

const authPermissionDenied = 0;

export class MalformedFrame extends Error {}

export type Message =
  | { kind: "step1"; stateVector: Uint8Array }
  | { kind: "step2"; update: Uint8Array }
  | { kind: "update"; update: Uint8Array }
  | { kind: "awareness"; update: Uint8Array }
  | { kind: "queryAwareness" }
  | { kind: "permissionDenied"; reason: string }
  // The first `count` update-carrying messages (step 2 or update) of this connection are durable.
  | { kind: "acknowledged"; count: number }
  // A type that this version does not know. Servers may gain messages; a client skips them.
  | { kind: "unknown"; type: number };

export function encodeStep1(stateVector: Uint8Array): Uint8Array {
  return encodeSync(syncStep1, stateVector);
}

export function encodeStep2(update: Uint8Array): Uint8Array {
  return encodeSync(syncStep2, update);
}

export function encodeUpdate(update: Uint8Array): Uint8Array {
  return encodeSync(syncUpdate, update);
}

export function encodeAwareness(update: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, messageAwareness);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

export function encodeQueryAwareness(): Uint8Array {
  return Uint8Array.of(messageQueryAwareness);
}

export function decodeMessage(frame: Uint8Array): Message {
  try {
    return decode(decoding.createDecoder(frame));
  } catch (error) {
    if (error instanceof MalformedFrame) throw error;
    throw new MalformedFrame(`a frame of ${frame.length} bytes ends too early`, { cause: error });
  }
}

function encodeSync(step: number, payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, messageSync);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

function decode(decoder: decoding.Decoder): Message {
  const type = decoding.readVarUint(decoder);
  switch (type) {
    case messageSync:
      return decodeSync(decoder);
    case messageAwareness:
      return { kind: "awareness", update: decoding.readVarUint8Array(decoder) };
    case messageAuth:
      return decodeAuth(decoder);
    case messageQueryAwareness:
      return { kind: "queryAwareness" };
    case messageAcknowledged:
      return { kind: "acknowledged", count: decoding.readVarUint(decoder) };
    default:
      return { kind: "unknown", type };
  }
}

function decodeSync(decoder: decoding.Decoder): Message {
  const step = decoding.readVarUint(decoder);
  const payload = decoding.readVarUint8Array(decoder);
  switch (step) {
    case syncStep1:
      return { kind: "step1", stateVector: payload };
    case syncStep2:
      return { kind: "step2", update: payload };
    case syncUpdate:
      return { kind: "update", update: payload };
    default:
      throw new MalformedFrame(`a sync message has the unknown step ${step}`);
  }
}

function decodeAuth(decoder: decoding.Decoder): Message {
  const subtype = decoding.readVarUint(decoder);
  if (subtype !== authPermissionDenied) {
    throw new MalformedFrame(`an auth message has the unknown subtype ${subtype}`);
  }
  return { kind: "permissionDenied", reason: decoding.readVarString(decoder) };
}
