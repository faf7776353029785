#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The registry of everything that is measured: one row a metric, from which the adapter builds its
// families, the documents their tables, and the dashboards' tests their list of legal names.

namespace syncline::ports {

enum class Counter : std::uint8_t {
  connections_opened,
  connections_closed,
  messages_in,
  bytes_in,
  bytes_out,
  updates_in,
  updates_unchanged,
  updates_committed,
  deliveries_out,
  frames_out,
  catch_ups,
  awareness_in,
  awareness_out,
  loads,
  load_failures,
  evictions,
  folds,
  snapshots_written,
  snapshot_failures,
  snapshot_fallbacks,
  append_retries,
  gap_repairs,
  log_rewinds,
  updates_drained,
  drain_failures,
  history_updates_forgotten,
  history_bytes_forgotten,
  history_sweeps,
  history_failures,
  postgres_transactions,
  postgres_failures,
  postgres_connects,
  redis_reconnects,
  redis_requests_answered,
  redis_requests_refused,
  redis_requests_unknown,
  redis_bytes_in,
  redis_bytes_out,
  redis_messages_in,
  redis_messages_out,
  redis_messages_undecodable,
  count_,
};

enum class Gauge : std::uint8_t {
  connections,
  documents_open,
  documents_quarantined,
  document_memory_bytes,
  unlogged_bytes,
  undrained_bytes,
  documents_undrained_late,
  ring_bytes,
  commit_queue_updates,
  readers_paused,
  worker_documents,
  worker_lag_seconds,
  history_sweep_seconds,
  postgres_connections,
  postgres_lossy,
  redis_connections,
  redis_lossy,
  degraded_broker,
  degraded_buffer,
  degraded_store,
  redis_memory_percent,
  count_,
};

enum class Histogram : std::uint8_t {
  commit_batch_updates,
  commit_seconds,
  ack_seconds,
  delivery_seconds,
  load_seconds,
  ring_lag_frames,
  drain_batch_updates,
  drain_seconds,
  redis_answer_seconds,
  count_,
};

enum class Rejection : std::uint8_t {
  bad_request,
  bad_document_name,
  too_many_connections,
  too_many_connections_document,
  too_many_documents,
  handshake_timeout,
  text_frame,
  protocol_error,
  malformed_update,
  update_refused,
  message_too_large,
  pending_full,
  awareness_limit,
  quarantined,
  load_failed,
  slow_consumer,
  draining,
  not_durable,
  log_went_back,
  evicted,
  revoked,
  count_,
};

struct MetricInfo {
  std::string_view name;
  std::string_view help;
};

inline constexpr std::array<MetricInfo, static_cast<std::size_t>(Counter::count_)> counter_info = {{
    {"syncline_connections_opened_total", "WebSocket connections accepted"},
    {"syncline_connections_closed_total", "WebSocket connections ended, by either side"},
    {"syncline_messages_in_total", "Protocol messages received"},
    {"syncline_bytes_in_total", "Payload bytes received in messages"},
    {"syncline_bytes_out_total", "Payload bytes sent in frames"},
    {"syncline_updates_in_total", "Update-carrying messages accepted from clients"},
    {"syncline_updates_unchanged_total", "Updates that held nothing new and were not logged"},
    {"syncline_updates_committed_total", "Updates made durable in the log"},
    {"syncline_deliveries_out_total",
     "Client updates handed to other connections (an update that reaches 10 counts 10)"},
    {"syncline_frames_out_total", "Frames sent"},
    {"syncline_catch_ups_total", "Merged catch-up updates sent to connections that fell behind"},
    {"syncline_awareness_in_total", "Awareness messages received"},
    {"syncline_awareness_out_total", "Awareness frames sent"},
    {"syncline_document_loads_total", "Documents loaded from the store"},
    {"syncline_document_load_failures_total", "Loads that failed and refused their connections"},
    {"syncline_document_evictions_total", "Idle documents dropped from memory"},
    {"syncline_document_folds_total", "Open documents that were quiet and became their encoding"},
    {"syncline_snapshots_written_total", "Snapshots written"},
    {"syncline_snapshot_failures_total", "Snapshots that could not be written"},
    {"syncline_snapshot_fallbacks_total", "Damaged snapshots passed over while loading"},
    {"syncline_append_retries_total", "Updates appended again after a refused or unknown outcome"},
    {"syncline_gap_repairs_total", "Reads of the log or the write buffer to fill a gap"},
    {"syncline_log_rewinds_total", "Open documents loaded anew because their log had gone back"},
    {"syncline_updates_drained_total", "Updates moved from the write buffer into the log"},
    {"syncline_drain_failures_total", "Rounds of a worker in which something had to be given up"},
    {"syncline_history_updates_forgotten_total", "Updates removed from logs after the retention"},
    {"syncline_history_bytes_forgotten_total", "Bytes of updates removed after the retention"},
    {"syncline_history_sweeps_total", "Times that all documents were looked at for old history"},
    {"syncline_history_failures_total", "Documents whose history was kept because of a failure"},
    {"syncline_postgres_transactions_total", "Transactions begun that write"},
    {"syncline_postgres_failures_total", "Statements that failed, or whose outcome is unknown"},
    {"syncline_postgres_connects_total",
     "Connections to PostgreSQL made; more than at start: lost"},
    {"syncline_redis_reconnects_total", "Connections to Redis made again after a loss"},
    {"syncline_redis_requests_answered_total", "Requests that Redis carried out"},
    {"syncline_redis_requests_refused_total",
     "Requests that Redis refused, or that found no connection; messages to publish included"},
    {"syncline_redis_requests_unknown_total", "Requests whose answer was lost with the connection"},
    {"syncline_redis_bytes_in_total", "Bytes received from Redis"},
    {"syncline_redis_bytes_out_total", "Bytes sent to Redis"},
    {"syncline_redis_messages_in_total", "Published messages received, also this process's own"},
    {"syncline_redis_messages_out_total", "Messages published, without those of the write buffer"},
    {"syncline_redis_messages_undecodable_total",
     "Published messages that were passed over: of another version, or of a stranger"},
}};

inline constexpr std::array<MetricInfo, static_cast<std::size_t>(Gauge::count_)> gauge_info = {{
    {"syncline_connections", "WebSocket connections open now"},
    {"syncline_documents_open", "Documents in memory"},
    {"syncline_documents_quarantined", "Documents in memory that are refused because unreadable"},
    {"syncline_document_memory_bytes", "Estimated memory of the open documents"},
    {"syncline_unlogged_bytes", "Bytes of updates accepted and not yet durable"},
    {"syncline_undrained_bytes",
     "Bytes of updates in the write buffer, or lost from it, and not known to be in the log"},
    {"syncline_documents_undrained_late",
     "Open documents with an update that no worker has moved into the log for 30 s"},
    {"syncline_ring_bytes", "Bytes of encoded frames kept for connections to read"},
    {"syncline_commit_queue_updates", "Updates waiting for the next commit"},
    {"syncline_readers_paused", "Connections whose socket is not read to hold back their sender"},
    {"syncline_worker_documents", "Documents that a worker has claimed and not yet drained"},
    {"syncline_worker_lag_seconds", "Since a worker last had drained everything that it found"},
    {"syncline_history_sweep_seconds",
     "How long the last look through all documents for old history took, or takes so far"},
    {"syncline_postgres_connections", "Connections to PostgreSQL that stand now"},
    {"syncline_postgres_lossy", "Settings of PostgreSQL that let a crash take committed edits"},
    {"syncline_redis_connections",
     "Connections to Redis that stand: 2 of a process, unless Redis is down or a cluster"},
    {"syncline_redis_lossy", "Settings of Redis that let a crash take buffered edits"},
    {"syncline_degraded_broker",
     "1 while Redis does not carry what is committed to other nodes; anti-entropy does"},
    {"syncline_degraded_buffer", "1 while Redis does not take edits into the write buffer"},
    {"syncline_degraded_store", "1 while edits cannot be committed to the log"},
    {"syncline_redis_memory_percent",
     "Of the memory that Redis may take, what it has taken; of a cluster's fullest master"},
}};

struct HistogramInfo {
  std::string_view name;
  std::string_view help;
  double first_bucket;  // Upper bound of the first bucket; each next is `factor` times larger.
  double factor;
  int buckets;
};

inline constexpr std::array<HistogramInfo, static_cast<std::size_t>(Histogram::count_)>
    histogram_info = {{
        {"syncline_commit_batch_updates", "Updates in one commit", 1, 2, 16},
        {"syncline_commit_seconds", "Time of one commit", 0.00025, 2, 16},
        {"syncline_ack_seconds", "From the arrival of an update until its author is acknowledged",
         0.00025, 2, 16},
        {"syncline_delivery_seconds",
         "From the arrival of an update until its frame is given to a peer's socket", 0.0001, 2,
         16},
        {"syncline_document_load_seconds", "Time to load a document", 0.001, 2, 16},
        {"syncline_ring_lag_frames", "Frames a connection was behind when it wrote again", 1, 4,
         10},
        {"syncline_drain_batch_updates", "Updates in one transaction of a worker", 1, 4, 12},
        {"syncline_drain_seconds", "Time of one transaction of a worker", 0.001, 2, 16},
        {"syncline_redis_answer_seconds", "From a request to Redis to its answer", 0.0001, 2, 16},
    }};

inline constexpr std::string_view rejected_metric = "syncline_rejected_total";
inline constexpr std::string_view rejected_help = "Connections and messages refused, by reason";

// The label values of syncline_rejected_total{reason}.
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Rejection::count_)>
    rejection_names = {{
        "bad_request",
        "bad_document_name",
        "too_many_connections",
        "too_many_connections_document",
        "too_many_documents",
        "handshake_timeout",
        "text_frame",
        "protocol_error",
        "malformed_update",
        "update_refused",
        "message_too_large",
        "pending_full",
        "awareness_limit",
        "quarantined",
        "load_failed",
        "slow_consumer",
        "draining",
        "not_durable",
        "log_went_back",
        "evicted",
        "revoked",
    }};

static_assert(!counter_info.back().name.empty() && !gauge_info.back().name.empty() &&
                  !histogram_info.back().name.empty() && !rejection_names.back().empty(),
              "every enum value needs its row");

}  // namespace syncline::ports
