// Makes one update smaller: without some of its structs and deletes.

import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { shrink } from './shrink.mjs';

// Drops what the update can do without while it still fails. `fails(update)` resolves to whether it does.
export async function smallerUpdates(update, fails) {
  let parts;
  try {
    parts = decode(update);
  } catch {
    return;  // Poisoned: it stays as it is.
  }
  await shrink(parts, (fewer) => fails(encode(fewer)), { runsMax: 200, millisecondsMax: 10_000 });
}

// A flat list of structs and of deleted ranges.
function decode(update) {
  const { structs, ds } = Y.decodeUpdate(update);
  const deletes = [...ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => ({ client, clock, length: len })));
  return [...structs.filter((struct) => !(struct instanceof Y.Skip)), ...deletes];
}

function encode(parts) {
  const encoder = new Y.UpdateEncoderV1();
  const isStruct = (part) => part.id !== undefined;
  const structs = byClient(parts.filter(isStruct), (struct) => struct.id.client);
  encoding.writeVarUint(encoder.restEncoder, structs.size);
  for (const [client, list] of structs) writeStructs(encoder, client, list);
  const deletes = byClient(parts.filter((part) => !isStruct(part)), (range) => range.client);
  encoding.writeVarUint(encoder.restEncoder, deletes.size);
  for (const [client, ranges] of deletes) {
    encoding.writeVarUint(encoder.restEncoder, client);
    encoding.writeVarUint(encoder.restEncoder, ranges.length);
    for (const { clock, length } of ranges) {
      encoding.writeVarUint(encoder.restEncoder, clock);
      encoding.writeVarUint(encoder.restEncoder, length);
    }
  }
  return encoder.toUint8Array();
}

// One client's structs, in order; what was dropped between two of them is skipped.
function writeStructs(encoder, client, structs) {
  const list = [];
  let next = structs[0].id.clock;
  for (const struct of structs) {
    if (struct.id.clock > next) list.push(new Y.Skip(Y.createID(client, next), struct.id.clock - next));
    list.push(struct);
    next = struct.id.clock + struct.length;
  }
  encoding.writeVarUint(encoder.restEncoder, list.length);
  encoder.writeClient(client);
  encoding.writeVarUint(encoder.restEncoder, list[0].id.clock);
  for (const struct of list) struct.write(encoder, 0);
}

function byClient(parts, clientOf) {
  const groups = new Map();
  for (const part of parts) {
    const client = clientOf(part);
    if (!groups.has(client)) groups.set(client, []);
    groups.get(client).push(part);
  }
  return groups;
}
