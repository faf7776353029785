#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/checker_of.h"
#include "sim/checkers/id_set.h"

namespace syncline::checkers {

// Once faults are over, all comes right within the time that the run allows: everybody who has a
// document open is connected, synced and has nothing unsaved, and nothing waits for what never
// came, in any replica and in the store. That they agree is convergence's.
//
// What waits may wait for ever if it stands on what a session took with it when it ended without
// having been told that it was saved: a client sends what it writes as soon as it is connected, and
// what it wrote before only when the server has said what it lacks.
class Liveness final : public CheckerOf<Liveness> {
 public:
  static constexpr std::string_view checker_name = "liveness";

  explicit Liveness(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::TimeIsUp&) { time_is_up_ = true; }
  void on(const history::ClientEdited& event);
  void on(const history::ClientFinal& event);
  void on(const history::ReplicaSeen& event);
  void on(const history::ColdRead& event);
  // Judges what waits. A run that was not looked at in the end shows nothing.
  void on(const history::Ended&);

 private:
  struct Document {
    IdSet written;
    IdSet logged;                      // In the end.
    std::set<std::uint64_t> sessions;  // Client ids of those who are here in the end.
    std::vector<std::string> waiting;  // Sentences.
  };

  // Something that was written is nowhere any more, and so is whoever wrote it.
  static bool lacks_what_is_gone(const Document& document);

  std::map<history::DocumentNumber, Document> documents_;
  client::UpdateScan scan_;
  bool time_is_up_ = false;
  std::size_t finals_ = 0;
  std::size_t cold_reads_ = 0;
};

}  // namespace syncline::checkers
