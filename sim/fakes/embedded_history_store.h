#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "server/ports/history_store.h"
#include "sim/services/document_numbers.h"
#include "sim/services/embedded_store.h"

namespace syncline::sim {

// History in the embedded store, for the node's own worker.
class EmbeddedHistoryStore final : public ports::HistoryStore, public EmbeddedClient {
 public:
  // Both must outlive it.
  EmbeddedHistoryStore(EmbeddedStore& store, DocumentNumbers& numbers)
      : store_(store), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::HistoryStoreSink& sink) { sink_ = &sink; }

  void find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                     std::size_t count_max, ports::HistoryAge age) override;
  void forget(RequestToken token, const DocumentName& document,
              const ports::Forgetting& forgetting) override;

  void on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) override;

 private:
  EmbeddedStore& store_;
  DocumentNumbers& numbers_;
  ports::HistoryStoreSink* sink_ = nullptr;
  // The last document of each page that is asked for; nullopt: there are no more after it.
  std::map<RequestToken, std::optional<DocumentNumber>> pages_;
};

}  // namespace syncline::sim
