#include "server/adapters/postgres/postgres_database.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "server/adapters/postgres/connection.h"
#include "server/adapters/postgres/migrations.h"
#include "server/adapters/postgres/postgres_reader.h"
#include "server/adapters/postgres/write_statements.h"
#include "server/adapters/postgres/writer.h"
#include "server/adapters/store/append_and_wait.h"
#include "server/adapters/store/read_pool.h"

namespace syncline::adapters {
namespace {

using postgres::Connection;
using postgres::Watchdog;
using postgres::Writer;

struct Danger {
  const char* setting;
  const char* consequence;
};

// What a crash takes with it where a setting is "off".
constexpr std::array<Danger, 3> dangers = {{
    {"synchronous_commit", "a crash of PostgreSQL can lose the last edits that were acknowledged"},
    {"fsync", "a crash of its machine can lose acknowledged edits, or the whole database"},
    {"full_page_writes", "a crash of its machine can damage the database"},
}};

Result<void> prepare(const PostgresOptions& options, ports::Clock& clock) {
  if (!options.migrate) return check_postgres_version(options, clock);
  const auto migrated = migrate_postgres(options, clock);
  if (!migrated.ok()) return migrated.error();
  return {};
}

void warn_of_dangers(Connection& connection, ports::Metrics& metrics, ports::Log& log) {
  for (const Danger& danger : dangers) {
    const auto value = connection.setting(danger.setting);
    if (!value.ok() || *value != "off") continue;
    metrics.add(ports::Gauge::postgres_lossy, 1);
    log.write(ports::LogLevel::warning, "PostgreSQL is set up to forget what it has committed",
              {{"setting", danger.setting}, {"value", *value}, {"danger", danger.consequence}});
  }
}

}  // namespace

class PostgresDatabase::State {
 public:
  State(const PostgresOptions& options, ports::Clock& clock, ports::Metrics& metrics,
        ports::Log& log)
      : options_(options),
        clock_(clock),
        metrics_(metrics),
        log_(log),
        watchdog_(clock),
        health_(metrics) {}

  Result<void> open() {
    SYNCLINE_TRY(prepare(options_, clock_));
    std::vector<std::unique_ptr<Connection>> connections;
    for (std::size_t i = 0; i < options_.writers; ++i) {
      SYNCLINE_ASSIGN(auto connection, Connection::open(options_, watchdog_));
      if (const auto failure = connection->attempt(postgres::prepare_writes)) {
        return Error{failure->error.code,
                     "--postgres " + describe(options_) + ": " + failure->error.detail};
      }
      connections.push_back(std::move(connection));
    }
    std::vector<std::unique_ptr<ports::StoreReader>> readers;
    for (std::size_t i = 0; i < options_.readers; ++i) {
      SYNCLINE_ASSIGN(auto reader, PostgresReader::open(options_, clock_, watchdog_, &metrics_));
      readers.push_back(std::move(reader));
    }
    warn_of_dangers(*connections.front(), metrics_, log_);
    for (auto& connection : connections) {
      const Writer::Surroundings surroundings{.options = options_,
                                              .watchdog = watchdog_,
                                              .clock = clock_,
                                              .metrics = metrics_,
                                              .log = log_,
                                              .health = health_};
      writers_.push_back(std::make_unique<Writer>(surroundings, std::move(connection)));
    }
    reads_.emplace(std::move(readers));
    return {};
  }

  Writer& writer_of(const DocumentName& document) {
    return *writers_[stable_hash(document) % writers_.size()];
  }
  // For what is of many documents.
  Writer& any_writer() { return *writers_.front(); }
  store::ReadPool& reads() { return *reads_; }

  void stop() {
    if (reads_) reads_->stop();
    for (const auto& writer : writers_) writer->stop();
  }

  void stop_at_once() {
    watchdog_.cut_all();
    for (const auto& writer : writers_) writer->stop_at_once();
    if (reads_) reads_->stop_at_once();
  }

 private:
  const PostgresOptions options_;
  ports::Clock& clock_;
  ports::Metrics& metrics_;
  ports::Log& log_;
  Watchdog watchdog_;
  Writer::Health health_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::optional<store::ReadPool> reads_;
};

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::open(const PostgresOptions& options,
                                                                 ports::Clock& clock,
                                                                 ports::Metrics& metrics,
                                                                 ports::Log& log) {
  auto state = std::make_unique<State>(options, clock, metrics, log);
  SYNCLINE_TRY(state->open());
  return std::unique_ptr<PostgresDatabase>(new PostgresDatabase(std::move(state)));
}

PostgresDatabase::PostgresDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}

PostgresDatabase::~PostgresDatabase() { stop(); }

Result<Sequence> PostgresDatabase::append(const DocumentName& document, SharedBytes update,
                                          std::uint64_t checksum) {
  return store::append_and_wait(*this, document, std::move(update), checksum);
}

void PostgresDatabase::append(store::AppendRequest request) {
  Writer& writer = state_->writer_of(request.document);
  writer.append(std::move(request));
}

void PostgresDatabase::write_snapshot(store::SnapshotRequest request) {
  Writer& writer = state_->writer_of(request.document);
  writer.write_snapshot(std::move(request));
}

void PostgresDatabase::read(store::ReadRequest request) {
  state_->reads().read(std::move(request));
}

void PostgresDatabase::forget(store::ForgetRequest request) {
  state_->any_writer().forget(std::move(request));
}

void PostgresDatabase::drain(postgres::DrainRequest request) {
  state_->any_writer().drain(std::move(request));
}

void PostgresDatabase::stop() { state_->stop(); }
void PostgresDatabase::stop_at_once() { state_->stop_at_once(); }

}  // namespace syncline::adapters
