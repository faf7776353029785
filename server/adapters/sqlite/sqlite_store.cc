#include "server/adapters/sqlite/sqlite_store.h"

#include <utility>
#include <variant>

#include "server/adapters/sqlite/group_commit.h"
#include "server/adapters/sqlite/read_pool.h"
#include "server/adapters/sqlite/sqlite_database.h"
#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

struct Announce {
  ports::UpdateStoreSink& updates;
  ports::SnapshotStoreSink& snapshots;

  void operator()(const sqlite::AppendAnswer& answer) const {
    updates.on_append_done(answer.token, answer.result);
  }
  void operator()(const sqlite::LogPageAnswer& answer) const {
    updates.on_log_page(answer.token, answer.page);
  }
  void operator()(const sqlite::LogHeadsAnswer& answer) const {
    updates.on_log_heads(answer.token, answer.heads);
  }
  void operator()(const sqlite::SnapshotWriteAnswer& answer) const {
    snapshots.on_snapshot_written(answer.token, answer.outcome);
  }
  void operator()(const sqlite::SnapshotReadAnswer& answer) const {
    snapshots.on_snapshot_read(answer.token, answer.snapshot);
  }
};

}  // namespace

SqliteStore::SqliteStore(SqliteDatabase& database, ports::Executor& executor)
    : database_(database), executor_(executor) {}

void SqliteStore::attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) {
  updates_ = &updates;
  snapshots_ = &snapshots;
}

void SqliteStore::append(RequestToken token, const DocumentName& document, SharedBytes update,
                         std::uint64_t checksum) {
  SYNCLINE_ASSERT(!update.empty(), document);
  database_.append({this, token, document, std::move(update), checksum});
}

void SqliteStore::read_log(RequestToken token, const DocumentName& document, Sequence after,
                           std::size_t bytes_max) {
  database_.read(sqlite::LogPageRequest{this, token, document, after, bytes_max});
}

void SqliteStore::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  SYNCLINE_ASSERT(!documents.empty());
  database_.read(sqlite::LogHeadsRequest{this, token, std::move(documents)});
}

void SqliteStore::read_snapshot(RequestToken token, const DocumentName& document, Sequence before) {
  database_.read(sqlite::SnapshotReadRequest{this, token, document, before});
}

void SqliteStore::write_snapshot(RequestToken token, const DocumentName& document,
                                 ports::Snapshot snapshot) {
  database_.write_snapshot({this, token, document, std::move(snapshot)});
}

void SqliteStore::deliver(std::vector<sqlite::Answer> answers) {
  SYNCLINE_ASSERT(updates_ != nullptr && snapshots_ != nullptr);
  executor_.post([this, answers = std::move(answers)] {
    for (const sqlite::Answer& answer : answers) {
      std::visit(Announce{*updates_, *snapshots_}, answer);
    }
  });
}

}  // namespace syncline::adapters
