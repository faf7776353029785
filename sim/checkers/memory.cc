#include "sim/checkers/memory.h"

namespace syncline::checkers {

using history::to_text;

void Memory::on(const history::MemorySeen& event) {
  judge(event.party, "in rings", event.ring_bytes, bounds_.ring_bytes_max);
  judge(event.party, "that are not in the log", event.unlogged_bytes, bounds_.unlogged_bytes_max);
  judge(event.party, "that wait for others", event.pending_bytes, bounds_.pending_bytes_max);
  judge(event.party, "in the queue of one connection", event.send_queue_bytes_max,
        bounds_.send_queue_bytes_max);
  judge(event.party, "in documents", event.document_bytes, bounds_.document_bytes_max);
}

void Memory::judge(history::Party party, std::string_view what, std::uint64_t bytes,
                   std::uint64_t max) {
  if (bytes <= max) return;
  violate(to_text(party) + " holds " + std::to_string(bytes) + " bytes " + std::string(what) +
          "; " + std::to_string(max) + " are allowed");
}

void Memory::on(const history::LeftBehind& event) {
  const auto left = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    violate(to_text(event.party) + " still has " + std::to_string(count) + " " + std::string(what) +
            " after everybody has left");
  };
  left(event.rooms, "rooms");
  left(event.connections, "connections");
  left(event.subscriptions, "subscriptions");
  left(event.bytes, "bytes");
}

}  // namespace syncline::checkers
