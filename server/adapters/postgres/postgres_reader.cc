#include "server/adapters/postgres/postgres_reader.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <random>
#include <utility>

#include "server/adapters/postgres/connection.h"
#include "server/adapters/postgres/text_format.h"
#include "server/base/backoff.h"

namespace syncline::adapters {
namespace {

using postgres::ArrayText;
using postgres::to_signed;
using postgres::to_unsigned;

// A page holds at most so many records.
constexpr int page_records_max = 20'000;
// A snapshot above this is asked for by itself, with the time that its size needs.
constexpr std::int64_t small_snapshot_bytes_max = 4 * std::int64_t{limits::mebibyte};

// Sequence numbers are signed in the database; "the newest of all" is beyond them.
std::int64_t bounded(Sequence sequence) {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return to_signed(std::min(sequence.value, max));
}

std::string_view text_of(const pqxx::field& field) { return {field.c_str(), field.size()}; }

// Of each document a few rows, found by their keys; a row also for those with nothing to forget, so
// that the last one looked at is known.
void prepare_old_logs(pqxx::connection& connection) {
  const std::string is_old =
      "written_s < (date_part('epoch', now()) - 1577836800)::bigint - $4::bigint";
  connection.prepare(
      "old_logs",
      "SELECT page.name, page.head, oldest.sequence, due.sequence, "
      "  due.sequence IS NOT NULL AND (snapshot.newest IS NULL OR snapshot.newest < page.head "
      "                                OR coalesce(snapshot.older, 0) >= oldest.sequence) "
      "FROM (SELECT id, name, head FROM documents WHERE name > $1::text "
      "      ORDER BY name LIMIT $2::bigint) AS page "
      "LEFT JOIN LATERAL (SELECT * FROM (SELECT sequence, written_s FROM updates "
      "                   WHERE document_id = page.id ORDER BY sequence LIMIT 1) AS first "
      "                   WHERE sequence < page.head AND " +
          is_old +
          ") AS oldest ON true "
          "LEFT JOIN LATERAL (SELECT sequence FROM updates WHERE oldest.sequence IS NOT NULL "
          "                   AND document_id = page.id "
          "                   AND sequence IN (page.head, oldest.sequence + $3::bigint - 1) AND " +
          is_old +
          "                   ORDER BY sequence DESC LIMIT 1) AS due ON true "
          "LEFT JOIN LATERAL (SELECT max(sequence) AS newest, "
          "                          CASE WHEN count(*) = 2 THEN min(sequence) END AS older "
          "                   FROM (SELECT sequence FROM snapshots WHERE document_id = page.id "
          "                         ORDER BY sequence DESC LIMIT 2) AS newest_two) "
          "                   AS snapshot ON true "
          "ORDER BY page.name");
}

void prepare_reads(pqxx::connection& connection) {
  const std::string entry =
      "SELECT name, head, log_bytes - coalesce(forgotten.bytes, 0), created_at_ms, updated_at_ms, "
      "coalesce(forgotten.through, 0) FROM documents "
      "LEFT JOIN forgotten ON forgotten.document_id = documents.id ";
  connection.prepare("list", entry +
                                 "WHERE name > $1::text AND ($3::text = '' OR "
                                 "strpos(name, $3::text) > 0) "
                                 "ORDER BY name LIMIT $2::bigint");
  connection.prepare("find", entry + "WHERE name = $1::text");
  // The head and the records in one statement, so that both are of one moment. The bytes of a page
  // are counted up to the record before, so that there is always one. Finding its end must not look
  // through a long log: twice as many records as would fill it, if they were as large as the
  // document's others, are enough. (A page may be less than full.)
  connection.prepare(
      "log",
      "SELECT documents.head, page.sequence, page.checksum, page.data FROM documents "
      "LEFT JOIN LATERAL (SELECT sequence, checksum, data, "
      "  sum(octet_length(data)) OVER (ORDER BY sequence) - octet_length(data) AS before "
      "  FROM (SELECT sequence, checksum, data FROM updates "
      "        WHERE document_id = documents.id AND sequence > $2::bigint "
      "        ORDER BY sequence LIMIT least(" +
          std::to_string(page_records_max) +
          ", 16 + 2 * $3::float8 * documents.head / greatest(documents.log_bytes, 1))::bigint"
          ") AS rows) AS page ON page.before < $3::bigint OR page.before = 0 "
          "WHERE documents.name = $1::text ORDER BY page.sequence");
  connection.prepare("heads",
                     "SELECT coalesce(documents.head, 0) FROM unnest($1::text[]) "
                     "WITH ORDINALITY AS asked(name, ordinal) "
                     "LEFT JOIN documents USING (name) ORDER BY asked.ordinal");
  connection.prepare("snapshot",
                     "SELECT sequence, checksum, octet_length(data)::bigint, "
                     "CASE WHEN octet_length(data) <= " +
                         std::to_string(small_snapshot_bytes_max) +
                         " THEN data END FROM snapshots WHERE sequence < $2::bigint "
                         "AND document_id = (SELECT id FROM documents WHERE name = $1::text) "
                         "ORDER BY sequence DESC LIMIT 1");
  connection.prepare("large_snapshot",
                     "SELECT data FROM snapshots WHERE sequence = $2::bigint "
                     "AND document_id = (SELECT id FROM documents WHERE name = $1::text)");
  prepare_old_logs(connection);
}

Result<ports::DocumentEntry> entry_of(const pqxx::row& row) {
  SYNCLINE_ASSIGN(auto name, DocumentName::parse(std::string(text_of(row[0]))));
  return ports::DocumentEntry{.name = std::move(name),
                              .head = Sequence{to_unsigned(row[1].as<std::int64_t>())},
                              .forgotten = Sequence{to_unsigned(row[5].as<std::int64_t>())},
                              .log_bytes = to_unsigned(row[2].as<std::int64_t>()),
                              .created_at = WallTime{milliseconds(row[3].as<std::int64_t>())},
                              .updated_at = WallTime{milliseconds(row[4].as<std::int64_t>())}};
}

}  // namespace

class PostgresReader::State {
 public:
  State(const PostgresOptions& options, ports::Clock& clock,
        std::unique_ptr<postgres::Watchdog> own_watchdog, postgres::Watchdog& watchdog,
        ports::Metrics* metrics)
      : options_(options),
        clock_(clock),
        own_watchdog_(std::move(own_watchdog)),
        watchdog_(watchdog),
        metrics_(metrics),
        backoff_(options.reconnect_delay_min, options.reconnect_delay_max) {}

  ~State() {
    if (connection_) note_connected(false);
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void end() {
    ended_.store(true);
    if (own_watchdog_) own_watchdog_->cut_all();
  }

  Result<void> connect() {
    SYNCLINE_ASSIGN(auto connection, postgres::Connection::open(options_, watchdog_));
    if (const auto failure = connection->attempt(prepare_reads)) return failure->error;
    connection_ = std::move(connection);
    backoff_.reset();
    note_connected(true);
    return {};
  }

  // Runs a prepared statement.
  template <class... Arguments>
  Result<pqxx::result> ask(const char* statement, const Arguments&... arguments) {
    return ask_for_bytes(0, statement, arguments...);
  }
  // One whose answer may have about so many bytes.
  template <class... Arguments>
  Result<pqxx::result> ask_for_bytes(std::size_t bytes, const char* statement,
                                     const Arguments&... arguments) {
    const std::lock_guard lock(mutex_);
    if (ended_.load()) return Error{ErrorCode::unavailable};
    SYNCLINE_TRY(reconnect());
    pqxx::result result;
    const auto failure = connection_->attempt(
        [&](pqxx::connection& raw) {
          pqxx::nontransaction transaction(raw);
          result = transaction.exec_prepared(statement, arguments...);
        },
        bytes);
    if (!failure) return result;
    if (metrics_ != nullptr) metrics_->add(ports::Counter::postgres_failures);
    if (failure->lost) {
      connection_.reset();
      note_connected(false);
      connect_at_ = clock_.now();  // At once: it may only be that one connection.
    }
    return failure->error;
  }

 private:
  Result<void> reconnect() {
    if (connection_) return {};
    if (clock_.now() < connect_at_) return Error{ErrorCode::unavailable};
    auto connected = connect();
    if (!connected.ok()) connect_at_ = clock_.now() + backoff_.next(jitter_());
    return connected;
  }

  void note_connected(bool connected) {
    if (metrics_ == nullptr) return;
    metrics_->add(ports::Gauge::postgres_connections, connected ? 1 : -1);
    if (connected) metrics_->add(ports::Counter::postgres_connects);
  }

  const PostgresOptions options_;
  ports::Clock& clock_;
  const std::unique_ptr<postgres::Watchdog> own_watchdog_;  // Null if it is somebody else's.
  postgres::Watchdog& watchdog_;
  ports::Metrics* const metrics_;
  std::atomic<bool> ended_ = false;

  std::mutex mutex_;
  // With mutex_.
  std::unique_ptr<postgres::Connection> connection_;  // Null while there is none.
  Backoff backoff_;
  std::mt19937_64 jitter_{std::random_device()()};
  Instant connect_at_;
};

Result<std::unique_ptr<PostgresReader>> PostgresReader::open(const PostgresOptions& options,
                                                             ports::Clock& clock) {
  auto watchdog = std::make_unique<postgres::Watchdog>(clock);
  postgres::Watchdog& watching = *watchdog;
  auto state = std::make_unique<State>(options, clock, std::move(watchdog), watching, nullptr);
  SYNCLINE_TRY(state->connect());
  return std::unique_ptr<PostgresReader>(new PostgresReader(std::move(state)));
}

Result<std::unique_ptr<PostgresReader>> PostgresReader::open(const PostgresOptions& options,
                                                             ports::Clock& clock,
                                                             postgres::Watchdog& watchdog,
                                                             ports::Metrics* metrics) {
  auto state = std::make_unique<State>(options, clock, nullptr, watchdog, metrics);
  SYNCLINE_TRY(state->connect());
  return std::unique_ptr<PostgresReader>(new PostgresReader(std::move(state)));
}

PostgresReader::PostgresReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

PostgresReader::~PostgresReader() = default;

void PostgresReader::end() { state_->end(); }

Result<std::vector<ports::DocumentEntry>> PostgresReader::list(
    const std::optional<std::string>& after, std::size_t limit, const std::string& filter) {
  // No name is empty.
  SYNCLINE_ASSIGN(const pqxx::result rows, state_->ask("list", after.value_or(""),
                                                       static_cast<std::int64_t>(limit), filter));
  std::vector<ports::DocumentEntry> entries;
  entries.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) {
    SYNCLINE_ASSIGN(auto entry, entry_of(row));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::optional<ports::DocumentEntry>> PostgresReader::find(const DocumentName& name) {
  SYNCLINE_ASSIGN(const pqxx::result rows, state_->ask("find", name.text()));
  if (rows.empty()) return std::optional<ports::DocumentEntry>();
  SYNCLINE_ASSIGN(auto entry, entry_of(rows[0]));
  return std::optional(std::move(entry));
}

Result<ports::LogPage> PostgresReader::read_log(const DocumentName& document, Sequence after,
                                                std::size_t bytes_max) {
  // More would be no page, and no number in the database.
  bytes_max = std::min<std::size_t>(bytes_max, 1024 * limits::mebibyte);
  SYNCLINE_ASSIGN(const pqxx::result rows,
                  state_->ask_for_bytes(bytes_max, "log", document.text(), bounded(after),
                                        static_cast<std::int64_t>(bytes_max)));
  ports::LogPage page;
  if (rows.empty()) return page;
  page.head = Sequence{to_unsigned(rows[0][0].as<std::int64_t>())};
  page.records.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) {
    if (row[1].is_null()) break;  // There are no records.
    SYNCLINE_ASSIGN(Bytes update, postgres::bytea_of(text_of(row[3])));
    page.records.push_back({.sequence = Sequence{to_unsigned(row[1].as<std::int64_t>())},
                            .checksum = to_unsigned(row[2].as<std::int64_t>()),
                            .update = SharedBytes(std::move(update))});
  }
  return page;
}

Result<std::vector<Sequence>> PostgresReader::read_heads(
    const std::vector<DocumentName>& documents) {
  ArrayText names;
  for (const DocumentName& document : documents) names.add(document.text());
  SYNCLINE_ASSIGN(const pqxx::result rows, state_->ask("heads", names.take()));
  std::vector<Sequence> heads;
  heads.reserve(documents.size());
  for (const auto& row : rows) heads.push_back(Sequence{to_unsigned(row[0].as<std::int64_t>())});
  return heads;
}

Result<std::optional<ports::Snapshot>> PostgresReader::read_snapshot(const DocumentName& document,
                                                                     Sequence before) {
  SYNCLINE_ASSIGN(const pqxx::result rows,
                  state_->ask("snapshot", document.text(), bounded(before)));
  if (rows.empty()) return std::optional<ports::Snapshot>();
  const auto sequence = rows[0][0].as<std::int64_t>();
  pqxx::result large;
  if (rows[0][3].is_null()) {
    const auto bytes = static_cast<std::size_t>(rows[0][2].as<std::int64_t>());
    SYNCLINE_ASSIGN(large,
                    state_->ask_for_bytes(bytes, "large_snapshot", document.text(), sequence));
    if (large.empty()) {
      return Error{ErrorCode::unavailable, "the snapshot was replaced while it was read"};
    }
  }
  const pqxx::field data = large.empty() ? rows[0][3] : large[0][0];
  SYNCLINE_ASSIGN(Bytes state, postgres::bytea_of(text_of(data)));
  return std::optional(ports::Snapshot{.sequence = Sequence{to_unsigned(sequence)},
                                       .checksum = to_unsigned(rows[0][1].as<std::int64_t>()),
                                       .state = SharedBytes(std::move(state))});
}

Result<ports::OldLogPage> PostgresReader::find_old_logs(const std::optional<DocumentName>& after,
                                                        std::size_t count_max,
                                                        ports::HistoryAge age) {
  // No name is empty.
  SYNCLINE_ASSIGN(
      const pqxx::result rows,
      state_->ask("old_logs", after ? after->text() : std::string(),
                  static_cast<std::int64_t>(count_max), static_cast<std::int64_t>(age.updates_min),
                  std::int64_t{std::chrono::ceil<seconds>(age.retention).count()}));
  ports::OldLogPage page;
  std::size_t seen = 0;
  for (const auto& row : rows) {
    SYNCLINE_ASSIGN(auto name, DocumentName::parse(std::string(text_of(row[0]))));
    if (++seen == count_max) page.last = name;
    if (!row[4].as<bool>()) continue;
    page.logs.push_back({.document = std::move(name),
                         .first = Sequence{to_unsigned(row[2].as<std::int64_t>())},
                         .due = Sequence{to_unsigned(row[3].as<std::int64_t>())},
                         .head = Sequence{to_unsigned(row[1].as<std::int64_t>())}});
  }
  return page;
}

}  // namespace syncline::adapters
