#include "sim/checkers/convergence.h"

#include "sim/checkers/digest.h"
#include "sim/checkers/json_digest.h"

namespace syncline::checkers {

using history::to_text;

void Convergence::on(const history::ReplicaSeen& event) {
  judge(event.party, event.document, event.state);
}

void Convergence::on(const history::ColdRead& event) {
  judge({history::PartyKind::cold_reader, 1}, event.document, event.from_log);
  judge({history::PartyKind::cold_reader, 2}, event.document, event.from_snapshot);
}

void Convergence::judge(history::Party party, history::DocumentNumber document,
                        const history::ReplicaState& state) {
  if (state.pending) return;
  const std::uint64_t key =
      digest_of(state.delete_set, digest_of(state.state_vector, document.value));
  Seen& first = seen_[key];
  const std::uint64_t encoded = digest_of(state.encoded);
  const std::uint64_t reading = digest_json(state.reading);
  const bool same_bytes = first.known && first.encoded == encoded;
  std::uint64_t elements = first.elements;
  if (!same_bytes) {
    if (!client::scan_update(state.encoded, scan_).ok()) {
      return violate("the state of " + to_text(document) + " at " + to_text(party) +
                     " cannot be read");
    }
    elements = digest_(scan_);
  }
  if (!first.known) {
    first = {.encoded = encoded,
             .elements = elements,
             .reading = reading,
             .party = party,
             .at = now(),
             .known = true};
  }
  if (first.elements != elements || first.reading != reading) {
    const std::string what = first.elements != elements ? "hold other elements" : "read otherwise";
    violate(to_text(party) + " has seen of " + to_text(document) + " exactly what " +
            to_text(first.party) + " had at " + to_text(first.at) + ", but they " + what + ": " +
            std::string(state.reading.substr(0, 200)));
  }
  if (time_is_up_) judge_final(party, document, state, key);
}

void Convergence::judge_final(history::Party party, history::DocumentNumber document,
                              const history::ReplicaState& state, std::uint64_t key) {
  const auto [found, is_first] =
      finals_.try_emplace(document, Final{key, to_bytes(state.state_vector), party});
  const Final& first = found->second;
  if (is_first || first.key == key) return;
  violate(
      "in the end " + to_text(party) + " has of " + to_text(document) + " " +
      client::state_vector_text(state.state_vector, {}) + ", and " + to_text(first.party) +
      " has " + client::state_vector_text(first.state_vector, {}) +
      (std::ranges::equal(state.state_vector, first.state_vector) ? ", with other deletions" : ""));
}

}  // namespace syncline::checkers
