#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/limits.h"
#include "server/base/result.h"
#include "server/crdt/id.h"
#include "server/crdt/update.h"
#include "server/lib0/any.h"

// The facade of the document engine: the one header of server/crdt that server/core includes.
//
// A Doc is a replica of one Yjs document (yjs 13.6). It does no I/O, keeps no time, draws no random
// numbers and is touched by one thread at a time. The same calls give the same bytes, on every
// machine. All positions and lengths are UTF-16 code units, as in JavaScript.

namespace syncline::crdt {

struct DocOptions {
  // Who makes local edits. 0 is legal, and right for a replica that never edits.
  ClientId client_id = 0;
  // Replace deleted content by GC structs, as yjs does by default. Off keeps what was deleted.
  bool gc = true;
  // After a remote change of a formatted text, delete formats that have become superfluous, as
  // every yjs client does. A server leaves it to them: what it deletes by itself it would neither
  // log nor pass on, and the client that deletes the same would be told that this is nothing new.
  bool tidies_formats = true;
  // Memory for what waits.
  std::size_t pending_bytes_max = limits::pending_bytes_max;
  std::size_t nesting_depth_max = limits::nesting_depth_max;
  // What was inserted at one place at once is put in order by walking over it. After so many steps
  // per item a list gets an index instead, which takes some 250 bytes an item. 0: after the first.
  std::size_t conflict_steps_per_item = 64;
};

// What one update did to a replica.
struct ApplyOutcome {
  // Something is in the document (or waits in it) that was not before. False: we knew it all.
  bool changed = false;
  // Part of the update waits for predecessors that have not arrived.
  bool pending = false;
};

enum class RootKind : std::uint8_t { unknown, text, array, map, xml_fragment };

class Text;
class Array;
class Map;
class XmlFragment;
struct AbsolutePosition;
struct Comparison;
struct RelativePosition;
struct Version;
class DocState;  // The structs; private to server/crdt.

class Doc {
 public:
  explicit Doc(DocOptions options = {});
  ~Doc();
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;

  // Exchange.

  // Integrates an update. Checks it first (check_update, and what can only be judged in
  // the document: parents that are no types, nesting, the pending budget).
  // On error the document is unchanged, to the byte. `update` is copied where needed.
  // `limits` bound what one update may bring; UpdateLimits::none() for what was accepted before.
  Result<ApplyOutcome> apply_update(BytesView update, const UpdateLimits& limits = {},
                                    UpdateFormat format = UpdateFormat::v1);

  // yjs' encodeStateVector.
  Bytes encode_state_vector() const;

  // Everything that a replica with this encoded state vector lacks, and the whole delete set, and
  // what is pending: yjs' encodeStateAsUpdate and encodeStateAsUpdateV2. Fails only if the state
  // vector is malformed.
  Result<Bytes> encode_state_as_update(BytesView state_vector,
                                       UpdateFormat format = UpdateFormat::v1) const;

  // The same content as a row of updates of about `chunk_bytes` each (a single struct may exceed
  // it), in an order in which each one can be integrated without waiting for a later one; the
  // delete set comes with the last. Never empty: with nothing to send, one empty update.
  Result<std::vector<Bytes>> encode_state_in_chunks(BytesView state_vector,
                                                    std::size_t chunk_bytes) const;

  bool has_pending() const;

  // Changes the pending budget; what waits already stays.
  void set_pending_bytes_max(std::size_t bytes);

  // Memory that the structs, texts and indexes hold; an estimate within a factor of two, O(1).
  std::size_t memory_bytes() const;
  std::size_t struct_count() const;

  // Reading.

  // The names of all root types, sorted by bytes.
  std::vector<std::string> root_names() const;

  // What a root looks like from its content (Yjs does not store it): unknown if it is empty.
  RootKind root_kind(std::string_view name) const;

  // yjs' getText(name).toString(), getText(name).toDelta(), getArray(name).toJSON(), ... as JSON
  // texts (toString as plain text) in JavaScript's JSON.stringify form. A root that does not exist
  // is empty.
  std::string text_of(std::string_view root) const;
  std::string delta_json(std::string_view root) const;
  std::string array_json(std::string_view root) const;
  std::string map_json(std::string_view root) const;
  std::string xml_string(std::string_view root) const;

  // {"name": value, ...} over all roots by their guessed kind (text as its string, XML as its
  // string).
  std::string to_json() const;

  // Versions and places: version.h, comparison.h, relative_position.h; history.h has more.

  // What the document holds now, without what is pending: yjs' snapshot.
  Version version() const;

  // The update that makes a fresh replica what this document was at a version: yjs'
  // createDocFromSnapshot. Fails with invalid_argument if this document collects what is deleted,
  // so that it may not have it any more, and if the version knows of something that it has not
  // seen.
  Result<Bytes> encode_version_as_update(const Version& version) const;

  // A root at a version, as JSON. A text with what changed between two versions: yjs' toDelta with
  // snapshots; a list: typeListToArraySnapshot, but exactly the elements that the version had; a
  // map: typeMapGetAllSnapshot. Shared types within are shown as they are now, as in yjs. What has
  // been collected since is missing. Nothing changes, unlike in yjs, which cuts its structs to
  // look.
  std::string delta_json(std::string_view root, const Comparison& comparison) const;
  std::string array_json(std::string_view root, const Version& version) const;
  std::string map_json(std::string_view root, const Version& version) const;

  // Where a place is now: yjs' createAbsolutePositionFromRelativePosition. Nothing if what it
  // refers to has not come, or has been collected. A root that it names is made on first use.
  std::optional<AbsolutePosition> absolute_position(const RelativePosition& position);

  // Local edits. All edits made within one `transact` are one transaction: one emitted update, one
  // clean-up. `edit` gets views that are valid until it returns. Returns the update that the
  // transaction made, in the format asked for; empty_update(format) if it changed nothing.
  // An edit outside the bounds leaves everything unchanged and returns invalid_argument; the edits
  // made before it in the same transaction stay.
  Bytes transact(const std::function<void(Doc&)>& edit, UpdateFormat format = UpdateFormat::v1);

  // Root types, made on first use. The view is a small value that refers to this document; it is
  // invalid after the document is gone. Outside `transact` each edit is a transaction of its own.
  Text text(std::string_view name);
  Array array(std::string_view name);
  Map map(std::string_view name);
  XmlFragment xml_fragment(std::string_view name);

  // Validates every invariant of the structs, indexes and counters; for tests, the simulator and
  // `doc show --check`. The error's detail names the first violation.
  Result<void> check() const;

  // Folds the document up into its encoded state, for a document that is only kept and sent for a
  // while: it takes the size of its encoding. Everything works as before. Its state vector and what
  // somebody lacks are taken from the encoding; whatever else is asked unfolds it, at the cost of
  // loading it. Views become invalid, and roots forget as what they were opened.
  // False, and nothing done, while something waits. REQUIRES: no transaction is open.
  bool fold();
  bool is_folded() const { return state_ == nullptr; }

  // For server/crdt. Unfolds.
  DocState& state() const;

 private:
  DocOptions options_;
  mutable std::unique_ptr<DocState> state_;  // Null: folded.
  mutable Bytes folded_;
};

}  // namespace syncline::crdt
