#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>

namespace syncline {

// An integer that names one kind of thing and is not interchangeable with another kind.
template <class Tag>
struct StrongId {
  std::uint64_t value = 0;

  friend auto operator<=>(const StrongId&, const StrongId&) = default;
  friend std::ostream& operator<<(std::ostream& out, StrongId id) { return out << id.value; }
};

// One accepted socket; unique within a node for the life of the process. Chosen by the transport.
using ConnectionId = StrongId<struct ConnectionTag>;

// The position of an update in its document's log: 1, 2, 3, ... without gaps. 0 is "before all".
using Sequence = StrongId<struct SequenceTag>;

// Names one request of a shard to a port, so that the answer finds its way. Unique within a shard.
using RequestToken = StrongId<struct RequestTag>;

}  // namespace syncline

template <class Tag>
struct std::hash<syncline::StrongId<Tag>> {
  std::size_t operator()(syncline::StrongId<Tag> id) const noexcept {
    return std::hash<std::uint64_t>()(id.value);
  }
};
