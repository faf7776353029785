#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// What a node or worker may hold at any moment, in bytes; of all its rooms, but for the queue.
struct MemoryBounds {
  static constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t ring_bytes_max = unbounded;
  std::uint64_t unlogged_bytes_max = unbounded;
  std::uint64_t pending_bytes_max = unbounded;
  std::uint64_t send_queue_bytes_max = unbounded;  // Of one connection.
  std::uint64_t document_bytes_max = unbounded;
};

// Memory is bounded at every moment; and when everybody has left, nothing is left behind.
class Memory final : public CheckerOf<Memory> {
 public:
  static constexpr std::string_view checker_name = "memory";

  Memory(ViolationSink& sink, const MemoryBounds& bounds) : CheckerOf(sink), bounds_(bounds) {}

  void on(const history::MemorySeen& event);
  void on(const history::LeftBehind& event);

 private:
  void judge(history::Party party, std::string_view what, std::uint64_t bytes, std::uint64_t max);

  const MemoryBounds bounds_;
};

}  // namespace syncline::checkers
