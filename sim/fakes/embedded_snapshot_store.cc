#include "sim/fakes/embedded_snapshot_store.h"

#include <optional>
#include <utility>

namespace syncline::sim {

void EmbeddedSnapshotStore::read_snapshot(RequestToken token, const DocumentName& document,
                                          Sequence before) {
  store_.read(ReadSnapshot{.document = numbers_.number_of(document), .before = before}, *this,
              token.value);
}

void EmbeddedSnapshotStore::write_snapshot(RequestToken token, const DocumentName& document,
                                           ports::Snapshot snapshot) {
  store_.write(
      WriteSnapshot{.document = numbers_.number_of(document), .snapshot = std::move(snapshot)},
      *this, token.value);
}

void EmbeddedSnapshotStore::on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) {
  const RequestToken token{ticket};
  if (const auto* outcome = std::get_if<ports::SnapshotOutcome>(&answer)) {
    return sink_->on_snapshot_written(token, *outcome);
  }
  sink_->on_snapshot_read(token, std::get<std::optional<ports::Snapshot>>(std::move(answer)));
}

}  // namespace syncline::sim
