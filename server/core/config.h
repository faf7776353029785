#pragma once

#include <chrono>
#include <cstddef>

#include "server/base/instant.h"
#include "server/base/limits.h"

namespace syncline::core {

using std::chrono::minutes;

// What an operator may set about rooms and connections; each field is an option of `serve`. The
// same for all shards of a node; constant while the node runs. Counts are for the whole node unless
// they say otherwise; a shard gets its share from the app.
struct Config {
  // Admission.
  std::size_t connections_max = 20'000;  // Per shard.
  std::size_t connections_per_document_max = 5'000;
  std::size_t documents_max = 50'000;  // Open at once, per shard.

  // Handoff: on SIGTERM, connections are moved off one by one over so long, so that they do not all
  // come to another node at once. Zero: all at once; for a node that is alone.
  Duration handoff_spread = Duration::zero();

  // Inbound.
  std::size_t message_bytes_max = limits::message_bytes_max;
  std::size_t pending_bytes_max = limits::pending_bytes_max;
  // Accepted and not yet durable, per document; beyond it the room stops reading from its writers.
  std::size_t unlogged_bytes_max = 8 * limits::mebibyte;
  // The same of all documents together, per shard.
  std::size_t unlogged_total_bytes_max = 512 * limits::mebibyte;
  // A connection that has not been read for so long, because what it wrote cannot be made durable,
  // is closed (1013): its client keeps its edits and says that it is not connected.
  Duration held_back_max = seconds(60);

  // Outbound.
  // Given to one socket and not yet taken by the operating system.
  std::size_t send_window_bytes = 256 * limits::kibibyte;
  // Encoded frames a room keeps for its connections; who falls behind gets a merged catch-up
  // instead.
  std::size_t ring_bytes_max = 4 * limits::mebibyte;
  std::size_t ring_frames_max = 4096;
  std::size_t first_sync_chunk_bytes = 256 * limits::kibibyte;
  // Encoded first syncs and catch-ups that are on their way, per shard; more wait for their turn.
  std::size_t catch_up_bytes_max = 256 * limits::mebibyte;
  // A whole state must leave at this rate at least, or the client is closed as too slow (1013): it
  // holds the encoded state in memory.
  std::size_t sync_bytes_per_second_min = 16 * limits::kibibyte;
  // A connection whose socket takes nothing for so long is closed (1013).
  Duration write_stall_max = seconds(60);
  // y-websocket clients give up after 30 s without a data frame.
  Duration keepalive_interval = seconds(18);

  // Storage.
  Duration evict_after = seconds(30);  // Without a connection.
  // Without a change or a first sync: kept as its encoded state, though people have it open.
  Duration fold_after = seconds(60);
  Duration snapshot_interval = seconds(30);  // Of activity.
  std::size_t snapshot_updates_min = 64;     // Fewer new updates are not worth one.
  std::size_t log_page_bytes = 512 * limits::kibibyte;
  Duration retry_delay_min = milliseconds(100);  // After a failed append; doubled up to the max.
  Duration retry_delay_max = seconds(5);
  Duration load_timeout = seconds(60);
  // How long a gap in the sequence may wait for the broker before the log is read.
  Duration gap_repair_delay = milliseconds(50);
  // Compare all open documents with what is durable this often (jittered): with the log's heads, or
  // with the write buffer's where there is one. Zero: never; for a process that is the only writer.
  Duration anti_entropy_interval = Duration::zero();

  // The write buffer (durability=buffer).
  // In the buffer and not known to be in the log, per document; beyond it the room stops reading
  // from its writers.
  std::size_t undrained_bytes_max = 8 * limits::mebibyte;
  // The same of all documents together, per shard.
  std::size_t undrained_total_bytes_max = 512 * limits::mebibyte;
  // Documents with something of that kind are compared with the buffer this often.
  Duration undrained_check_interval = seconds(1);
  // Compare with the log's heads this often (jittered), though the buffer brings everything: a
  // worker that was stopped for long may write what the buffer has forgotten.
  Duration log_check_interval = seconds(30);
  // While the buffer takes nothing, commit updates to the log directly. Otherwise they are held
  // until it is back.
  bool commit_without_buffer = false;
  // After the buffer forgot something: what other nodes appended is appended again by this one if
  // they have not done so for this long, or up to twice as long.
  Duration doubt_delay = seconds(2);

  // Awareness.
  std::size_t awareness_state_bytes_max = limits::awareness_state_bytes_max;
  std::size_t awareness_clients_per_connection_max = limits::awareness_clients_per_connection_max;
  // States that came from other nodes are dropped if not renewed for so long (clients: every 15 s).
  Duration awareness_remote_timeout = seconds(30);

  // Documents keep deleted content instead of collecting it.
  bool keep_deleted_content = false;
};

}  // namespace syncline::core
