#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "server/crdt/doc.h"
#include "sim/reference/document.h"

namespace syncline::crdt {

// What must be the same in replicas that have seen the same updates: how they read, their state
// vector and their delete set. (How collected structs are cut into runs depends on the order of
// arrival, in yjs too.)
struct Known {
  std::string text;
  std::string delta;
  std::string array;
  std::string map;
  std::string xml;
  std::map<std::uint64_t, std::uint64_t> state_vector;
  std::vector<reference::Range> deletes;  // With those that wait for what they delete.
  bool pending = false;

  friend bool operator==(const Known&, const Known&) = default;
};

std::ostream& operator<<(std::ostream& out, const Known& known);

Known known(const Doc& doc);
Known known(const reference::Document& document);

// Fails the property unless the engine's document is what the reference's is: as it reads, its
// state vector, its delete set, and as a reader of its encoded state has it.
// The engine may have tidied formats away, as yjs does: it must have deleted nothing else, and the
// reference is then told, since what yjs takes for superfluous sometimes shows.
void require_same(const Doc& doc, reference::Document& document);

// What a reference document is after these updates.
reference::Document reference_of(const std::vector<Bytes>& updates);

}  // namespace syncline::crdt
