#pragma once

#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/id.h"
#include "server/crdt/update.h"

// What a document held at some moment: yjs' Snapshot.

namespace syncline::crdt {

// The moment is told by two lists: who had written how much, and what of it was deleted. That is
// enough to show a document that has gone on since as it was then, as long as it has not collected
// what was deleted later (DocOptions::gc).
struct Version {
  StateVector states;
  // Sorted by client and clock; ranges do not overlap and none is empty.
  std::vector<IdRange> deletes;

  // yjs' equalSnapshots.
  friend bool operator==(const Version&, const Version&) = default;
};

// yjs' encodeSnapshot: the delete set as in update format v1, then the state vector.
Bytes encode_version(const Version& version);
// yjs' encodeSnapshotV2. A range is told by its distance from the one before it, and its length
// less one.
Bytes encode_version_v2(const Version& version);

// yjs' decodeSnapshot and decodeSnapshotV2. Costs time and memory linear in the size of `bytes`.
// Errors: those of the decoder; malformed for ranges that are empty, overlap or are out of order,
// and for a client listed twice: no client writes that; trailing_bytes.
Result<Version> decode_version(BytesView bytes);
Result<Version> decode_version_v2(BytesView bytes);

// Whether the version knows everything in an update, insertions and deletions: yjs'
// snapshotContainsUpdate and snapshotContainsUpdateV2. Errors: those of check_update.
Result<bool> contains_update(const Version& version, BytesView update,
                             UpdateFormat format = UpdateFormat::v1);

}  // namespace syncline::crdt
