#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/ports/update_store.h"
#include "sim/fakes/postgres_pool.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// The log in PostgreSQL, for one shard.
//
// Group commit: one transaction of appends at a time; everything that is asked for while it runs
// goes into the next. So the number of transactions does not grow with the number of updates, and
// what one shard appends to a document stays in order.
class PostgresUpdateStore final : public ports::UpdateStore, public PostgresCaller {
 public:
  // Both must outlive it.
  PostgresUpdateStore(PostgresPool& pool, DocumentNumbers& numbers)
      : pool_(pool), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::UpdateStoreSink& sink) { sink_ = &sink; }

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum) override;
  void read_log(RequestToken token, const DocumentName& document, Sequence after,
                std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;

  void on_postgres_reply(std::uint64_t ticket, PostgresReply reply) override;

 private:
  void commit_waiting();
  void on_committed(PostgresReply& reply);
  void on_heads(RequestToken token, PostgresReply& reply);

  PostgresPool& pool_;
  DocumentNumbers& numbers_;
  ports::UpdateStoreSink* sink_ = nullptr;

  // tokens and rows belong together, in the order of the calls.
  std::vector<RequestToken> waiting_tokens_;
  AppendRows waiting_;
  std::vector<RequestToken> running_tokens_;  // Not empty: a transaction is on its way.
};

}  // namespace syncline::sim
