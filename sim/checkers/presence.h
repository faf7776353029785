#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// In the end each connected client sees exactly who is connected to the same document and has a
// state, and what that state is: nobody is missing, nobody who has left is still there or has come
// back to life, and no state is an old one.
class Presence final : public CheckerOf<Presence> {
 public:
  static constexpr std::string_view checker_name = "presence";

  explicit Presence(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::TimeIsUp&) { time_is_up_ = true; }
  void on(const history::PresenceSeen& event);
  void on(const history::ClientFinal& event);
  void on(const history::Ended&);

 private:
  using States = std::map<std::uint64_t, std::string>;  // By client id.

  struct View {
    history::Party client;
    history::DocumentNumber document;
    std::string presence;
  };

  void judge(const View& view);

  bool time_is_up_ = false;
  std::vector<View> views_;
  std::map<history::DocumentNumber, States> states_;
  std::map<history::Party, bool> connected_;
};

}  // namespace syncline::checkers
