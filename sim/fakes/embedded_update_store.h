#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/ports/update_store.h"
#include "sim/services/document_numbers.h"
#include "sim/services/embedded_store.h"

namespace syncline::sim {

// The log in the embedded store, for one shard.
class EmbeddedUpdateStore final : public ports::UpdateStore, public EmbeddedClient {
 public:
  // Both must outlive it.
  EmbeddedUpdateStore(EmbeddedStore& store, DocumentNumbers& numbers)
      : store_(store), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::UpdateStoreSink& sink) { sink_ = &sink; }

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum) override;
  void read_log(RequestToken token, const DocumentName& document, Sequence after,
                std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;

  void on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) override;

 private:
  EmbeddedStore& store_;
  DocumentNumbers& numbers_;
  ports::UpdateStoreSink* sink_ = nullptr;
};

}  // namespace syncline::sim
