#include "sim/checkers/liveness.h"

namespace syncline::checkers {

using history::to_text;

void Liveness::on(const history::ClientFinal& event) {
  ++finals_;
  const std::string who = to_text(event.client);
  if (!event.connected) return violate(who + " is not connected in the end", Verdict::liveness);
  if (!event.synced) violate(who + " is not synced in the end", Verdict::liveness);
  if (event.unsaved_edits == 0) return;
  violate(who + " still has " + std::to_string(event.unsaved_edits) + " unsaved edits in the end",
          Verdict::liveness);
}

void Liveness::on(const history::ReplicaSeen& event) {
  if (!time_is_up_ || !event.state.pending) return;
  violate("something of " + to_text(event.document) + " still waits at " + to_text(event.party) +
              " in the end",
          Verdict::liveness);
}

void Liveness::on(const history::ColdRead& event) {
  if (!event.at_end) return;
  ++cold_reads_;
  if (!event.from_log.pending && !event.from_snapshot.pending) return;
  violate("the store lacks something that the rest of " + to_text(event.document) + " waits for",
          Verdict::liveness);
}

void Liveness::on(const history::Ended&) {
  if (time_is_up_ && finals_ > 0 && cold_reads_ > 0) return;
  violate("the run ended without a look at its end", Verdict::liveness);
}

}  // namespace syncline::checkers
