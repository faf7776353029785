import assert from "node:assert/strict";
import { test } from "node:test";
import { documentUrl } from "../src/provider";
import {
  MalformedFrame,
  decodeMessage,
  encodeAwareness,
  encodeQueryAwareness,
  encodeStep1,
  encodeStep2,
  encodeUpdate,
} from "../src/provider/messages";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(" ").map((pair) => Number.parseInt(pair, 16)));
}

test("the bytes are those of y-websocket", () => {
  assert.deepEqual(encodeStep1(bytes("01 01 02")), bytes("00 00 03 01 01 02"));
  assert.deepEqual(encodeStep2(bytes("00 00")), bytes("00 01 02 00 00"));
  assert.deepEqual(encodeUpdate(bytes("00 00")), bytes("00 02 02 00 00"));
  assert.deepEqual(encodeAwareness(bytes("00")), bytes("01 01 00"));
  assert.deepEqual(encodeQueryAwareness(), bytes("03"));
});

test("every message is decoded", () => {
  assert.deepEqual(decodeMessage(bytes("00 00 03 01 01 02")), {
    kind: "step1",
    stateVector: bytes("01 01 02"),
  });
  assert.deepEqual(decodeMessage(bytes("00 01 02 00 00")), {
    kind: "step2",
    update: bytes("00 00"),
  });
  assert.deepEqual(decodeMessage(bytes("00 02 02 00 00")), {
    kind: "update",
    update: bytes("00 00"),
  });
  assert.deepEqual(decodeMessage(bytes("01 01 00")), { kind: "awareness", update: bytes("00") });
  assert.deepEqual(decodeMessage(bytes("02 00 02 6e 6f")), {
    kind: "permissionDenied",
    reason: "no",
  });
  assert.deepEqual(decodeMessage(bytes("03")), { kind: "queryAwareness" });
  assert.deepEqual(decodeMessage(bytes("6e 80 01")), { kind: "acknowledged", count: 128 });
  assert.deepEqual(decodeMessage(bytes("66 01 00")), { kind: "unknown", type: 102 });
});

test("every frame that is cut short is malformed, and nothing else is thrown", () => {
  for (const hex of ["00 00 03 01 01 02", "01 02 00 00", "02 00 02 6e 6f", "6e 80 80 01"]) {
    const frame = bytes(hex);
    for (let length = 0; length < frame.length; length += 1) {
      assert.throws(() => decodeMessage(frame.subarray(0, length)), MalformedFrame);
    }
  }
});

test("a document's name becomes the path of its address", () => {
  const base = "ws://h/ws/";
  const cases: [string, string][] = [
    ["notes", "ws://h/ws/notes"],
    ["team notes/ü", "ws://h/ws/team%20notes/%C3%BC"],
    ["a?b#c%d", "ws://h/ws/a%3Fb%23c%25d"],
    ["a//b/", "ws://h/ws/a//b/"],
    ["...", "ws://h/ws/..."],
    ["a/../b", "ws://h/ws/a%2F..%2Fb"],
    ["./x", "ws://h/ws/.%2Fx"],
  ];
  for (const [name, address] of cases) {
    assert.equal(documentUrl(base, name), address);
    const path = new URL(address).pathname.slice("/ws/".length);
    assert.equal(decodeURIComponent(path), name);
  }
  for (const name of ["", ".", "..", "\ud800"]) assert.equal(documentUrl(base, name), null);
});
