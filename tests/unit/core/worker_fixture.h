#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/core/checksum.h"
#include "server/core/worker.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/world/memory_buffer.h"
#include "tests/world/node.h"

namespace syncline::core {

using world::StoreFault;
using world::StoreRequest;
using world::StoreStep;

inline DocumentName document(const std::string& name) { return DocumentName::parse(name).value(); }

// One worker or two before a store and a buffer that answer one request at a time, when told how.
class WorkerFixture : public testing::Test, private world::Surroundings {
 protected:
  WorkerFixture() : buffer_([](const auto&, const auto&, const auto&) {}) {
    config_.snapshot_updates_min = 5;
  }

  void start() {
    worker_ = std::make_unique<world::WorkerNode>(static_cast<world::Surroundings&>(*this), events_,
                                                  0, 1, config_);
    worker_->start();
  }

  // Some typing, as nodes append it.
  void append(const std::string& name, int updates) {
    for (int i = 0; i < updates; ++i) {
      auto [at, is_new] = docs_.try_emplace(name, crdt::DocOptions{.client_id = 7});
      const Bytes before = at->second.encode_state_vector();
      ASSERT_TRUE(at->second.text("t").insert(0, "x").ok());
      const SharedBytes update(at->second.encode_state_as_update(before).value());
      buffer_.append({.step = StoreStep::buffer_append,
                      .token = {},
                      .document = document(name),
                      .bytes = update,
                      .checksum = checksum(update.view())});
    }
  }

  // Answers everything until nothing is asked any more; `fault_of` says how.
  void answer_all() {
    while (!requests_.empty()) {
      const StoreRequest request = requests_.front();
      requests_.pop_front();
      const StoreFault fault = fault_of ? fault_of(request) : StoreFault::none;
      steps_.push_back(std::string(world::name(request.step)) +
                       (fault == StoreFault::none ? "" : "!"));
      const world::StoreAnswer answer = world::MemoryBuffer::is_buffer_step(request.step)
                                            ? buffer_.execute(request, fault, events_.now())
                                            : store_.execute(request, fault);
      world::deliver(worker_->worker(), request.token, answer);
    }
  }

  void run_for(Duration duration) {
    const Instant until = events_.now() + duration;
    while (worker_->worker().next_deadline() <= until) {
      events_.run_until(worker_->worker().next_deadline());
      worker_->worker().on_deadline();
      answer_all();
    }
    events_.run_until(until);
  }

  std::size_t count(const std::string& step) const {
    return static_cast<std::size_t>(std::ranges::count(steps_, step));
  }
  std::size_t logged(const std::string& name) const { return store_.log(document(name)).size(); }

  WorkerConfig config_;
  world::EventQueue events_;
  world::MemoryStore store_{[this] { return events_.now(); }};
  world::MemoryBuffer buffer_;
  std::map<std::string, crdt::Doc> docs_;
  std::deque<StoreRequest> requests_;
  std::vector<std::string> steps_;
  std::function<StoreFault(const StoreRequest&)> fault_of;
  std::unique_ptr<world::WorkerNode> worker_;

 private:
  void on_store_request(std::size_t, StoreRequest request) override {
    requests_.push_back(std::move(request));
  }
  void on_send(std::size_t, ConnectionId, SharedBytes) override {}
  void on_set_reading(std::size_t, ConnectionId, bool) override {}
  void on_close(std::size_t, ConnectionId, std::uint16_t, std::string_view) override {}
  void on_subscription(std::size_t, const DocumentName&, bool) override {}
  void on_publish(std::size_t, world::Publication) override {}
  void on_reject(std::size_t, ports::Rejection) override {}
  void on_log(std::size_t, ports::LogLevel, std::string_view,
              std::initializer_list<ports::LogField>) override {}
};

}  // namespace syncline::core
