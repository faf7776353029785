#include "sim/tuning.h"

#include <algorithm>

#include "faults/plan/option.h"

namespace syncline::sim {
namespace {

using faults::has_option;
using faults::Option;
using limits::kibibyte;

// What a client adds to the waiting: its silence, its ticks, its back-off.
constexpr Duration client_patience = seconds(30) + seconds(3) + milliseconds(2500);
// The gateway's checks until it believes in a node again, and the attempts before.
constexpr Duration gateway_patience = seconds(10);
// A pool's or a Redis connection's time-outs and back-off, one after the other.
constexpr Duration service_patience = seconds(15);
// y-protocols renews states every 15 s, and forgets those of others after 30 s.
constexpr Duration awareness_patience = seconds(15) + seconds(30) + seconds(3);

// With short-history. Shorter than many faults last, so that what somebody lacks may be gone.
constexpr Duration history_retention = seconds(3);

void use_tiny_limits(core::Config& config) {
  config.send_window_bytes = 2 * kibibyte;
  config.ring_bytes_max = 4 * kibibyte;
  config.ring_frames_max = 16;
  config.first_sync_chunk_bytes = 1 * kibibyte;
  config.catch_up_bytes_max = 64 * kibibyte;
  config.unlogged_bytes_max = 1 * kibibyte;
  config.undrained_bytes_max = 4 * kibibyte;
  config.log_page_bytes = 1 * kibibyte;
}

void use_short_intervals(core::Config& config) {
  config.evict_after = seconds(2);
  config.fold_after = seconds(1);
  config.snapshot_interval = seconds(3);
  config.snapshot_updates_min = 8;
  config.anti_entropy_interval = seconds(2);
  config.log_check_interval = seconds(5);
  config.retry_delay_max = seconds(2);
  config.handoff_spread = Duration::zero();
}

core::Config core_config(const faults::PlanCluster& cluster) {
  core::Config config;
  config.anti_entropy_interval = seconds(5);
  config.handoff_spread = seconds(1);
  config.held_back_max = seconds(20);
  config.commit_without_buffer = has_option(cluster, Option::commit_without_buffer);
  if (has_option(cluster, Option::tiny_limits)) use_tiny_limits(config);
  if (has_option(cluster, Option::short_intervals)) use_short_intervals(config);
  if (cluster.embedded) config.anti_entropy_interval = config.handoff_spread = Duration::zero();
  return config;
}

Duration hand_over(const faults::PlanCluster& cluster) {
  return has_option(cluster, Option::slow_shards) ? Duration(milliseconds(40))
                                                  : Duration(microseconds(200));
}

}  // namespace

NetworkSetting network_setting(const faults::PlanCluster& cluster) {
  NetworkSetting setting;
  if (has_option(cluster, Option::slow_links)) {
    setting.inner_latency_min = milliseconds(10);
    setting.inner_latency_max = milliseconds(100);
    setting.outer_latency_min = milliseconds(50);
    setting.outer_latency_max = milliseconds(400);
  }
  if (has_option(cluster, Option::zero_client_latency)) {
    setting.outer_latency_min = Duration(1);
    setting.outer_latency_max = Duration(1);
  }
  return setting;
}

NodeSetting node_setting(const faults::PlanCluster& cluster) {
  NodeSetting setting{.config = core_config(cluster),
                      .shards = cluster.shards,
                      .hand_over_max = hand_over(cluster)};
  if (has_option(cluster, Option::tiny_limits)) setting.socket_buffer_bytes = 1 * kibibyte;
  return setting;
}

WorkerSetting worker_setting(const faults::PlanCluster& cluster) {
  WorkerSetting setting{.config = {}, .hand_over_max = hand_over(cluster)};
  if (has_option(cluster, Option::tiny_limits)) {
    setting.config.page_bytes = 1 * kibibyte;
    setting.config.log_page_bytes = 1 * kibibyte;
    setting.config.drain_bytes_max = 4 * kibibyte;
    setting.config.claim_documents_max = 2;
    setting.config.reads_max = 1;
    setting.config.history_documents = 1;
    setting.config.history_batch_updates = 3;
  }
  if (has_option(cluster, Option::short_intervals)) {
    setting.config.snapshot_interval = seconds(3);
    setting.config.snapshot_updates_min = 8;
    setting.config.claim_lease = seconds(3);
  }
  if (forgets(cluster)) setting.config.history_retention = history_retention;
  return setting;
}

bool forgets(const faults::PlanCluster& cluster) {
  return has_option(cluster, Option::short_history);
}

RedisSetting redis_setting(const faults::PlanCluster& cluster) {
  return {.appendfsync =
              has_option(cluster, Option::everysec) ? AppendFsync::everysec : AppendFsync::always};
}

checkers::MemoryBounds memory_bounds(const faults::PlanCluster& cluster) {
  const core::Config config = core_config(cluster);
  // A limit may be passed by what was read before it was reached: of each writer a message or two.
  const bool pastes = has_option(cluster, Option::big_pastes);
  const std::uint64_t keystrokes = pastes ? 256 * kibibyte : 1 * kibibyte;
  const std::uint64_t frame = pastes ? 256 * kibibyte : 8 * kibibyte;
  const std::uint64_t rooms = cluster.documents;
  const std::uint64_t in_hand = std::uint64_t{cluster.clients} * keystrokes;
  return {.ring_bytes_max = rooms * config.ring_bytes_max + in_hand,
          .unlogged_bytes_max = rooms * config.unlogged_bytes_max + in_hand,
          .send_queue_bytes_max = config.send_window_bytes + config.first_sync_chunk_bytes + frame};
}

Duration time_to_converge(const faults::PlanCluster& cluster) {
  const core::Config config = core_config(cluster);
  const NetworkSetting network = network_setting(cluster);
  Duration wait = network.silence_max + network.connect_timeout + client_patience;
  if (cluster.gateway) wait += gateway_patience;
  wait += 2 * service_patience + 2 * config.retry_delay_max;
  wait += 2 * config.anti_entropy_interval + config.gap_repair_delay;
  wait += awareness_patience + config.awareness_remote_timeout;
  if (cluster.durability == faults::Durability::buffer) {
    const core::WorkerConfig worker = worker_setting(cluster).config;
    wait += 2 * config.log_check_interval + 2 * config.doubt_delay;
    wait += worker.claim_lease + worker.retry_delay_max + worker.flush_interval;
  }
  return wait;
}

Duration time_to_join(const faults::PlanCluster& cluster) {
  // A few round trips, in which a state may travel.
  return seconds(10) + 40 * network_setting(cluster).outer_latency_max;
}

Duration time_to_forget(const faults::PlanCluster& cluster) {
  const core::Config config = core_config(cluster);
  const NetworkSetting network = network_setting(cluster);
  // A connection that died without a word is found by what the node sends on it.
  return config.evict_after + network.silence_max + config.keepalive_interval +
         2 * service_patience + config.retry_delay_max + seconds(30);
}

}  // namespace syncline::sim
