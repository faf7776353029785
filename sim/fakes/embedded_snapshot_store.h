#pragma once

#include <cstdint>

#include "server/ports/snapshot_store.h"
#include "sim/services/document_numbers.h"
#include "sim/services/embedded_store.h"

namespace syncline::sim {

// Snapshots in the embedded store, for one shard.
class EmbeddedSnapshotStore final : public ports::SnapshotStore, public EmbeddedClient {
 public:
  // Both must outlive it.
  EmbeddedSnapshotStore(EmbeddedStore& store, DocumentNumbers& numbers)
      : store_(store), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::SnapshotStoreSink& sink) { sink_ = &sink; }

  void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) override;
  void write_snapshot(RequestToken token, const DocumentName& document,
                      ports::Snapshot snapshot) override;

  void on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) override;

 private:
  EmbeddedStore& store_;
  DocumentNumbers& numbers_;
  ports::SnapshotStoreSink* sink_ = nullptr;
};

}  // namespace syncline::sim
