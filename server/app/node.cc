#include "server/app/node.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>

#include "server/adapters/beast/shard_loop.h"
#include "server/adapters/local/local_broker.h"
#include "server/adapters/prometheus/prometheus_metrics.h"
#include "server/adapters/sqlite/sqlite_database.h"
#include "server/adapters/sqlite/sqlite_reader.h"
#include "server/adapters/sqlite/sqlite_store.h"
#include "server/adapters/system/spdlog_log.h"
#include "server/adapters/system/system_clock.h"
#include "server/adapters/system/system_random.h"
#include "server/app/version.h"
#include "server/core/shard.h"

namespace syncline::app {
namespace {

adapters::SpdlogLog::Options log_options(const ServeOptions& options) {
  adapters::SpdlogLog::Options out;
  out.level = options.log_level == "debug"     ? ports::LogLevel::debug
              : options.log_level == "info"    ? ports::LogLevel::info
              : options.log_level == "warning" ? ports::LogLevel::warning
                                               : ports::LogLevel::error;
  out.format = options.log_format == "human"  ? adapters::LogFormat::human
               : options.log_format == "json" ? adapters::LogFormat::json
                                              : adapters::LogFormat::automatic;
  return out;
}

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
             ports::Metrics& metrics, ports::Log& log, adapters::SqliteDatabase& database,
             adapters::LocalBrokerHub& hub)
      : loop(loop_options(options, index), clock, metrics),
        store(database, loop),
        broker(hub, loop),
        shard(shard_config(options), {.clock = clock,
                                      .random = random,
                                      .transport = loop,
                                      .updates = store,
                                      .snapshots = store,
                                      .broker = broker,
                                      .metrics = metrics,
                                      .log = log}) {
    store.attach(shard, shard);
    broker.attach(shard);
  }

  adapters::SystemRandom random;
  adapters::ShardLoop loop;
  adapters::SqliteStore store;
  adapters::LocalBroker broker;
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
        log_(log_options(options)),
        report_(metrics_, clock_) {}

  Result<void> open() {
    raise_descriptor_limit();
    // The ports first: whoever finds them taken has not touched the data.
    http_ = std::make_unique<adapters::HttpServer>(
        options_.http,
        adapters::HttpServer::World{.report = report_, .metrics = metrics_, .log = log_});
    SYNCLINE_TRY(http_->open());
    SYNCLINE_ASSIGN(database_, adapters::SqliteDatabase::open({.folder = options_.data}, clock_,
                                                              metrics_, log_));
    SYNCLINE_ASSIGN(catalog_, adapters::SqliteReader::open(options_.data));
    return {};
  }

  void start() {
    std::vector<adapters::ShardLoop*> loops;
    for (std::size_t i = 0; i < options_.threads; ++i) {
      shards_.push_back(std::make_unique<ShardParts>(options_, i, clock_, metrics_, log_,
                                                     *database_, broker_hub_));
      loops.push_back(&shards_.back()->loop);
    }
    for (auto& parts : shards_) parts->loop.start(parts->shard);
    report_.watch(loops);
    report_.set_ready(true);
    http_->start(std::move(loops), *catalog_);
    log_.write(ports::LogLevel::info, "the node has started",
               {{"version", version},
                {"listen", http_->listen_endpoint().text()},
                {"admin", http_->admin_endpoint().text()},
                {"data", options_.data}});
  }

  void drain() {
    log_.write(ports::LogLevel::info, "the node drains", {});
    report_.set_ready(false);
    http_->stop_accepting();
    for (auto& parts : shards_) parts->loop.drain();
  }

  void drain_expired() {
    log_.write(ports::LogLevel::warning, "the drain took too long; closing what is left", {});
    for (auto& parts : shards_) parts->loop.drain_expired();
  }

  bool drained() const {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const auto& parts) { return parts->loop.status().drained; });
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
    if (database_) database_->stop();
  }

  void stop_at_once() {
    stop_callers();
    if (database_) database_->stop_at_once();
  }

  const adapters::HttpServer& http() const { return *http_; }

 private:
  void stop_callers() {
    // A search through a large catalog would take its time.
    if (catalog_) catalog_->end();
    if (http_) http_->stop();
    for (auto& parts : shards_) parts->loop.stop();
  }

  const ServeOptions options_;
  adapters::SystemClock clock_;
  adapters::PrometheusMetrics metrics_;
  adapters::SpdlogLog log_;
  Report report_;
  adapters::LocalBrokerHub broker_hub_;
  std::unique_ptr<adapters::SqliteDatabase> database_;
  std::unique_ptr<adapters::SqliteReader> catalog_;
  std::vector<std::unique_ptr<ShardParts>> shards_;
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
void Node::drain() { state_->drain(); }
void Node::drain_expired() { state_->drain_expired(); }
bool Node::drained() const { return state_->drained(); }
void Node::give_back_memory() { state_->give_back_memory(); }
void Node::stop() { state_->stop(); }
void Node::stop_at_once() { state_->stop_at_once(); }

adapters::Endpoint Node::listen_endpoint() const { return state_->http().listen_endpoint(); }
adapters::Endpoint Node::admin_endpoint() const { return state_->http().admin_endpoint(); }

}  // namespace syncline::app
