#include "server/app/node.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>

#include "server/adapters/beast/shard_loop.h"
#include "server/adapters/prometheus/prometheus_metrics.h"
#include "server/adapters/system/spdlog_log.h"
#include "server/adapters/system/system_clock.h"
#include "server/adapters/system/system_random.h"
#include "server/app/messaging.h"
#include "server/app/node_desk.h"
#include "server/app/node_report.h"
#include "server/app/storage.h"
#include "server/app/version.h"
#include "server/app/worker_unit.h"
#include "server/core/shard.h"

namespace syncline::app {
namespace {

// Every connection is a file descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

adapters::ShardLoop::Options loop_options(const ServeOptions& options, std::size_t index) {
  return {.index = index,
          .count = options.threads,
          .message_bytes_max = options.core.message_bytes_max,
          .ping_after = options.ping_after,
          .drop_after = std::max(options.drop_after, options.ping_after),
          .message_timeout = options.message_timeout,
          .unfinished_bytes_max = options.unfinished_bytes_max};
}

// One shard with the ports of its own.
struct ShardParts {
  ShardParts(const ServeOptions& options, std::size_t index, ports::Clock& clock,
             ports::Metrics& metrics, ports::Log& log, Storage& storage, Messaging& messages,
             NodeDesk& desk)
      : loop(loop_options(options, index), clock, metrics),
        store(storage.make_shard_store(loop)),
        messaging(messages.make_shard_messaging(loop, index)),
        shard(shard_config(options), {.clock = clock,
                                      .random = random,
                                      .transport = loop,
                                      .updates = store->updates(),
                                      .snapshots = store->snapshots(),
                                      .broker = messaging->broker(),
                                      .sessions = messaging->sessions(),
                                      .metrics = metrics,
                                      .log = log,
                                      .buffer = messaging->buffer()}),
        orders(shard, desk) {
    store->attach(shard, shard);
    messaging->attach(shard, orders, desk);
  }

  adapters::SystemRandom random;
  adapters::ShardLoop loop;
  const std::unique_ptr<ShardStore> store;
  const std::unique_ptr<ShardMessaging> messaging;
  core::Shard shard;
  ShardOrders orders;
};

}  // namespace

class Node::State {
 public:
  explicit State(const ServeOptions& options)
      : options_(options),
        metrics_(version),
        log_(log_settings(options.log)),
        report_(options.node_name, metrics_, clock_),
        desk_(options.node_name, log_) {}

  Result<void> open() {
    raise_descriptor_limit();
    // The ports first: whoever finds them taken has not touched the data.
    http_ = std::make_unique<adapters::HttpServer>(
        options_.http, adapters::HttpServer::World{
                           .report = report_, .metrics = metrics_, .log = log_, .desk = &desk_});
    SYNCLINE_TRY(http_->open());
    SYNCLINE_ASSIGN(storage_, Storage::open(storage_options(options_.cluster, options_.data),
                                            clock_, metrics_, log_));
    SYNCLINE_ASSIGN(auto messaging, messaging_options(options_.cluster, options_.buffered()));
    messaging.node = options_.node_name;
    messaging.session_ttl = options_.session_ttl;
    SYNCLINE_ASSIGN(messaging_, Messaging::open(messaging, clock_, metrics_, log_));
    if (messaging_->redis() == nullptr) return {};
    if (!options_.buffered()) return check_buffer_is_empty(*messaging_->redis(), log_);
    return check_buffer_persistence(*messaging_->redis(), options_.cluster, metrics_, log_);
  }

  void start() {
    std::vector<adapters::ShardLoop*> loops;
    for (std::size_t i = 0; i < options_.threads; ++i) {
      shards_.push_back(std::make_unique<ShardParts>(options_, i, clock_, metrics_, log_, *storage_,
                                                     *messaging_, desk_));
      loops.push_back(&shards_.back()->loop);
    }
    std::vector<NodeDesk::Shard> desk_shards;
    for (auto& parts : shards_) {
      desk_shards.push_back({parts->loop, parts->shard, *parts->messaging});
    }
    desk_.open(std::move(desk_shards), *messaging_);
    for (auto& parts : shards_) parts->loop.start(parts->shard);
    if (options_.runs_worker()) {
      worker_.emplace(options_.worker, *storage_,
                      options_.buffered() ? messaging_->redis() : nullptr, clock_, metrics_, log_);
      worker_->start();
    }
    report_.watch(loops);
    report_.set_ready(true);
    http_->start(std::move(loops), storage_->reader());
    log_.write(ports::LogLevel::info, "the node has started",
               {{"node", options_.node_name},
                {"version", version},
                {"listen", http_->listen_endpoint().text()},
                {"admin", http_->admin_endpoint().text()},
                {"storage", describe_storage(storage_options(options_.cluster, options_.data))},
                {"durability", options_.durability}});
  }

  void announce_drain() {
    log_.write(ports::LogLevel::info, "the node drains", {});
    report_.set_ready(false);
  }

  void drain() {
    http_->refuse_websockets();
    for (auto& parts : shards_) parts->loop.drain();
  }

  void drain_expired() {
    log_.write(ports::LogLevel::warning, "the drain took too long; closing what is left", {});
    for (auto& parts : shards_) parts->loop.drain_expired();
  }

  bool drain_ordered() const { return desk_.drain_ordered(); }

  // The worker goes last: it may be the one that moves what the shards wait for into the log.
  bool drained() {
    const bool shards_drained = std::all_of(shards_.begin(), shards_.end(), [](const auto& parts) {
      return parts->loop.status().drained;
    });
    if (!shards_drained || !worker_) return shards_drained;
    if (!std::exchange(worker_drains_, true)) worker_->drain();
    return worker_->drained();
  }

  void give_back_memory() {
    constexpr std::size_t worth_it = 64;
    std::size_t held = 0;
    for (const auto& parts : shards_) {
      const auto status = parts->loop.status();
      held += status.rooms + status.connections;
    }
    held_max_ = std::max(held_max_, held);
    if (held_max_ - held < worth_it || held > held_max_ / 4 * 3) return;
    ::malloc_trim(0);
    held_max_ = held;
  }

  // From the outside in: nobody may call what has ended.
  void stop() {
    stop_callers();
    if (storage_) storage_->stop();
  }

  void stop_at_once() {
    stop_callers();
    if (storage_) storage_->stop_at_once();
  }

  const adapters::HttpServer& http() const { return *http_; }

 private:
  void stop_callers() {
    // A search through a large catalog would take its time, and so would Redis if it hangs.
    if (storage_) storage_->reader().end();
    desk_.end();
    if (http_) http_->stop();
    for (auto& parts : shards_) parts->loop.stop();
    if (worker_) worker_->stop();
    if (messaging_) messaging_->stop();
  }

  const ServeOptions options_;
  adapters::SystemClock clock_;
  adapters::PrometheusMetrics metrics_;
  adapters::SpdlogLog log_;
  NodeReport report_;
  NodeDesk desk_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Messaging> messaging_;
  std::vector<std::unique_ptr<ShardParts>> shards_;
  std::optional<WorkerUnit> worker_;
  bool worker_drains_ = false;
  std::unique_ptr<adapters::HttpServer> http_;

  // The most documents and connections since memory was last given back.
  std::size_t held_max_ = 0;
};

Result<std::unique_ptr<Node>> Node::open(const ServeOptions& options) {
  auto state = std::make_unique<State>(options);
  SYNCLINE_TRY(state->open());
  return std::unique_ptr<Node>(new Node(std::move(state)));
}

Node::Node(std::unique_ptr<State> state) : state_(std::move(state)) {}
Node::~Node() { stop(); }

void Node::start() { state_->start(); }
bool Node::drain_ordered() const { return state_->drain_ordered(); }
void Node::announce_drain() { state_->announce_drain(); }
void Node::drain() { state_->drain(); }
void Node::drain_expired() { state_->drain_expired(); }
bool Node::drained() { return state_->drained(); }
void Node::give_back_memory() { state_->give_back_memory(); }
void Node::stop() { state_->stop(); }
void Node::stop_at_once() { state_->stop_at_once(); }

adapters::Endpoint Node::listen_endpoint() const { return state_->http().listen_endpoint(); }
adapters::Endpoint Node::admin_endpoint() const { return state_->http().admin_endpoint(); }

}  // namespace syncline::app
