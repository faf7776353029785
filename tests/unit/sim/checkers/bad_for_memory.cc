#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

constexpr CheckerOptions bounded = {.memory = {.ring_bytes_max = 100,
                                               .unlogged_bytes_max = 100,
                                               .pending_bytes_max = 100,
                                               .send_queue_bytes_max = 100,
                                               .document_bytes_max = 100}};

history::MemorySeen at_the_bounds() {
  return {.party = node_party(1),
          .ring_bytes = 100,
          .unlogged_bytes = 100,
          .pending_bytes = 100,
          .send_queue_bytes_max = 100,
          .document_bytes = 100};
}

template <std::uint64_t history::MemorySeen::*size>
void one_byte_more(Story& story) {
  auto seen = at_the_bounds();
  story.tell(seen);
  seen.*size = 101;
  story.tell(seen);
}

template <std::uint64_t history::LeftBehind::*count>
void left_behind(Story& story) {
  history::LeftBehind left{
      .party = node_party(1), .rooms = 0, .connections = 0, .subscriptions = 0, .bytes = 0};
  story.tell(left);
  left.*count = 3;
  story.tell(left);
}

}  // namespace

std::vector<BadHistory> bad_for_memory() {
  using history::LeftBehind;
  using history::MemorySeen;
  return {
      {"memory", "101 bytes in rings", "rings", one_byte_more<&MemorySeen::ring_bytes>, bounded},
      {"memory", "101 bytes that are not in the log", "unlogged",
       one_byte_more<&MemorySeen::unlogged_bytes>, bounded},
      {"memory", "101 bytes that wait", "pending", one_byte_more<&MemorySeen::pending_bytes>,
       bounded},
      {"memory", "101 bytes in the queue", "queue",
       one_byte_more<&MemorySeen::send_queue_bytes_max>, bounded},
      {"memory", "101 bytes in documents", "documents", one_byte_more<&MemorySeen::document_bytes>,
       bounded},
      {"memory", "node-1 still has 3 rooms", "rooms_left", left_behind<&LeftBehind::rooms>},
      {"memory", "node-1 still has 3 connections", "connections_left",
       left_behind<&LeftBehind::connections>},
      {"memory", "node-1 still has 3 subscriptions", "subscriptions_left",
       left_behind<&LeftBehind::subscriptions>},
      {"memory", "node-1 still has 3 bytes", "bytes_left", left_behind<&LeftBehind::bytes>},
  };
}

}  // namespace syncline::checkers
