#pragma once

#include <functional>
#include <span>
#include <vector>

#include "server/adapters/postgres/connection.h"
#include "server/adapters/store/answer.h"
#include "server/base/ids.h"
#include "server/ports/drain_store.h"

// Each is one transaction, and throws what pqxx throws: for use within Connection::attempt().

namespace syncline::adapters::postgres {

// To be called once on each new connection that writes.
void prepare_writes(pqxx::connection& connection);

// Appends all, and returns their sequence numbers in the order of the requests.
std::vector<Sequence> append(pqxx::connection& connection,
                             std::span<const store::AppendRequest> requests);

// True if it was written, false if it is stale.
bool write_snapshot(pqxx::connection& connection, const store::SnapshotRequest& request);

// As ports::HistoryStore::forget().
ports::ForgetResult forget(pqxx::connection& connection, const store::ForgetRequest& request);

// Appends what is not in the log yet, and returns the heads of the logs, one for each batch. Calls
// `answered` after each of its statements.
std::vector<Sequence> drain(pqxx::connection& connection,
                            const std::vector<ports::DrainBatch>& batches,
                            const std::function<void()>& answered);

}  // namespace syncline::adapters::postgres
