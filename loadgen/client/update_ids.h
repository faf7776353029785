#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "server/base/bytes.h"
#include "server/base/result.h"

// A reader of update format v1 that looks only at who wrote what: a judge that shares no code with
// the engine.

namespace syncline::client {

// Names of client ids, for people.
using ClientNames = std::map<std::uint64_t, std::string>;

// Sets of (client, clock), as ranges.
class IdRanges {
 public:
  void add(std::uint64_t client, std::uint64_t clock, std::uint64_t length);
  void add_all(const IdRanges& other);

  bool empty() const { return ranges_.empty(); }
  // By client: from the first clock of each range to the one after its last.
  const std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>>& by_client() const {
    return ranges_;
  }
  bool contains_all(const IdRanges& other) const;
  bool contains(std::uint64_t client, std::uint64_t clock, std::uint64_t length) const;
  IdRanges intersection(const IdRanges& other) const;
  IdRanges without(const IdRanges& other) const;

  // "alice:0-4 bob:2", without spaces around.
  std::string to_string(const ClientNames& names) const;

  friend bool operator==(const IdRanges&, const IdRanges&) = default;

 private:
  // By client: from the first clock to the one after the last. Disjoint, not touching.
  std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>> ranges_;
};

// What an update says was inserted, and what was deleted.
struct UpdateIds {
  IdRanges inserted;
  IdRanges deleted;

  bool empty() const { return inserted.empty() && deleted.empty(); }
  bool contains_all(const UpdateIds& other) const {
    return inserted.contains_all(other.inserted) && deleted.contains_all(other.deleted);
  }
  UpdateIds intersection(const UpdateIds& other) const {
    return {inserted.intersection(other.inserted), deleted.intersection(other.deleted)};
  }
  UpdateIds without(const UpdateIds& other) const {
    return {inserted.without(other.inserted), deleted.without(other.deleted)};
  }
  void add_all(const UpdateIds& other) {
    inserted.add_all(other.inserted);
    deleted.add_all(other.deleted);
  }
  // "alice:0-4 delete bob:2", or "nothing".
  std::string to_string(const ClientNames& names) const;

  friend bool operator==(const UpdateIds&, const UpdateIds&) = default;
};

Result<UpdateIds> read_update_ids(BytesView update);

// "{alice:2 bob:1}".
std::string state_vector_text(BytesView state_vector, const ClientNames& names);

}  // namespace syncline::client
