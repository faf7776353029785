#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/history/event.h"

namespace syncline::checkers {

// What kind of promise was broken; the exit code says which.
enum class Verdict : std::uint8_t { correctness, liveness };

class ViolationSink {
 public:
  // `checker` is the checker's name; `what` one sentence with the names and numbers of what went
  // wrong.
  virtual void on_violation(std::string_view checker, Verdict verdict, Duration at,
                            std::string what) = 0;

 protected:
  ~ViolationSink() = default;
};

// Judges one property of a history, and nothing else: as it happens where it can, and at the end.
class Checker : public history::EventSink {
 public:
  virtual ~Checker() = default;

  virtual std::string_view name() const = 0;
  // Whether it wants to be told of events of this alternative of EventContent. Most checkers want
  // few, and most events are for few.
  virtual bool hears(std::size_t alternative) const = 0;
};

}  // namespace syncline::checkers
