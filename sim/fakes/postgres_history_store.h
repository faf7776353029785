#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "server/ports/history_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// History in PostgreSQL, for one worker.
class PostgresHistoryStore final : public ports::HistoryStore, public PostgresCaller {
 public:
  // Both must outlive it.
  PostgresHistoryStore(PostgresPool& pool, DocumentNumbers& numbers)
      : pool_(pool), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::HistoryStoreSink& sink) { sink_ = &sink; }

  void find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                     std::size_t count_max, ports::HistoryAge age) override;
  void forget(RequestToken token, const DocumentName& document,
              const ports::Forgetting& forgetting) override;

  void on_postgres_reply(std::uint64_t ticket, PostgresReply reply) override;

 private:
  PostgresPool& pool_;
  DocumentNumbers& numbers_;
  ports::HistoryStoreSink* sink_ = nullptr;
  // The last document of each page that is asked for; nullopt: there are no more after it.
  std::map<RequestToken, std::optional<DocumentNumber>> pages_;
};

}  // namespace syncline::sim
