#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/adapters/beast/http_server.h"
#include "server/app/cluster_options.h"
#include "server/app/option.h"
#include "server/core/config.h"

namespace syncline::app {

// Everything that `syncline-server serve` can be told.
struct ServeOptions {
  std::string config;
  std::string node_name;  // Empty: settle_serve_options() makes one.
  adapters::HttpServer::Options http = {.listen = {"127.0.0.1", 8080},
                                        .admin_listen = {"127.0.0.1", 9464},
                                        .allowed_origins = {},
                                        .trusted_proxies = {}};
  std::string data = "./syncline-data";
  std::size_t threads = 1;
  Duration drain_timeout = seconds(20);
  LogOptions log;
  Duration ping_after = seconds(30);
  Duration drop_after = seconds(60);
  Duration message_timeout = seconds(120);
  std::size_t unfinished_bytes_max = 256 * limits::mebibyte;
  // The counts are the node's: each shard gets its share (shard_config).
  core::Config core = {.connections_max = 100'000, .documents_max = 200'000};

  ClusterOptions cluster;
  std::string durability = "commit";
  bool with_worker = false;
  core::WorkerConfig worker;
  Duration session_ttl = seconds(30);
  // Not given: settle_serve_options() decides.
  std::optional<Duration> drain_notice;
  std::optional<Duration> handoff_spread;
  std::optional<Duration> anti_entropy_interval;

  bool buffered() const { return durability == "buffer"; }
  bool forgets() const { return worker.history_retention > Duration::zero(); }
  // A node that is alone with its documents has to let their history end itself.
  bool runs_worker() const { return with_worker || (forgets() && cluster.postgres.empty()); }
};

// Checks what options say together, and decides what was left to be decided: a node that may have
// others beside it compares itself with the log, and goes slowly. The error's detail is a line for
// the operator.
Result<void> settle_serve_options(ServeOptions& options);

// Of the host's name and something random, for a node that was given none.
std::string unique_node_name();

// What one of the node's shards may do.
core::Config shard_config(const ServeOptions& options);

// With `threads` as many as there are processors.
ServeOptions default_serve_options();

// The table. `values` must outlive it.
std::vector<OptionGroup> serve_option_table(ServeOptions& values);

}  // namespace syncline::app
