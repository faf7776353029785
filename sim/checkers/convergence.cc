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
  StateDigests elements = first.elements;
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
  const bool same_elements = first.elements.all == elements.all;
  if (!same_elements || first.reading != reading) {
    const std::string what = !same_elements ? "hold other elements" : "read otherwise";
    violate(to_text(party) + " has seen of " + to_text(document) + " exactly what " +
            to_text(first.party) + " had at " + to_text(first.at) + ", but they " + what + ": " +
            std::string(state.reading.substr(0, 200)));
  }
  if (time_is_up_) judge_final(party, document, state, elements.without_formats, reading);
}

void Convergence::judge_final(history::Party party, history::DocumentNumber document,
                              const history::ReplicaState& state, std::uint64_t elements,
                              std::uint64_t reading) {
  const auto found =
      finals_.try_emplace(document, Final{elements, reading, to_bytes(state.state_vector), party})
          .first;
  const Final& first = found->second;
  const bool same_writing = std::ranges::equal(state.state_vector, first.state_vector);
  if (same_writing && first.elements == elements && first.reading == reading) return;
  violate("in the end " + to_text(party) + " has of " + to_text(document) + " " +
          client::state_vector_text(state.state_vector, {}) + ", and " + to_text(first.party) +
          " has " + client::state_vector_text(first.state_vector, {}) +
          (same_writing ? ", with other deletions" : ""));
}

}  // namespace syncline::checkers
