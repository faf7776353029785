#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string_view>

#include "sim/checkers/checker_of.h"
#include "sim/checkers/id_set.h"

namespace syncline::checkers {

// A snapshot and the log after it are the same as the whole log:
//   - a snapshot at sequence S has everything that the log's entries 1 to S have, and nothing that
//     is not in the log: whoever loads it takes its content for durable;
//   - the snapshots of a document never go back;
//   - a cold read from the newest snapshot on gives what one from the beginning gives.
class Snapshots final : public CheckerOf<Snapshots> {
 public:
  static constexpr std::string_view checker_name = "snapshots";

  explicit Snapshots(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::LogAppended& event);
  void on(const history::SnapshotWritten& event);
  void on(const history::ColdRead& event);

 private:
  struct Document {
    EditSet log;
    EditSet through;  // The effect of the entries up to `sequence`.
    std::uint64_t sequence = 0;
    std::deque<EditSet> after;  // That of each entry after it.
  };

  std::map<history::DocumentNumber, Document> documents_;
  client::UpdateScan scan_;
};

}  // namespace syncline::checkers
