#pragma once

#include <string>
#include <vector>

#include "server/adapters/postgres/postgres_options.h"
#include "server/adapters/redis/redis_options.h"
#include "server/adapters/system/spdlog_log.h"
#include "server/app/messaging.h"
#include "server/app/option.h"
#include "server/app/storage.h"
#include "server/base/result.h"
#include "server/core/worker_config.h"

namespace syncline::app {

// What the commands are told about the services that nodes and workers share.
struct ClusterOptions {
  std::string postgres;  // Empty: none.
  std::string redis;     // Empty: none.
  bool no_migrate = false;
  bool allow_lossy_buffer = false;
  // With `url` left empty until the services are opened.
  adapters::PostgresOptions postgres_settings;
  adapters::RedisOptions redis_settings;
};

// What every command says about its own doings.
struct LogOptions {
  std::string format = "auto";
  std::string level = "info";
};

// Rows for the tables. `values` must outlive them.
std::vector<Option> log_option_rows(LogOptions& values);
Option postgres_option(ClusterOptions& values);
Option redis_option(ClusterOptions& values);
OptionGroup postgres_option_group(ClusterOptions& values);
OptionGroup redis_option_group(ClusterOptions& values);
OptionGroup worker_option_group(core::WorkerConfig& values);

adapters::SpdlogLog::Options log_settings(const LogOptions& options);
StorageOptions storage_options(const ClusterOptions& cluster, const std::string& data);
// `invalid_argument` if the URL cannot be read; the detail is a line for the operator.
Result<MessagingOptions> messaging_options(const ClusterOptions& cluster, bool buffered);

// Looks whether Redis keeps what a write buffer acknowledges (append-only file, no eviction). If
// not, that is an error, or with --allow-lossy-buffer a warning in the log and a metric, which go
// on to say what is found later. `metrics` and `log` must live until `redis` is stopped.
Result<void> check_buffer_persistence(adapters::RedisClient& redis, const ClusterOptions& cluster,
                                      ports::Metrics& metrics, ports::Log& log);

// Of a node that commits to the log: an error if the write buffer in Redis holds edits that are not
// in the log yet, which the node would never see. Where Redis is not there, nothing is known.
Result<void> check_buffer_is_empty(adapters::RedisClient& redis, ports::Log& log);

}  // namespace syncline::app
