#include "sim/checkers/snapshots.h"

#include <algorithm>

#include "sim/checkers/json_digest.h"

namespace syncline::checkers {

using history::to_text;

void Snapshots::on(const history::LogAppended& event) {
  if (!client::scan_update(event.update, scan_).ok()) return;  // Durability says so.
  Document& document = documents_[event.document];
  document.log.add(scan_);
  document.after.emplace_back().add(scan_);
}

void Snapshots::on(const history::SnapshotWritten& event) {
  Document& document = documents_[event.document];
  const std::uint64_t sequence = event.sequence.value;
  const std::string which = "the snapshot of " + to_text(event.document) + " at " +
                            std::to_string(sequence) + " by " + to_text(event.writer);
  if (sequence < document.sequence) {
    return violate(which + " replaces one at " + std::to_string(document.sequence));
  }
  if (sequence > document.sequence + document.after.size()) {
    return violate(which + " is ahead of the log");
  }
  if (!client::scan_update(event.state, scan_).ok()) return violate(which + " cannot be read");
  for (; document.sequence < sequence; ++document.sequence) {
    document.through.add(document.after.front());
    document.after.pop_front();
  }
  EditSet state;
  state.add(scan_);
  if (const auto missing = document.through.without({&state}); !missing.empty()) {
    violate(which + " lacks " + missing.to_string({}));
  }
  if (const auto early = state.without({&document.log}); !early.inserted.empty()) {
    violate(which + " has " + early.inserted.to_string({}) + ", which is not in the log");
  }
}

void Snapshots::on(const history::ColdRead& event) {
  const history::ReplicaState& whole = event.from_log;
  const history::ReplicaState& shortened = event.from_snapshot;
  const std::string which =
      "the newest snapshot of " + to_text(event.document) + " and the log after it ";
  if (!std::ranges::equal(whole.state_vector, shortened.state_vector)) {
    return violate(which + "have " + client::state_vector_text(shortened.state_vector, {}) +
                   "; the whole log has " + client::state_vector_text(whole.state_vector, {}));
  }
  if (whole.pending != shortened.pending) return violate(which + "wait for something else");
  if (!std::ranges::equal(whole.delete_set, shortened.delete_set)) {
    violate(which + "have other deletions than the whole log");
  } else if (digest_json(whole.reading) != digest_json(shortened.reading)) {
    violate(which + "read otherwise than the whole log");
  }
}

}  // namespace syncline::checkers
