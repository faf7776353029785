#include "tests/world/node.h"

#include <utility>
#include <variant>

namespace syncline::world {
namespace {

class SurroundingsLog : public ports::Log {
 public:
  SurroundingsLog(Surroundings& surroundings, std::size_t node)
      : surroundings_(surroundings), node_(node) {}

  void write(ports::LogLevel level, std::string_view event,
             std::initializer_list<ports::LogField> fields) override {
    surroundings_.on_log(node_, level, event, fields);
  }

 private:
  Surroundings& surroundings_;
  const std::size_t node_;
};

}  // namespace

class Node::LogPort final : public SurroundingsLog {
 public:
  using SurroundingsLog::SurroundingsLog;
};

class WorkerNode::LogPort final : public SurroundingsLog {
 public:
  using SurroundingsLog::SurroundingsLog;
};

class Node::TransportPort final : public ports::Transport {
 public:
  TransportPort(Surroundings& surroundings, std::size_t node)
      : surroundings_(surroundings), node_(node) {}

  void send(ConnectionId connection, SharedBytes frame) override {
    surroundings_.on_send(node_, connection, std::move(frame));
  }
  void set_reading(ConnectionId connection, bool reading) override {
    surroundings_.on_set_reading(node_, connection, reading);
  }
  void close(ConnectionId connection, std::uint16_t code, std::string_view reason) override {
    surroundings_.on_close(node_, connection, code, reason);
  }

 private:
  Surroundings& surroundings_;
  const std::size_t node_;
};

class Node::BrokerPort final : public ports::Broker {
 public:
  BrokerPort(Surroundings& surroundings, std::size_t node)
      : surroundings_(surroundings), node_(node) {}

  void subscribe(const DocumentName& document) override {
    surroundings_.on_subscription(node_, document, true);
  }
  void unsubscribe(const DocumentName& document) override {
    surroundings_.on_subscription(node_, document, false);
  }
  void publish_update(const DocumentName& document, Sequence sequence,
                      SharedBytes update) override {
    surroundings_.on_publish(node_, {.kind = Publication::Kind::update,
                                     .document = document,
                                     .sequence = sequence,
                                     .bytes = std::move(update)});
  }
  void publish_awareness(const DocumentName& document, SharedBytes awareness) override {
    surroundings_.on_publish(node_, {.kind = Publication::Kind::awareness,
                                     .document = document,
                                     .bytes = std::move(awareness)});
  }
  void query_awareness(const DocumentName& document) override {
    surroundings_.on_publish(node_,
                             {.kind = Publication::Kind::awareness_query, .document = document});
  }

 private:
  Surroundings& surroundings_;
  const std::size_t node_;
};

Node::Node(Surroundings& surroundings, const EventQueue& events, std::size_t number,
           std::uint64_t seed, const core::Config& config, bool buffered)
    : config_(config),
      buffered_(buffered),
      clock_(events, seconds(static_cast<std::int64_t>(number) * 1'000'000)),
      random_(seed),
      metrics_(surroundings, number),
      store_([&surroundings, number](StoreRequest request) {
        surroundings.on_store_request(number, std::move(request));
      }),
      transport_(std::make_unique<TransportPort>(surroundings, number)),
      broker_(std::make_unique<BrokerPort>(surroundings, number)),
      log_(std::make_unique<LogPort>(surroundings, number)) {}

Node::~Node() = default;

void Node::start() {
  SYNCLINE_ASSERT(!alive());
  ++life_;
  shard_ = std::make_unique<core::Shard>(
      config_, core::Ports{.clock = clock_,
                           .random = random_,
                           .transport = *transport_,
                           .updates = store_,
                           .snapshots = store_,
                           .broker = *broker_,
                           .sessions = sessions_,
                           .metrics = metrics_,
                           .log = *log_,
                           .buffer = buffered_ ? &store_.buffer() : nullptr});
}

void Node::crash() {
  SYNCLINE_ASSERT(alive());
  shard_.reset();
  metrics_.forget_levels();
  sessions_.forget();
}

WorkerNode::WorkerNode(Surroundings& surroundings, const EventQueue& events, std::size_t number,
                       std::uint64_t seed, const core::WorkerConfig& config)
    : config_(config),
      clock_(events, seconds(static_cast<std::int64_t>(number) * 1'000'000)),
      random_(seed),
      metrics_(surroundings, number),
      store_([&surroundings, number](StoreRequest request) {
        surroundings.on_store_request(number, std::move(request));
      }),
      log_(std::make_unique<LogPort>(surroundings, number)) {}

WorkerNode::~WorkerNode() = default;

void WorkerNode::start() {
  SYNCLINE_ASSERT(!alive());
  ++life_;
  worker_ = std::make_unique<core::Worker>(config_, core::WorkerPorts{.clock = clock_,
                                                                      .random = random_,
                                                                      .buffer = &store_.buffer(),
                                                                      .drains = &store_,
                                                                      .history = &store_,
                                                                      .updates = store_,
                                                                      .snapshots = store_,
                                                                      .metrics = metrics_,
                                                                      .log = *log_});
}

void WorkerNode::crash() {
  SYNCLINE_ASSERT(alive());
  worker_.reset();
  metrics_.forget_levels();
}

namespace {

// Shard or Worker: the answers that both may get.
template <class Asker>
struct DeliverCommon {
  Asker& asker;
  RequestToken token;

  void operator()(ports::AppendResult result) const { asker.on_append_done(token, result); }
  void operator()(Result<ports::LogPage> page) const { asker.on_log_page(token, std::move(page)); }
  void operator()(Result<std::vector<Sequence>> heads) const {
    asker.on_log_heads(token, std::move(heads));
  }
  void operator()(Result<std::optional<ports::Snapshot>> snapshot) const {
    asker.on_snapshot_read(token, std::move(snapshot));
  }
  void operator()(ports::SnapshotOutcome outcome) const {
    asker.on_snapshot_written(token, outcome);
  }
  void operator()(ports::BufferAppendResult result) const {
    asker.on_buffer_append_done(token, result);
  }
  void operator()(Result<ports::BufferPage> page) const {
    asker.on_buffer_page(token, std::move(page));
  }
  void operator()(Result<ports::BufferHeads> heads) const {
    asker.on_buffer_heads(token, std::move(heads));
  }
  void operator()(Result<std::vector<DocumentName>> documents) const {
    asker.on_buffer_claimed(token, std::move(documents));
  }
  void operator()(Result<ports::BufferHead> head) const {
    asker.on_buffer_trimmed(token, std::move(head));
  }
};

struct DeliverToShard : DeliverCommon<core::Shard> {
  using DeliverCommon::operator();
  void operator()(ports::DrainResult) const { SYNCLINE_ASSERT(false, token); }
  void operator()(const Result<ports::OldLogPage>&) const { SYNCLINE_ASSERT(false, token); }
  void operator()(ports::ForgetResult) const { SYNCLINE_ASSERT(false, token); }
};

struct DeliverToWorker : DeliverCommon<core::Worker> {
  using DeliverCommon::operator();
  void operator()(ports::DrainResult result) const {
    asker.on_drain_done(token, std::move(result));
  }
  void operator()(Result<ports::OldLogPage> page) const {
    asker.on_old_logs(token, std::move(page));
  }
  void operator()(ports::ForgetResult result) const { asker.on_forgotten(token, result); }
};

}  // namespace

void deliver(core::Shard& shard, RequestToken token, StoreAnswer answer) {
  std::visit(DeliverToShard{{shard, token}}, std::move(answer));
}

void deliver(core::Worker& worker, RequestToken token, StoreAnswer answer) {
  std::visit(DeliverToWorker{{worker, token}}, std::move(answer));
}

}  // namespace syncline::world
