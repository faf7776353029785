#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "loadgen/net/event_loop.h"
#include "loadgen/run/options.h"
#include "loadgen/run/verdict.h"

namespace syncline::loadgen {

// Reads every document from every target with a fresh client that has a whole replica, and compares
// what it gets with what was typed. A copy that is not complete yet has time until the deadline.
class Audit {
 public:
  // `on_done` is called on the loop's thread, once. All must outlive it.
  Audit(EventLoop& loop, const RunOptions& options,
        const std::vector<std::unique_ptr<LoadDocument>>& documents, std::function<void()> on_done);
  ~Audit();

  void begin(Instant deadline);

  // After on_done.
  const Verdict& verdict() const { return verdict_; }

 private:
  class Copy;

  void begin_next();
  void on_copy_done(Copy& copy);

  EventLoop& loop_;
  const RunOptions& options_;
  const std::vector<std::unique_ptr<LoadDocument>>& documents_;
  const std::function<void()> on_done_;
  Instant deadline_;
  std::size_t next_ = 0;  // Documents times targets.
  std::vector<std::unique_ptr<Copy>> copies_;
  Verdict verdict_;
};

}  // namespace syncline::loadgen
