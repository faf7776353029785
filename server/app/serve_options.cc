#include "server/app/serve_options.h"

#include <algorithm>
#include <array>
#include <thread>

#include <unistd.h>

#include "server/adapters/system/system_random.h"
#include "server/base/node_name.h"

namespace syncline::app {
namespace {

using limits::kibibyte;
using limits::mebibyte;

constexpr std::size_t gibibyte = 1024 * mebibyte;
constexpr std::size_t any_count = 1'000'000'000;

OptionGroup node_options(ServeOptions& v) {
  std::vector<Option> log = log_option_rows(v.log);
  return {"The node",
          {{"config", "FILE", "A TOML file: each option below as a key", text_value(v.config)},
           {"listen", "HOST:PORT", "Where editors and browsers connect; port 0 takes a free one",
            endpoint_value(v.http.listen)},
           {"node-name", "NAME",
            "What this node is called, unlike every other; by default, the host's name and "
            "something random",
            node_name_value(v.node_name)},
           {"admin-listen", "HOST:PORT",
            "Where /metrics, /healthz, /readyz and /status are, and orders are given",
            endpoint_value(v.http.admin_listen)},
           {"data", "FOLDER", "Where the documents are kept; made if it does not exist",
            text_value(v.data)},
           {"threads", "N", "Event loops, each with its share of the documents",
            count_value(v.threads, 1, 1024)},
           {"drain-timeout", "TIME", "On SIGTERM, how long to wait for what is being saved",
            duration_value(v.drain_timeout)},
           std::move(log[0]),
           std::move(log[1])}};
}

OptionGroup cluster_options(ServeOptions& v) {
  return {
      "Several nodes",
      {postgres_option(v.cluster),
       redis_option(v.cluster),
       {"durability", "MODE",
        "An edit is acknowledged when it is in the log (commit), or in Redis' write buffer, "
        "from where workers move it into the log (buffer)",
        choice_value(v.durability, {"commit", "buffer"})},
       {"with-worker", "",
        "Run a worker inside this node, too (for durability=buffer, or --history-retention)",
        switch_value(v.with_worker)},
       {"drain-notice", "TIME",
        "On SIGTERM, be unready for so long before anything is closed, so that the gateway "
        "notices; auto is 3s with --redis, else 0",
        duration_or_auto_value(v.drain_notice)},
       {"handoff-spread", "TIME",
        "Then move the clients off over so long; auto is 5s with --redis, else 0",
        duration_or_auto_value(v.handoff_spread)},
       {"session-ttl", "TIME",
        "A node that has died is missing in the list of connections after so long",
        duration_value(v.session_ttl, seconds(1))},
       {"anti-entropy-interval", "TIME",
        "Compare open documents with what is saved this often; 0 where no other node writes; "
        "auto is 5s with --postgres, else 0",
        duration_or_auto_value(v.anti_entropy_interval)},
       {"gap-repair-delay", "TIME",
        "Read what is saved when an update of another node has been missing for so long",
        duration_value(v.core.gap_repair_delay)},
       {"commit-without-buffer", "",
        "While Redis takes nothing, commit edits to PostgreSQL directly instead of holding them",
        switch_value(v.core.commit_without_buffer)},
       {"max-undrained-bytes", "SIZE",
        "Updates of one document in the write buffer and not yet in the log; beyond it, its "
        "writers must wait",
        size_value(v.core.undrained_bytes_max, kibibyte, 64 * gibibyte)},
       {"max-node-undrained-bytes", "SIZE",
        "The same of all documents together, shared out evenly among the threads",
        size_value(v.core.undrained_total_bytes_max, mebibyte, 1024 * gibibyte)},
       {"redis-memory-high", "PERCENT",
        "When Redis has taken so much of its memory, a document's writers must wait for whatever "
        "of it is not yet in the log; 100: never",
        count_value(v.cluster.redis_settings.memory_high_percent, 10, 100)},
       {"undrained-check-interval", "TIME", "Look this often what workers have moved",
        duration_value(v.core.undrained_check_interval, milliseconds(10))},
       {"log-check-interval", "TIME",
        "Compare with the log this often, though the write buffer brings everything",
        duration_value(v.core.log_check_interval, milliseconds(100))},
       {"doubt-delay", "TIME",
        "After the write buffer lost something: append what others had written, if they have "
        "not done so for so long",
        duration_value(v.core.doubt_delay, milliseconds(10))}}};
}

OptionGroup admission_options(ServeOptions& v) {
  return {
      "Who may connect",
      {{"allow-origin", "ORIGIN",
        "Only pages from this origin may open a WebSocket; may be given several times; 'same' is "
        "the server's own. Without it, pages from everywhere may",
        texts_value(v.http.allowed_origins)},
       {"trusted-proxy", "NETWORK",
        "Believe the gateways at these addresses (10.0.0.0/8) when they say in X-Forwarded-For "
        "where a client is; may be given several times",
        networks_value(v.http.trusted_proxies)},
       {"max-connections", "N",
        "WebSocket connections at a time, shared out evenly among the threads",
        count_value(v.core.connections_max, 1, any_count)},
       {"max-connections-per-document", "N", "WebSocket connections to one document",
        count_value(v.core.connections_per_document_max, 1, any_count)},
       {"max-documents", "N", "Documents in memory at a time, shared out evenly among the threads",
        count_value(v.core.documents_max, 1, any_count)},
       {"max-http-connections", "N", "Connections that are not, or not yet, WebSockets",
        count_value(v.http.connections_max, 1, any_count)},
       {"handshake-timeout", "TIME", "For a request to arrive whole",
        duration_value(v.http.handshake_timeout, milliseconds(10))},
       {"ping-after", "TIME", "Ask a silent client whether it is still there",
        duration_value(v.ping_after, seconds(1))},
       {"drop-after", "TIME", "Drop a client that has been silent for so long",
        duration_value(v.drop_after, seconds(2))}}};
}

OptionGroup inbound_options(ServeOptions& v) {
  return {"What clients send",
          {{"max-message-bytes", "SIZE", "One message; larger ones are refused with 4413",
            size_value(v.core.message_bytes_max, kibibyte, gibibyte)},
           {"message-timeout", "TIME", "For a message to arrive whole",
            duration_value(v.message_timeout, seconds(1))},
           {"max-unfinished-bytes", "SIZE",
            "Messages that have arrived in part, per thread; beyond it, the largest is given up",
            size_value(v.unfinished_bytes_max, mebibyte, 1024 * gibibyte)},
           {"max-pending-bytes", "SIZE",
            "Memory, for one document, of what waits for updates that have not come",
            size_value(v.core.pending_bytes_max, kibibyte, 64 * gibibyte)},
           {"max-unlogged-bytes", "SIZE",
            "Updates of one document that are not saved yet; beyond it, its writers must wait",
            size_value(v.core.unlogged_bytes_max, kibibyte, 64 * gibibyte)},
           {"max-node-unlogged-bytes", "SIZE",
            "The same of all documents together, shared out evenly among the threads",
            size_value(v.core.unlogged_total_bytes_max, mebibyte, 1024 * gibibyte)},
           {"held-back-timeout", "TIME",
            "Close a client (1013) whose edits have had to wait for so long",
            duration_value(v.core.held_back_max, seconds(1))},
           {"max-awareness-bytes", "SIZE", "What one client may say of itself (awareness)",
            size_value(v.core.awareness_state_bytes_max, 128, mebibyte)},
           {"max-awareness-clients", "N", "Client ids that one connection may announce",
            count_value(v.core.awareness_clients_per_connection_max, 1, 100'000)},
           {"awareness-timeout", "TIME",
            "Forget who is at another node and has not been heard of for so long",
            duration_value(v.core.awareness_remote_timeout, seconds(1))}}};
}

OptionGroup outbound_options(ServeOptions& v) {
  return {
      "What clients are sent",
      {{"send-window-bytes", "SIZE", "Under way to one client",
        size_value(v.core.send_window_bytes, kibibyte, gibibyte)},
       {"ring-bytes", "SIZE",
        "Recent updates of one document kept for clients that are behind; further back, they get "
        "one merged update",
        size_value(v.core.ring_bytes_max, kibibyte, 64 * gibibyte)},
       {"ring-frames", "N", "The same, as a number of updates",
        count_value(v.core.ring_frames_max, 1, any_count)},
       {"first-sync-chunk-bytes", "SIZE", "A large document reaches a new client in such pieces",
        size_value(v.core.first_sync_chunk_bytes, kibibyte, gibibyte)},
       {"catch-up-bytes", "SIZE", "Memory for first syncs and merged updates under way, per thread",
        size_value(v.core.catch_up_bytes_max, mebibyte, 1024 * gibibyte)},
       {"min-sync-rate", "SIZE",
        "Close a client that takes a whole state slower than this a second",
        size_value(v.core.sync_bytes_per_second_min, 1, gibibyte)},
       {"write-stall-timeout", "TIME", "Close a client that has taken nothing for so long",
        duration_value(v.core.write_stall_max, seconds(1))},
       {"keepalive-interval", "TIME",
        "Send an empty message after such a silence; stock clients give up after 30s",
        duration_value(v.core.keepalive_interval, milliseconds(100))}}};
}

OptionGroup document_options(ServeOptions& v) {
  return {
      "Documents",
      {{"evict-after", "TIME", "Drop a document from memory when nobody has it open for so long",
        duration_value(v.core.evict_after)},
       {"fold-after", "TIME",
        "Keep a document that nobody changes for so long as its encoding only",
        duration_value(v.core.fold_after, milliseconds(100))},
       {"snapshot-interval", "TIME", "Write a snapshot of an active document this often",
        duration_value(v.core.snapshot_interval, milliseconds(100))},
       {"snapshot-min-updates", "N", "Fewer new updates are not worth a snapshot",
        count_value(v.core.snapshot_updates_min, 1, any_count)},
       {"log-page-bytes", "SIZE", "A document's log is read in such pieces",
        size_value(v.core.log_page_bytes, 64 * kibibyte, gibibyte)},
       {"load-timeout", "TIME", "Refuse a document that has not been read after so long",
        duration_value(v.core.load_timeout, milliseconds(100))},
       {"retry-delay-min", "TIME", "Before an update that could not be saved is tried again",
        duration_value(v.core.retry_delay_min, milliseconds(1))},
       {"retry-delay-max", "TIME", "The same, after many attempts",
        duration_value(v.core.retry_delay_max, milliseconds(1))},
       {"keep-deleted-content", "", "Keep what was deleted instead of forgetting it",
        switch_value(v.core.keep_deleted_content)}}};
}

}  // namespace

std::string unique_node_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"node"};
  constexpr std::size_t random_digits = 8;
  std::string name = host.data();
  for (char& c : name) {
    if (!is_node_name({&c, 1})) c = '-';
  }
  name.resize(std::min(name.size(), node_name_bytes_max - random_digits - 1));
  name += '-';
  constexpr std::string_view digits = "0123456789abcdef";
  adapters::SystemRandom random;
  for (std::size_t i = 0; i < random_digits; ++i) name += digits[random.below(digits.size())];
  return name;
}

ServeOptions default_serve_options() {
  ServeOptions options;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  return options;
}

Result<void> settle_serve_options(ServeOptions& options) {
  const auto refuse = [](std::string line) {
    return Error{ErrorCode::invalid_argument, std::move(line)};
  };
  const bool shared = !options.cluster.postgres.empty();
  const bool joined = !options.cluster.redis.empty();
  if (joined && !shared) {
    return refuse("--redis: needs --postgres URL as well: nodes must share their documents");
  }
  if (options.buffered() && !joined) {
    return refuse("--durability buffer: needs --redis URL, where the write buffer is");
  }
  if (options.with_worker && !options.buffered() && !(shared && options.forgets())) {
    return refuse("--with-worker: there is nothing to do for it without --durability buffer");
  }
  if (options.forgets() && shared && !options.with_worker) {
    return refuse(
        "--history-retention: is for workers here; give it to `syncline-server worker`, or run one "
        "inside with --with-worker");
  }
  if (options.node_name.empty()) options.node_name = unique_node_name();
  const auto by_default = [](bool wanted, Duration value) {
    return wanted ? value : Duration::zero();
  };
  options.drain_notice = options.drain_notice.value_or(by_default(joined, seconds(3)));
  options.core.handoff_spread = options.handoff_spread.value_or(by_default(joined, seconds(5)));
  options.core.anti_entropy_interval =
      options.anti_entropy_interval.value_or(by_default(shared, seconds(5)));
  options.worker.snapshot_interval = options.core.snapshot_interval;
  options.worker.snapshot_updates_min = options.core.snapshot_updates_min;
  options.worker.log_page_bytes = options.core.log_page_bytes;
  options.worker.retry_delay_min = options.core.retry_delay_min;
  options.worker.retry_delay_max = options.core.retry_delay_max;
  options.worker.keep_deleted_content = options.core.keep_deleted_content;
  return {};
}

core::Config shard_config(const ServeOptions& options) {
  const auto share = [&](std::size_t all) { return (all + options.threads - 1) / options.threads; };
  core::Config config = options.core;
  config.connections_max = share(config.connections_max);
  config.documents_max = share(config.documents_max);
  config.unlogged_total_bytes_max = share(config.unlogged_total_bytes_max);
  config.undrained_total_bytes_max = share(config.undrained_total_bytes_max);
  return config;
}

std::vector<OptionGroup> serve_option_table(ServeOptions& values) {
  return {node_options(values),
          cluster_options(values),
          admission_options(values),
          inbound_options(values),
          outbound_options(values),
          document_options(values),
          postgres_option_group(values.cluster),
          redis_option_group(values.cluster),
          worker_option_group(values.worker)};
}

}  // namespace syncline::app
