#include "server/app/worker_command.h"

#include <atomic>
#include <cstdio>

#include "server/adapters/beast/http_server.h"
#include "server/adapters/prometheus/prometheus_metrics.h"
#include "server/adapters/system/system_clock.h"
#include "server/app/cluster_options.h"
#include "server/app/environment.h"
#include "server/app/exit_code.h"
#include "server/app/node_report.h"
#include "server/app/option.h"
#include "server/app/shutdown_signals.h"
#include "server/app/version.h"
#include "server/app/worker_unit.h"

namespace syncline::app {
namespace {

constexpr std::string_view usage =
    R"(Move edits from Redis' write buffer into PostgreSQL, and write snapshots (for nodes with
--durability buffer); forget old edits (--history-retention), for which --redis is not needed. Any
number of workers share the work; any may be killed at any time.

Usage: syncline-server worker --postgres URL [--redis URL] [OPTIONS]

Every option is also a key of the TOML file and an environment variable (SYNCLINE_POSTGRES). The
command line wins over the environment, and that over the file. In brackets: the default.
)";

constexpr std::string_view examples = R"(
Examples:
  syncline-server worker --postgres postgresql://syncline@db/syncline --redis redis://cache:6379
  syncline-server worker --config /etc/syncline.toml --admin-listen 127.0.0.1:9465
  syncline-server worker --postgres postgresql://syncline@db/syncline --history-retention 720h

SIGTERM and SIGINT stop the worker gently: it finishes the transaction it is in, and exits with 0.
)";

struct WorkerOptions {
  std::string config;
  adapters::HttpServer::Options http = {
      .listen = {}, .admin_listen = {"127.0.0.1", 9465}, .allowed_origins = {}};
  Duration drain_timeout = seconds(20);
  LogOptions log;
  ClusterOptions cluster;
  core::WorkerConfig core;
};

OptionGroup process_options(WorkerOptions& v) {
  std::vector<Option> log = log_option_rows(v.log);
  return {"The process",
          {{"config", "FILE", "A TOML file: each option below as a key", text_value(v.config)},
           postgres_option(v.cluster),
           redis_option(v.cluster),
           {"admin-listen", "HOST:PORT", "Where /metrics, /healthz, /readyz and /status are",
            endpoint_value(v.http.admin_listen)},
           {"drain-timeout", "TIME", "On SIGTERM, how long to wait for what is being saved",
            duration_value(v.drain_timeout)},
           std::move(log[0]),
           std::move(log[1])}};
}

OptionGroup snapshot_options(core::WorkerConfig& v) {
  return {"Documents",
          {{"snapshot-interval", "TIME", "Write a snapshot of an active document this often",
            duration_value(v.snapshot_interval, milliseconds(100))},
           {"snapshot-min-updates", "N", "Fewer new updates are not worth a snapshot",
            count_value(v.snapshot_updates_min, 1, 1'000'000'000)},
           {"log-page-bytes", "SIZE", "A document's log is read in such pieces",
            size_value(v.log_page_bytes, 64 * limits::kibibyte, 1024 * limits::mebibyte)},
           {"retry-delay-min", "TIME", "Before something that could not be done is tried again",
            duration_value(v.retry_delay_min, milliseconds(1))},
           {"retry-delay-max", "TIME", "The same, after many attempts",
            duration_value(v.retry_delay_max, milliseconds(1))},
           {"keep-deleted-content", "", "Keep what was deleted instead of forgetting it",
            switch_value(v.keep_deleted_content)}}};
}

std::vector<OptionGroup> worker_option_table(WorkerOptions& v) {
  return {process_options(v), worker_option_group(v.core), snapshot_options(v.core),
          postgres_option_group(v.cluster), redis_option_group(v.cluster)};
}

int refuse(const Error& error) {
  const std::string& line = error.detail.empty() ? error.message() : error.detail;
  std::fprintf(stderr, "syncline-server: %s\n", line.c_str());
  return exit_refused;
}

class Report final : public adapters::NodeReport {
 public:
  Report(const adapters::PrometheusMetrics& metrics, ports::Clock& clock)
      : metrics_(metrics), clock_(clock), started_(clock.now()) {}

  void set_ready(bool ready) { ready_.store(ready); }

  std::string metrics_text() override { return metrics_.serialize(); }
  bool ready() override { return ready_.load(); }
  std::string status_json() override {
    const auto uptime = duration_cast<seconds>(clock_.now() - started_).count();
    return "{\"version\":\"" + std::string(version) +
           "\",\"role\":\"worker\",\"ready\":" + (ready() ? "true" : "false") +
           ",\"degraded\":" + degraded_json(metrics_) +
           ",\"uptime_seconds\":" + std::to_string(uptime) + "}\n";
  }

 private:
  const adapters::PrometheusMetrics& metrics_;
  ports::Clock& clock_;
  const Instant started_;
  std::atomic<bool> ready_ = false;
};

// A worker, put together with its services and its page for the operator.
class WorkerProcess {
 public:
  explicit WorkerProcess(const WorkerOptions& options)
      : options_(options),
        metrics_(version),
        log_(log_settings(options.log)),
        report_(metrics_, clock_),
        http_(options.http, {.report = report_, .metrics = metrics_, .log = log_}) {}

  ~WorkerProcess() { stop(); }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  Result<void> open() {
    SYNCLINE_TRY(http_.open_admin());
    SYNCLINE_ASSIGN(storage_,
                    Storage::open(storage_options(options_.cluster, ""), clock_, metrics_, log_));
    if (options_.cluster.redis.empty()) return {};
    SYNCLINE_ASSIGN(auto messaging, messaging_options(options_.cluster, true));
    messaging.redis->memory_high_percent = 100;  // For those who append.
    SYNCLINE_ASSIGN(redis_, adapters::RedisClient::open(*messaging.redis, clock_, metrics_, log_));
    return check_buffer_persistence(*redis_, options_.cluster, metrics_, log_);
  }

  void start() {
    worker_.emplace(options_.core, *storage_, redis_.get(), clock_, metrics_, log_);
    worker_->start();
    http_.start_admin();
    report_.set_ready(true);
    std::printf("Syncline %s works: %s, metrics at http://%s/metrics\n",
                std::string(version).c_str(),
                describe_storage(storage_options(options_.cluster, "")).c_str(),
                http_.admin_endpoint().text().c_str());
    std::fflush(stdout);
  }

  void drain() {
    report_.set_ready(false);
    worker_->drain();
  }
  bool drained() const { return worker_->drained(); }

  void stop() {
    http_.stop();
    if (worker_) worker_->stop();
    if (redis_) redis_->stop();
    if (storage_) storage_->stop_at_once();
  }

 private:
  const WorkerOptions& options_;
  adapters::SystemClock clock_;
  adapters::PrometheusMetrics metrics_;
  adapters::SpdlogLog log_;
  Report report_;
  adapters::HttpServer http_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<adapters::RedisClient> redis_;
  std::optional<WorkerUnit> worker_;
};

}  // namespace

int worker_command(std::span<const std::string> arguments) {
  WorkerOptions options;
  auto table = worker_option_table(options);
  const auto parsed =
      read_options(table, {.arguments = arguments, .environment = environment_variable});
  if (!parsed.ok()) return refuse(parsed.error());
  if (parsed->help) {
    WorkerOptions defaults;
    const std::string help =
        std::string(usage) + options_help(worker_option_table(defaults)) + std::string(examples);
    std::fwrite(help.data(), 1, help.size(), stdout);
    return exit_success;
  }
  if (!parsed->positional.empty()) {
    return refuse(
        {ErrorCode::invalid_argument,
         "'" + parsed->positional.front() + "': worker takes options only; --help lists them"});
  }
  const bool forgets = options.core.history_retention > Duration::zero();
  if (options.cluster.postgres.empty() || (options.cluster.redis.empty() && !forgets)) {
    return refuse({ErrorCode::invalid_argument,
                   "worker: needs --postgres URL and --redis URL; without --redis all that it can "
                   "do is --history-retention TIME; --help tells more"});
  }
  // Before any thread exists, so that all inherit it.
  ShutdownSignals signals;
  WorkerProcess process(options);
  const auto opened = process.open();
  if (!opened.ok()) return refuse(opened.error());
  process.start();
  while (!signals.wait_for(seconds(60))) {
  }
  process.drain();
  constexpr Duration look_again = milliseconds(20);
  for (Duration waited{0}; waited < options.drain_timeout && !process.drained();
       waited += look_again) {
    if (signals.wait_for(look_again)) break;
  }
  const bool drained = process.drained();
  process.stop();
  return drained ? exit_success : exit_failed;
}

}  // namespace syncline::app
