#include "server/app/cluster_options.h"

#include <memory>

#include "server/app/lossy_buffer_report.h"

namespace syncline::app {
namespace {

using limits::kibibyte;
using limits::mebibyte;

constexpr std::size_t any_count = 1'000'000'000;

}  // namespace

std::vector<Option> log_option_rows(LogOptions& v) {
  return {{"log-format", "FORMAT", "auto, human or json; auto is human on a terminal",
           choice_value(v.format, {"auto", "human", "json"})},
          {"log-level", "LEVEL", "debug, info, warning or error",
           choice_value(v.level, {"debug", "info", "warning", "error"})}};
}

Option postgres_option(ClusterOptions& v) {
  return {"postgres", "URL",
          "Keep the documents in PostgreSQL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
          text_value(v.postgres)};
}

Option redis_option(ClusterOptions& v) {
  return {"redis", "URL",
          "Hear from other nodes through Redis: redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// "
          "for TLS, or unix:///PATH",
          text_value(v.redis)};
}

OptionGroup postgres_option_group(ClusterOptions& v) {
  adapters::PostgresOptions& s = v.postgres_settings;
  return {"PostgreSQL",
          {{"no-migrate", "",
            "Do not bring the tables to this program's version at start; refuse older ones",
            switch_value(v.no_migrate)},
           {"postgres-writers", "N", "Connections that commit, one transaction each at a time",
            count_value(s.writers, 1, 64)},
           {"postgres-readers", "N", "Connections that read", count_value(s.readers, 1, 64)},
           {"postgres-connect-timeout", "TIME", "Give up connecting after so long",
            duration_value(s.connect_timeout, milliseconds(100))},
           {"postgres-statement-timeout", "TIME", "Give up a statement after so long",
            duration_value(s.statement_timeout, milliseconds(100))}}};
}

OptionGroup redis_option_group(ClusterOptions& v) {
  adapters::RedisOptions& s = v.redis_settings;
  return {
      "Redis",
      {{"redis-prefix", "TEXT", "Begins the name of every key and channel", text_value(s.prefix)},
       {"redis-connect-timeout", "TIME", "Give up connecting after so long",
        duration_value(s.connect_timeout, milliseconds(50))},
       {"redis-answer-timeout", "TIME",
        "Drop a connection on which an answer has been missing for so long",
        duration_value(s.answer_timeout, milliseconds(100))},
       {"redis-tls-ca", "FILE", "Trust these authorities (PEM) instead of the system's",
        text_value(s.tls_ca_file)},
       {"redis-tls-cert", "FILE", "Show this certificate (PEM)",
        text_value(s.tls_certificate_file)},
       {"redis-tls-key", "FILE", "The certificate's key (PEM)", text_value(s.tls_key_file)},
       {"allow-lossy-buffer", "",
        "Use a Redis as write buffer though it may lose what it acknowledged when it crashes, or "
        "does not say whether it would",
        switch_value(v.allow_lossy_buffer)}}};
}

OptionGroup worker_option_group(core::WorkerConfig& v) {
  return {"The worker",
          {{"flush-interval", "TIME", "Move what is in the write buffer into the log this often",
            duration_value(v.flush_interval, milliseconds(10))},
           {"claim-lease", "TIME",
            "Other workers wait so long before they take the documents of one that died",
            duration_value(v.claim_lease, seconds(1))},
           {"claim-documents", "N", "Documents claimed at once",
            count_value(v.claim_documents_max, 1, any_count)},
           {"max-worker-documents", "N", "Documents in a worker's hands",
            count_value(v.documents_max, 1, any_count)},
           {"buffer-reads", "N", "Documents read from the write buffer at the same time",
            count_value(v.reads_max, 1, 100'000)},
           {"buffer-page-bytes", "SIZE", "A document's part of the write buffer is read in pieces",
            size_value(v.page_bytes, kibibyte, 1024 * mebibyte)},
           {"drain-bytes", "SIZE", "About so much goes into the log in one transaction",
            size_value(v.drain_bytes_max, kibibyte, 1024 * mebibyte)},
           {"worker-snapshots", "N", "Documents in a worker's memory for a snapshot, at one time",
            count_value(v.snapshots_max, 1, 1000)},
           {"max-active-documents", "N",
            "Documents whose activity a worker remembers, for the next snapshot",
            count_value(v.active_documents_max, 1, any_count)},
           {"history-retention", "TIME",
            "Forget edits of the logs that are older and that snapshots hold; 0 keeps all for ever",
            duration_value(v.history_retention)}}};
}

adapters::SpdlogLog::Options log_settings(const LogOptions& options) {
  adapters::SpdlogLog::Options out;
  out.level = options.level == "debug"     ? ports::LogLevel::debug
              : options.level == "info"    ? ports::LogLevel::info
              : options.level == "warning" ? ports::LogLevel::warning
                                           : ports::LogLevel::error;
  out.format = options.format == "human"  ? adapters::LogFormat::human
               : options.format == "json" ? adapters::LogFormat::json
                                          : adapters::LogFormat::automatic;
  return out;
}

StorageOptions storage_options(const ClusterOptions& cluster, const std::string& data) {
  StorageOptions options{.data = data, .postgres = {}};
  if (cluster.postgres.empty()) return options;
  options.postgres = cluster.postgres_settings;
  options.postgres->url = cluster.postgres;
  options.postgres->migrate = !cluster.no_migrate;
  return options;
}

Result<MessagingOptions> messaging_options(const ClusterOptions& cluster, bool buffered) {
  MessagingOptions options{.redis = {}, .buffered = buffered};
  if (cluster.redis.empty()) return options;
  auto redis = adapters::RedisOptions::parse(cluster.redis);
  if (!redis.ok()) {
    return Error{ErrorCode::invalid_argument, "--redis: " + redis.error().message()};
  }
  options.redis = std::move(redis).value();
  const adapters::RedisOptions& settings = cluster.redis_settings;
  options.redis->buffers = buffered;
  options.redis->prefix = settings.prefix;
  options.redis->connect_timeout = settings.connect_timeout;
  options.redis->answer_timeout = settings.answer_timeout;
  options.redis->memory_high_percent = settings.memory_high_percent;
  options.redis->tls_ca_file = settings.tls_ca_file;
  options.redis->tls_certificate_file = settings.tls_certificate_file;
  options.redis->tls_key_file = settings.tls_key_file;
  return options;
}

Result<void> check_buffer_persistence(adapters::RedisClient& redis, const ClusterOptions& cluster,
                                      ports::Metrics& metrics, ports::Log& log) {
  constexpr Duration patience = seconds(10);
  const auto checked = redis.check_persistence(patience);
  if (!checked.ok()) {
    return Error{checked.error().code,
                 "--redis: " + checked.error().detail +
                     "; check the address and the password, and that the server runs"};
  }
  for (const std::string& warning : checked->warnings) {
    log.write(ports::LogLevel::warning, "Redis is the write buffer", {{"warning", warning}});
  }
  if (!checked->safe() && !cluster.allow_lossy_buffer) {
    return Error{ErrorCode::invalid_argument,
                 "--redis: as write buffer it could lose edits that it acknowledged: " +
                     checked->dangers.front() +
                     "; change it, or accept it with --allow-lossy-buffer"};
  }
  const auto report = std::make_shared<LossyBufferReport>(metrics, log);
  report->take(*checked);
  redis.watch_persistence(
      LossyBufferReport::look_interval,
      [report](const adapters::RedisPersistence& found) { report->take(found); });
  return {};
}

Result<void> check_buffer_is_empty(adapters::RedisClient& redis, ports::Log& log) {
  constexpr Duration patience = seconds(2);
  const auto documents = redis.buffered_documents(patience);
  if (!documents.ok()) {
    log.write(ports::LogLevel::warning,
              "whether edits were left in a write buffer is not known: Redis does not answer",
              {{"problem", documents.error().detail}});
    return {};
  }
  if (*documents == 0) return {};
  return Error{ErrorCode::invalid_argument,
               "--durability commit: the write buffer in Redis holds edits of " +
                   std::to_string(*documents) +
                   " documents that are not in the log, and this node would not see them; let "
                   "`syncline-server worker` move them first, or use --durability buffer"};
}

}  // namespace syncline::app
