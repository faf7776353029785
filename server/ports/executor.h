#pragma once

#include <functional>

namespace syncline::ports {

// The way onto a shard's thread. An adapter that works on threads of its own hands its answers to
// the shard through one of these, so that the core is only ever entered by one thread at a time.
// Implementations: adapters/beast (an io_context), tests (a queue that the test runs).
class Executor {
 public:
  using Task = std::function<void()>;

  virtual ~Executor() = default;

  // Runs the task later on the shard's thread, never from within this call. Tasks that one thread
  // posts run in the order of its calls. May be called from any thread. A task that has not run
  // when the executor ends is dropped; whatever a task refers to must live until then.
  virtual void post(Task task) = 0;
};

}  // namespace syncline::ports
