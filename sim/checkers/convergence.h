#pragma once

#include <map>
#include <string_view>

#include "sim/checkers/checker_of.h"
#include "sim/checkers/content_digest.h"
#include "sim/checkers/flat_map.h"

namespace syncline::checkers {

// Strong convergence (P2): whenever two replicas of a document have the same state vector and the
// same delete set, wherever and whenever that was, they hold the same elements and read the same.
// And in the end, all replicas and what is read from the store alone have the same; but for deleted
// formats: each yjs client tidies superfluous ones away by itself, whenever it sees them, and says
// so at its next handshake.
//
// Every replica that is seen is judged, unless something waits in it: what waits shows in its
// encoding and is not part of it. Elements are compared by their digests, apart from how an
// encoding cuts them into runs and what it remembers of deleted ones, which are not the same after
// every order of arrival, in yjs neither.
class Convergence final : public CheckerOf<Convergence> {
 public:
  static constexpr std::string_view checker_name = "convergence";

  explicit Convergence(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ReplicaSeen& event);
  void on(const history::ColdRead& event);
  void on(const history::TimeIsUp&) { time_is_up_ = true; }

 private:
  // The first replica that was seen with a state vector and a delete set.
  struct Seen {
    std::uint64_t encoded = 0;  // Digests.
    StateDigests elements;
    std::uint64_t reading = 0;
    history::Party party{};
    Duration at{0};
    bool known = false;
  };
  // The first look at a document after the end.
  struct Final {
    std::uint64_t elements;  // A digest, without formats.
    std::uint64_t reading;
    Bytes state_vector;
    history::Party party;
  };

  void judge(history::Party party, history::DocumentNumber document,
             const history::ReplicaState& state);
  void judge_final(history::Party party, history::DocumentNumber document,
                   const history::ReplicaState& state, std::uint64_t elements,
                   std::uint64_t reading);

  FlatMap<Seen> seen_;  // By the digest of document, state vector and delete set.
  std::map<history::DocumentNumber, Final> finals_;
  bool time_is_up_ = false;
  client::UpdateScan scan_;
  StateDigester digest_;
};

}  // namespace syncline::checkers
