#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/adapters/store/answer.h"
#include "server/ports/store_reader.h"

namespace syncline::adapters::store {

// A few threads, each with a connection of its own, that read logs and snapshots beside the
// commits. A large document is asked for page by page, so it does not keep small ones waiting for
// long.
//
// read() and stop() may be called from any thread.
class ReadPool {
 public:
  // One thread for each reader.
  explicit ReadPool(std::vector<std::unique_ptr<ports::StoreReader>> readers);
  ~ReadPool();

  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // After stop() it is answered with `unavailable`.
  void read(ReadRequest request);

  // Answers everything that was asked before, and ends the threads.
  void stop();
  // As soon as possible: everything that was asked before fails with `unavailable`.
  void stop_at_once();

 private:
  void run(ports::StoreReader& reader);

  const std::vector<std::unique_ptr<ports::StoreReader>> readers_;

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<ReadRequest> requests_;
  bool stopping_ = false;

  std::mutex stop_mutex_;  // Makes stop() idempotent from any thread.
  std::vector<std::thread> threads_;
};

}  // namespace syncline::adapters::store
