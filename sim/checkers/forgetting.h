#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// Of a log only that is forgotten which two snapshots hold: when entries go, the store has two at
// the last of them or later, and what is stored is what was written. So one may be damaged at any
// later moment, and the other still has a complete log after it.
class Forgetting final : public CheckerOf<Forgetting> {
 public:
  static constexpr std::string_view checker_name = "forgetting";

  explicit Forgetting(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::SnapshotWritten& event);
  void on(const history::SnapshotKept& event);
  void on(const history::LogForgotten& event);

 private:
  struct Document {
    std::map<std::uint64_t, std::uint64_t> written;  // Digests, by sequence.
    std::map<std::uint64_t, bool> kept;              // By sequence: whether it is intact.
  };

  std::map<history::DocumentNumber, Document> documents_;
};

}  // namespace syncline::checkers
