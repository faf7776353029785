#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/client/update_scan.h"
#include "sim/checkers/checker_of.h"
#include "sim/checkers/dependencies.h"
#include "sim/checkers/flat_map.h"
#include "sim/checkers/state_vector.h"

namespace syncline::checkers {

// An element is in a replica only together with what it stands on: its neighbours when it was
// written, and what it is in. What came too early waits, and shows neither in the state vector nor
// in what is read. And authors stand on nothing that they had not seen.
//
// This is the causal order that the document model keeps, and the server with it. It keeps no more:
// an edit that touches nothing of another that its author had seen may be there before that one
// (somebody else's edit that a client brings after a reconnect waits for the log, its own do not).
class Causality final : public CheckerOf<Causality> {
 public:
  static constexpr std::string_view checker_name = "causality";

  explicit Causality(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ClientEdited& event);
  void on(const history::ReplicaSeen& event);
  void on(const history::ColdRead& event);

 private:
  // A replica, and how far it has been judged: by author, the dependency that comes next.
  struct Replica {
    StateVector had;
    FlatMap<std::size_t> next;
  };

  Dependencies& document(history::DocumentNumber number);
  // Whether the author had seen what the run stands on.
  void judge_author(const history::ClientEdited& event, const client::ScannedRun& run,
                    const client::ScannedId& on);
  void judge(history::Party party, history::DocumentNumber number, BytesView state_vector);

  std::vector<Dependencies> documents_;  // By number.
  std::map<std::pair<history::Party, history::DocumentNumber>, Replica> replicas_;
  client::UpdateScan scan_;
  StateVector vector_;
};

}  // namespace syncline::checkers
