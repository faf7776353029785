#include "sim/checkers/causality.h"

#include <optional>

namespace syncline::checkers {

using client::ScannedId;
using client::ScannedRun;
using history::to_text;

Dependencies& Causality::document(history::DocumentNumber number) {
  if (number.value >= documents_.size()) documents_.resize(number.value + 1);
  return documents_[number.value];
}

void Causality::on(const history::ClientEdited& event) {
  if (!client::scan_update(event.update, scan_).ok() || !vector_.read(event.depends_on)) {
    return violate(to_text(event.client) + " wrote what cannot be read");
  }
  for (const ScannedRun& run : scan_.runs) {
    for (const std::optional<ScannedId>& on : {run.origin, run.right_origin, run.parent}) {
      if (on) judge_author(event, run, *on);
    }
  }
  document(event.document).add(scan_);
}

void Causality::judge_author(const history::ClientEdited& event, const ScannedRun& run,
                             const ScannedId& on) {
  // A replica has the clocks of one client without gaps.
  const std::uint64_t seen = on.client == run.client ? run.clock : vector_.clock_of(on.client);
  if (on.clock < seen) return;
  violate(to_text(event.client) + " wrote " + std::to_string(run.client) + ":" +
          std::to_string(run.clock) + " of " + to_text(event.document) + " beside " +
          std::to_string(on.client) + ":" + std::to_string(on.clock) + ", which it had not seen");
}

void Causality::on(const history::ReplicaSeen& event) {
  judge(event.party, event.document, event.state.state_vector);
}

void Causality::on(const history::ColdRead& event) {
  judge({history::PartyKind::cold_reader, 1}, event.document, event.from_log.state_vector);
  judge({history::PartyKind::cold_reader, 2}, event.document, event.from_snapshot.state_vector);
}

void Causality::judge(history::Party party, history::DocumentNumber number,
                      BytesView state_vector) {
  if (!vector_.read(state_vector)) return;
  const Dependencies& all = document(number);
  Replica& replica = replicas_[{party, number}];
  // Less than before: another process, or another session.
  if (vector_.first_beyond(replica.had) != nullptr) replica.next.clear();
  for (const Known& known : vector_.entries()) {
    const auto& dependencies = all.of(known.client);
    if (dependencies.empty()) continue;
    for (std::size_t& at = replica.next[known.client]; at < dependencies.size(); ++at) {
      const Dependencies::Dependency& next = dependencies[at];
      if (next.clock >= known.clock) break;
      if (next.on_clock < vector_.clock_of(next.on_client)) continue;
      violate(to_text(party) + " has " + std::to_string(known.client) + ":" +
              std::to_string(next.clock) + " of " + to_text(number) + ", but not " +
              std::to_string(next.on_client) + ":" + std::to_string(next.on_clock) +
              ", on which it stands");
    }
  }
  std::swap(replica.had, vector_);
}

}  // namespace syncline::checkers
