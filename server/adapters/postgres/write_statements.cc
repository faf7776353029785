#include "server/adapters/postgres/write_statements.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>

#include "server/adapters/postgres/text_format.h"
#include "server/base/assert.h"

namespace syncline::adapters::postgres {
namespace {

// Of a document, those that were drained last.
constexpr int lineages_kept = 8;

// {1,2,3}
std::vector<Sequence> sequences_of(std::string_view text, std::size_t count) {
  std::vector<Sequence> sequences;
  sequences.reserve(count);
  std::uint64_t number = 0;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      number = 10 * number + static_cast<std::uint64_t>(c - '0');
    } else {
      sequences.push_back(Sequence{number});
      number = 0;
    }
  }
  return sequences;
}

// What one document's part of a drain comes to.
struct DrainedDocument {
  std::int64_t id = 0;
  std::int64_t head = 0;
  std::int64_t more_rows = 0;
  std::int64_t more_bytes = 0;
  std::map<std::uint64_t, std::uint64_t> through;  // By lineage.
  std::set<std::uint64_t> moved;                   // The lineages that got further.
};

std::vector<DrainedDocument> begin_drain(pqxx::transaction_base& transaction,
                                         const std::vector<ports::DrainBatch>& batches) {
  ArrayText names;
  for (const ports::DrainBatch& batch : batches) names.add(batch.document.text());
  std::vector<DrainedDocument> documents(batches.size());
  for (const auto& row : transaction.exec_prepared("begin_drain", names.take())) {
    DrainedDocument& document = documents.at(row[0].as<std::size_t>() - 1);
    document.id = row[1].as<std::int64_t>();
    document.head = row[2].as<std::int64_t>();
    if (row[3].is_null()) continue;
    document.through[to_unsigned(row[3].as<std::int64_t>())] =
        to_unsigned(row[4].as<std::int64_t>());
  }
  return documents;
}

// COPY into the table of updates.
pqxx::stream_to stream_updates(pqxx::transaction_base& transaction) {
#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
  const std::vector<std::string> columns = {"document_id", "sequence", "checksum", "data"};
  return pqxx::stream_to(transaction, "updates", columns);
#else
  return pqxx::stream_to::table(transaction, {"updates"},
                                {"document_id", "sequence", "checksum", "data"});
#endif
}

// Streams the rows that are new, and notes what they come to.
void copy_updates(pqxx::transaction_base& transaction,
                  const std::vector<ports::DrainBatch>& batches,
                  std::vector<DrainedDocument>& documents) {
  pqxx::stream_to rows = stream_updates(transaction);
  std::string data;
  for (std::size_t at = 0; at < batches.size(); ++at) {
    DrainedDocument& document = documents[at];
    for (const ports::BufferRecord& record : batches[at].records) {
      std::uint64_t& through = document.through[record.position.lineage];
      if (record.position.offset <= through) continue;
      through = record.position.offset;
      document.moved.insert(record.position.lineage);
      ++document.more_rows;
      document.more_bytes += static_cast<std::int64_t>(record.update.size());
      data.clear();
      append_bytea_text(data, record.update.view());
      rows << std::make_tuple(document.id, document.head + document.more_rows,
                              to_signed(record.checksum), data);
    }
  }
  rows.complete();
}

void end_drain(pqxx::transaction_base& transaction, const std::vector<DrainedDocument>& documents) {
  ArrayText ids;
  ArrayText more_rows;
  ArrayText more_bytes;
  ArrayText lineage_ids;
  ArrayText lineages;
  ArrayText throughs;
  for (const DrainedDocument& document : documents) {
    if (document.more_rows == 0) continue;
    ids.add(document.id);
    more_rows.add(document.more_rows);
    more_bytes.add(document.more_bytes);
    for (const std::uint64_t lineage : document.moved) {
      lineage_ids.add(document.id);
      lineages.add(to_signed(lineage));
      throughs.add(to_signed(document.through.at(lineage)));
    }
  }
  transaction.exec_prepared("end_drain", ids.take(), more_rows.take(), more_bytes.take(),
                            lineage_ids.take(), lineages.take(), throughs.take());
}

// Each loss of the buffer leaves a row behind. The newest are kept: a worker that was stopped for
// long may still drain what it read before. So are those of entries that the buffer still has.
void forget_old_lineages(pqxx::transaction_base& transaction,
                         const std::vector<ports::DrainBatch>& batches,
                         const std::vector<DrainedDocument>& documents) {
  for (std::size_t at = 0; at < documents.size(); ++at) {
    const auto& lineages = documents[at].through;
    if (lineages.size() <= std::size_t{lineages_kept}) continue;
    std::set<std::uint64_t> here;
    for (const ports::BufferRecord& record : batches[at].records) {
      here.insert(record.position.lineage);
    }
    ArrayText old;
    const auto first_kept = std::prev(lineages.end(), lineages_kept);
    for (auto lineage = lineages.begin(); lineage != first_kept; ++lineage) {
      if (!here.contains(lineage->first)) old.add(to_signed(lineage->first));
    }
    transaction.exec_prepared("forget_lineages", documents[at].id, old.take());
  }
}

}  // namespace

void prepare_writes(pqxx::connection& connection) {
  connection.prepare("append", "SELECT append($1::text[], $2::bigint[], $3::bytea[])");
  connection.prepare("snapshot",
                     "SELECT write_snapshot($1::text, $2::bigint, $3::bigint, $4::bytea)");
  connection.prepare("forget",
                     "SELECT gone[1], gone[2] FROM forget($1::text, $2::bigint, $3::bigint, "
                     "$4::bigint, $5::bigint, $6::bigint, $7::bigint) AS gone");
  connection.prepare("begin_drain", "SELECT * FROM begin_drain($1::text[])");
  connection.prepare("end_drain",
                     "SELECT end_drain($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "
                     "$5::bigint[], $6::bigint[])");
  connection.prepare(
      "forget_lineages",
      "DELETE FROM drained WHERE document_id = $1::bigint AND lineage = ANY ($2::bigint[])");
}

// One statement without BEGIN and COMMIT: one round trip. It takes the documents in the order of
// their names, which is that of all who lock several.
std::vector<Sequence> append(pqxx::connection& connection,
                             std::span<const store::AppendRequest> requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t at) -> const std::string& {
    return requests[at].document.text();
  });
  ArrayText names;
  ArrayText checksums;
  ArrayText updates;
  for (const std::size_t at : order) {
    const store::AppendRequest& request = requests[at];
    names.add(request.document.text());
    checksums.add(to_signed(request.checksum));
    updates.add(request.update.view());
  }
  pqxx::nontransaction statement(connection);
  const pqxx::result result =
      statement.exec_prepared("append", names.take(), checksums.take(), updates.take());
  const std::vector<Sequence> sorted = sequences_of(result[0][0].c_str(), requests.size());
  SYNCLINE_ASSERT(sorted.size() == order.size(), sorted.size(), order.size());
  std::vector<Sequence> sequences(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) sequences[order[i]] = sorted[i];
  return sequences;
}

bool write_snapshot(pqxx::connection& connection, const store::SnapshotRequest& request) {
  pqxx::nontransaction statement(connection);
  const pqxx::result result = statement.exec_prepared(
      "snapshot", request.document.text(), to_signed(request.snapshot.sequence.value),
      to_signed(request.snapshot.checksum), bytea_text(request.snapshot.state.view()));
  return result[0][0].as<bool>();
}

ports::ForgetResult forget(pqxx::connection& connection, const store::ForgetRequest& request) {
  const ports::Forgetting& what = request.forgetting;
  pqxx::nontransaction statement(connection);
  const pqxx::result result = statement.exec_prepared(
      "forget", request.document.text(), to_signed(what.older.sequence.value),
      to_signed(what.older.checksum), to_signed(what.newer.sequence.value),
      to_signed(what.newer.checksum), to_signed(what.through.value),
      std::int64_t{std::chrono::ceil<seconds>(what.retention).count()});
  if (result[0][0].is_null()) return {.outcome = ports::ForgetOutcome::stale};
  return {.outcome = ports::ForgetOutcome::done,
          .updates = result[0][0].as<std::size_t>(),
          .bytes = result[0][1].as<std::size_t>()};
}

std::vector<Sequence> drain(pqxx::connection& connection,
                            const std::vector<ports::DrainBatch>& batches,
                            const std::function<void()>& answered) {
  pqxx::work transaction(connection);
  std::vector<DrainedDocument> documents = begin_drain(transaction, batches);
  answered();
  copy_updates(transaction, batches, documents);
  answered();
  end_drain(transaction, documents);
  forget_old_lineages(transaction, batches, documents);
  answered();
  transaction.commit();
  std::vector<Sequence> heads;
  heads.reserve(documents.size());
  for (const DrainedDocument& document : documents) {
    heads.push_back(Sequence{to_unsigned(document.head + document.more_rows)});
  }
  return heads;
}

}  // namespace syncline::adapters::postgres
