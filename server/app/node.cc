#include "server/app/node.h"

#include <algorithm>
#include <atomic>
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
             ports::Metrics& metrics, ports::Log& log, Storage& storage, Messaging& messages)
      : loop(loop_options(options, index), clock, metrics),
        store(storage.make_shard_store(loop)),
        messaging(messages.make_shard_messaging(loop)),
        shard(shard_config(options), {.clock = clock,
                                      .random = random,
                                      .transport = loop,
                                      .updates = store->updates(),
                                      .snapshots = store->snapshots(),
                                      .broker = messaging->broker(),
                                      .metrics = metrics,
                                      .log = log,
                                      .buffer = messaging->buffer()}) {
    store->attach(shard, shard);
    messaging->attach(shard);
  }

  adapters::SystemRandom random;
  adapters::ShardLoop loop;
  const std::unique_ptr<ShardStore> store;
  const std::unique_ptr<ShardMessaging> messaging;
  core::Shard shard;
};

class Report final : public adapters::NodeReport {
 public:
  Report(const adapters::PrometheusMetrics& metrics, ports::Clock& clock)
      : metrics_(metrics), clock_(clock), started_(clock.now()) {}

  void watch(std::vector<adapters::ShardLoop*> loops) { loops_ = std::move(loops); }
  void set_ready(bool ready) { ready_.store(ready); }

  std::string metrics_text() override { return metrics_.serialize(); }
  bool ready() override { return ready_.load(); }

  std::string status_json() override {
    std::string shards;
    for (const adapters::ShardLoop* loop : loops_) {
      const auto status = loop->status();
      if (!shards.empty()) shards += ",";
      shards += "{\"connections\":" + std::to_string(status.connections) +
                ",\"documents\":" + std::to_string(status.rooms) + "}";
    }
    const auto uptime = duration_cast<seconds>(clock_.now() - started_).count();
    return "{\"version\":\"" + std::string(version) +
           "\",\"ready\":" + (ready() ? "true" : "false") +
           ",\"uptime_seconds\":" + std::to_string(uptime) + ",\"shards\":[" + shards + "]}\n";
  }

 private:
  const adapters::PrometheusMetrics& metrics_;
  ports::Clock& clock_;
  const Instant started_;
  std::vector<adapters::ShardLoop*> loops_;  // Constant once the HTTP server has started.
  std::atomic<bool> ready_ = false;
};

}  // namespace

class Node::State {
 public:
  explicit State(const ServeOptions& options)
      : options_(options),
        metrics_(version),
        log_(log_settings(options.log)),
        report_(metrics_, clock_) {}

  Result<void> open() {
    raise_descriptor_limit();
    // The ports first: whoever finds them taken has not touched the data.
    http_ = std::make_unique<adapters::HttpServer>(
        options_.http,
        adapters::HttpServer::World{.report = report_, .metrics = metrics_, .log = log_});
    SYNCLINE_TRY(http_->open());
    SYNCLINE_ASSIGN(storage_, Storage::open(storage_options(options_.cluster, options_.data),
                                            clock_, metrics_, log_));
    SYNCLINE_ASSIGN(const auto messaging, messaging_options(options_.cluster, options_.buffered()));
    SYNCLINE_ASSIGN(messaging_, Messaging::open(messaging, clock_, metrics_, log_));
    if (!options_.buffered()) return {};
    return check_buffer_persistence(*messaging_->redis(), options_.cluster, metrics_, log_);
  }

  void start() {
    std::vector<adapters::ShardLoop*> loops;
    for (std::size_t i = 0; i < options_.threads; ++i) {
      shards_.push_back(std::make_unique<ShardParts>(options_, i, clock_, metrics_, log_, *storage_,
                                                     *messaging_));
      loops.push_back(&shards_.back()->loop);
    }
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
               {{"version", version},
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
    // A search through a large catalog would take its time.
    if (storage_) storage_->reader().end();
    if (http_) http_->stop();
    for (auto& parts : shards_) parts->loop.stop();
    if (worker_) worker_->stop();
    if (messaging_) messaging_->stop();
  }

  const ServeOptions options_;
  adapters::SystemClock clock_;
  adapters::PrometheusMetrics metrics_;
  adapters::SpdlogLog log_;
  Report report_;
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
