#include "sim/checkers/liveness.h"

#include <algorithm>

namespace syncline::checkers {

using history::to_text;

void Liveness::on(const history::ClientEdited& event) {
  documents_[event.document].written.add(event.ids.inserted);
}

void Liveness::on(const history::ClientFinal& event) {
  ++finals_;
  documents_[event.document].sessions.insert(event.client_id);
  const std::string who = to_text(event.client);
  if (!event.connected) return violate(who + " is not connected in the end", Verdict::liveness);
  if (!event.synced) violate(who + " is not synced in the end", Verdict::liveness);
  if (event.unsaved_edits == 0) return;
  violate(who + " still has " + std::to_string(event.unsaved_edits) + " unsaved edits in the end",
          Verdict::liveness);
}

void Liveness::on(const history::ReplicaSeen& event) {
  if (!time_is_up_ || !event.state.pending) return;
  documents_[event.document].waiting.push_back("something of " + to_text(event.document) +
                                               " still waits at " + to_text(event.party) +
                                               " in the end");
}

void Liveness::on(const history::ColdRead& event) {
  if (!event.at_end) return;
  ++cold_reads_;
  Document& document = documents_[event.document];
  if (client::scan_update(event.from_log.encoded, scan_).ok()) document.logged.add(scan_.runs);
  if (!event.from_log.pending && !event.from_snapshot.pending) return;
  document.waiting.push_back("the store lacks something that the rest of " +
                             to_text(event.document) + " waits for");
}

bool Liveness::lacks_what_is_gone(const Document& document) {
  const client::IdRanges lost = document.written.without({&document.logged});
  return !lost.empty() && std::ranges::none_of(lost.by_client(), [&](const auto& of_client) {
    return document.sessions.contains(of_client.first);
  });
}

void Liveness::on(const history::Ended&) {
  for (const auto& [number, document] : documents_) {
    if (document.waiting.empty() || lacks_what_is_gone(document)) continue;
    for (const std::string& sentence : document.waiting) violate(sentence, Verdict::liveness);
  }
  if (time_is_up_ && finals_ > 0 && cold_reads_ > 0) return;
  violate("the run ended without a look at its end", Verdict::liveness);
}

}  // namespace syncline::checkers
