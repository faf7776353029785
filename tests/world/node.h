#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/core/shard.h"
#include "server/core/worker.h"
#include "tests/world/event_queue.h"
#include "tests/world/memory_store.h"
#include "tests/world/session_list.h"

namespace syncline::world {

// What a node tells the broker.
struct Publication {
  enum class Kind : std::uint8_t { update, awareness, awareness_query };
  Kind kind;
  DocumentName document;
  Sequence sequence = {};
  SharedBytes bytes = {};
};

// Everything that a node asks of the world, by node number. None of it may call the node back from
// within.
class Surroundings {
 public:
  virtual void on_store_request(std::size_t node, StoreRequest request) = 0;
  virtual void on_send(std::size_t node, ConnectionId connection, SharedBytes frame) = 0;
  virtual void on_set_reading(std::size_t node, ConnectionId connection, bool reading) = 0;
  virtual void on_close(std::size_t node, ConnectionId connection, std::uint16_t code,
                        std::string_view reason) = 0;
  virtual void on_subscription(std::size_t node, const DocumentName& document, bool on) = 0;
  virtual void on_publish(std::size_t node, Publication publication) = 0;
  virtual void on_reject(std::size_t node, ports::Rejection reason) = 0;
  virtual void on_log(std::size_t node, ports::LogLevel level, std::string_view event,
                      std::initializer_list<ports::LogField> fields) = 0;

 protected:
  ~Surroundings() = default;
};

// Adds up what a node measures.
class RecordingMetrics final : public ports::Metrics {
 public:
  RecordingMetrics(Surroundings& surroundings, std::size_t node)
      : surroundings_(surroundings), node_(node) {}

  void add(ports::Counter counter, std::uint64_t amount) override {
    counters_[static_cast<std::size_t>(counter)] += amount;
  }
  void add(ports::Gauge gauge, std::int64_t amount) override {
    gauges_[static_cast<std::size_t>(gauge)] += amount;
  }
  void observe(ports::Histogram histogram, double value) override {
    SYNCLINE_ASSERT(value >= 0, value);
    ++observations_[static_cast<std::size_t>(histogram)];
  }
  void reject(ports::Rejection reason) override { surroundings_.on_reject(node_, reason); }

  // A process that has died measures nothing.
  void forget_levels() { gauges_ = {}; }

  std::uint64_t count(ports::Counter counter) const {
    return counters_[static_cast<std::size_t>(counter)];
  }
  std::int64_t level(ports::Gauge gauge) const { return gauges_[static_cast<std::size_t>(gauge)]; }
  std::uint64_t observations(ports::Histogram histogram) const {
    return observations_[static_cast<std::size_t>(histogram)];
  }

 private:
  Surroundings& surroundings_;
  const std::size_t node_;
  std::array<std::uint64_t, static_cast<std::size_t>(ports::Counter::count_)> counters_{};
  std::array<std::int64_t, static_cast<std::size_t>(ports::Gauge::count_)> gauges_{};
  std::array<std::uint64_t, static_cast<std::size_t>(ports::Histogram::count_)> observations_{};
};

// One shard of a server, with its ports turned into calls of Surroundings. A crash destroys the
// shard and all it knew; start() makes a new one.
class Node {
 public:
  // `buffered`: durability=buffer.
  Node(Surroundings& surroundings, const EventQueue& events, std::size_t number, std::uint64_t seed,
       const core::Config& config, bool buffered = false);
  ~Node();

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  void crash();

  bool alive() const { return shard_ != nullptr; }
  // How often it was started. An answer to a question of an earlier life must not be delivered.
  std::uint64_t life() const { return life_; }
  // REQUIRES: alive().
  core::Shard& shard() { return *shard_; }
  const RecordingMetrics& metrics() const { return metrics_; }
  const SessionList& sessions() const { return sessions_; }

 private:
  class TransportPort;
  class BrokerPort;
  class LogPort;

  const core::Config config_;
  const bool buffered_;
  VirtualClock clock_;
  SeededRandom random_;
  RecordingMetrics metrics_;
  StorePort store_;
  SessionList sessions_;
  std::unique_ptr<TransportPort> transport_;
  std::unique_ptr<BrokerPort> broker_;
  std::unique_ptr<LogPort> log_;
  std::unique_ptr<core::Shard> shard_;
  std::uint64_t life_ = 0;
};

// A worker, with its ports turned into calls of Surroundings.
class WorkerNode {
 public:
  WorkerNode(Surroundings& surroundings, const EventQueue& events, std::size_t number,
             std::uint64_t seed, const core::WorkerConfig& config);
  ~WorkerNode();

  WorkerNode(const WorkerNode&) = delete;
  WorkerNode& operator=(const WorkerNode&) = delete;

  void start();
  void crash();

  bool alive() const { return worker_ != nullptr; }
  std::uint64_t life() const { return life_; }
  // REQUIRES: alive().
  core::Worker& worker() { return *worker_; }
  const RecordingMetrics& metrics() const { return metrics_; }

 private:
  class LogPort;

  const core::WorkerConfig config_;
  VirtualClock clock_;
  SeededRandom random_;
  RecordingMetrics metrics_;
  StorePort store_;
  std::unique_ptr<LogPort> log_;
  std::unique_ptr<core::Worker> worker_;
  std::uint64_t life_ = 0;
};

void deliver(core::Worker& worker, RequestToken token, StoreAnswer answer);

// Hands the store's answer to the shard that asked.
void deliver(core::Shard& shard, RequestToken token, StoreAnswer answer);

}  // namespace syncline::world
