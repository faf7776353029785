#pragma once

#include <cstddef>
#include <string_view>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// Once faults are over, all comes right within the time that the run allows: everybody who has a
// document open is connected, synced and has nothing unsaved, and nothing waits for what never
// came, in any replica and in the store. That they agree is convergence's.
class Liveness final : public CheckerOf<Liveness> {
 public:
  static constexpr std::string_view checker_name = "liveness";

  explicit Liveness(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::TimeIsUp&) { time_is_up_ = true; }
  void on(const history::ClientFinal& event);
  void on(const history::ReplicaSeen& event);
  void on(const history::ColdRead& event);
  // A run that was not looked at in the end shows nothing.
  void on(const history::Ended&);

 private:
  bool time_is_up_ = false;
  std::size_t finals_ = 0;
  std::size_t cold_reads_ = 0;
};

}  // namespace syncline::checkers
