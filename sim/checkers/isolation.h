#pragma once

#include <cstdint>
#include <string_view>

#include "sim/checkers/canary_text.h"
#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// Nothing of a document ever gets into another: no frame, log entry, buffer entry or snapshot of
// one holds the canary of another. Everything is looked through, byte by byte.
class Isolation final : public CheckerOf<Isolation> {
 public:
  static constexpr std::string_view checker_name = "isolation";

  // With `expects_canaries`, a run in which no frame ever held the canary of its own document is a
  // violation: it could not have shown one of another.
  Isolation(ViolationSink& sink, bool expects_canaries)
      : CheckerOf(sink), expects_canaries_(expects_canaries) {}

  void on(const history::FrameSent& event);
  void on(const history::LogAppended& event);
  void on(const history::BufferAppended& event);
  void on(const history::SnapshotWritten& event);
  void on(const history::Ended&);

 private:
  // The number of a document other than `own` whose canary is in it, or none.
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  std::uint64_t foreign_in(BytesView bytes, history::DocumentNumber own);

  const bool expects_canaries_;
  std::uint64_t own_seen_ = 0;
};

}  // namespace syncline::checkers
