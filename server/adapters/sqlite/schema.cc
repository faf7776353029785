#include "server/adapters/sqlite/schema.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace syncline::adapters::sqlite {
namespace {

constexpr std::int64_t application_id = 0x53796E4C;  // "SynL"

// Migration i brings a file from version i to i + 1. A released one is never edited.
//
// An update's 64-bit checksum is stored as the signed integer with the same bits.
//
// $NOW stands for the time of the migration, as SQLite takes no other default for rows that are
// there.
constexpr std::array<const char*, 2> migrations = {
    R"sql(
    CREATE TABLE documents(
      id            INTEGER PRIMARY KEY,
      name          TEXT    NOT NULL UNIQUE,
      head          INTEGER NOT NULL,
      log_bytes     INTEGER NOT NULL,
      created_at_ms INTEGER NOT NULL,
      updated_at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE updates(
      document_id INTEGER NOT NULL REFERENCES documents(id),
      sequence    INTEGER NOT NULL,
      checksum    INTEGER NOT NULL,
      data        BLOB    NOT NULL,
      PRIMARY KEY(document_id, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE snapshots(
      document_id INTEGER NOT NULL REFERENCES documents(id),
      sequence    INTEGER NOT NULL,
      checksum    INTEGER NOT NULL,
      data        BLOB    NOT NULL,
      PRIMARY KEY(document_id, sequence)
    ) STRICT;
    )sql",
    // written_s: when it was appended (Unix time); what was there before counts as appended now.
    // forgotten_through: the last entry that has left the log. verified: somebody has looked at it,
    // and entries that it holds may be gone (ports/history_store.h).
    R"sql(
    ALTER TABLE updates ADD COLUMN written_s INTEGER NOT NULL DEFAULT $NOW;
    ALTER TABLE documents ADD COLUMN forgotten_through INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE snapshots ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
    )sql",
};
constexpr auto schema_version = static_cast<std::int64_t>(migrations.size());

Error foreign(const std::filesystem::path& file) {
  return Error{ErrorCode::unsupported_version,
               file.string() +
                   " is not a Syncline database; it was left untouched, choose another "
                   "folder with --data"};
}

Error too_new(const std::filesystem::path& file, std::int64_t version) {
  return Error{ErrorCode::unsupported_version,
               file.string() + " has schema version " + std::to_string(version) +
                   " and this program knows up to " + std::to_string(schema_version) +
                   "; it was left untouched, use the newer syncline-server"};
}

Error too_old(const std::filesystem::path& file) {
  return Error{ErrorCode::unsupported_version,
               file.string() +
                   " is of an older version; syncline-server serve brings it to this one when it "
                   "starts on the folder"};
}

Result<void> check_identity(const std::filesystem::path& file, std::int64_t id,
                            std::int64_t version) {
  if (id != application_id) return foreign(file);
  if (version < 1 || version > schema_version) return too_new(file, version);
  return {};
}

std::uint32_t big_endian(const std::array<char, 100>& header, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(header[i]);
  }
  return value;
}

struct Identity {
  std::int64_t id;
  std::int64_t version;
  bool is_empty;
};

Result<Identity> read_identity(Connection& connection) {
  SYNCLINE_ASSIGN(const std::int64_t id, connection.read_integer("PRAGMA application_id"));
  SYNCLINE_ASSIGN(const std::int64_t version, connection.read_integer("PRAGMA user_version"));
  SYNCLINE_ASSIGN(const std::int64_t objects,
                  connection.read_integer("SELECT count(*) FROM sqlite_schema"));
  return Identity{id, version, id == 0 && version == 0 && objects == 0};
}

Result<void> migrate_in_transaction(Connection& connection, std::int64_t from) {
  SYNCLINE_ASSIGN(const std::int64_t now, connection.read_integer("SELECT unixepoch()"));
  constexpr std::string_view placeholder = "$NOW";
  for (std::int64_t version = from; version < schema_version; ++version) {
    std::string sql = migrations[static_cast<std::size_t>(version)];
    if (const auto at = sql.find(placeholder); at != std::string::npos) {
      sql.replace(at, placeholder.size(), std::to_string(now));
    }
    SYNCLINE_TRY(connection.run(sql.c_str()));
  }
  const std::string stamp = "PRAGMA application_id = " + std::to_string(application_id) +
                            "; PRAGMA user_version = " + std::to_string(schema_version);
  return connection.run(stamp.c_str());
}

Result<void> migrate(Connection& connection, const std::filesystem::path& file) {
  SYNCLINE_TRY(connection.run("BEGIN IMMEDIATE"));
  SYNCLINE_ASSIGN(const Identity identity, read_identity(connection));
  if (!identity.is_empty) SYNCLINE_TRY(check_identity(file, identity.id, identity.version));
  if (identity.version == schema_version) return connection.run("COMMIT");
  SYNCLINE_TRY(migrate_in_transaction(connection, identity.version));
  SYNCLINE_TRY(connection.run("COMMIT"));
  return connection.run("PRAGMA wal_checkpoint(TRUNCATE)");  // check_file() reads the main file.
}

// Touches the root of every table, so that gross damage shows now rather than under load.
Result<void> touch_tables(Connection& connection) {
  for (const char* sql :
       {"SELECT id FROM documents LIMIT 1", "SELECT name FROM documents LIMIT 1",
        "SELECT sequence FROM updates LIMIT 1", "SELECT sequence FROM snapshots LIMIT 1"}) {
    SYNCLINE_TRY(connection.read_integer(sql));
  }
  return {};
}

// What every connection needs. SQLite keeps its own page cache; 16 MiB holds the upper levels of
// the trees of a large database.
constexpr const char* connection_settings = "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384";

// synchronous=FULL makes each COMMIT wait for the disk; fullfsync does what fsync does not on
// macOS, and is nothing elsewhere. Checkpoints are made by GroupCommit, at moments of its choosing.
constexpr const char* writer_settings =
    "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864";

Result<void> use_write_ahead_log(Connection& connection) {
  SYNCLINE_ASSIGN(Statement statement, connection.prepare("PRAGMA journal_mode = WAL"));
  Execution execution = statement.execute();
  SYNCLINE_ASSIGN(const bool row, execution.next());
  if (row && execution.text(0) == "wal") return {};
  return Error{ErrorCode::io_error, "this file system cannot hold a write-ahead log"};
}

Result<void> prepare_writing_steps(Connection& connection, const std::filesystem::path& file) {
  if (connection.is_read_only()) return Error{ErrorCode::io_error, "the file is write-protected"};
  SYNCLINE_TRY(connection.run(connection_settings));
  SYNCLINE_TRY(migrate(connection, file));
  SYNCLINE_TRY(use_write_ahead_log(connection));
  SYNCLINE_TRY(connection.run(writer_settings));
  return touch_tables(connection);
}

Result<void> prepare_reading_steps(Connection& connection, const std::filesystem::path& file) {
  SYNCLINE_TRY(connection.run(connection_settings));
  SYNCLINE_ASSIGN(const Identity identity, read_identity(connection));
  SYNCLINE_TRY(check_identity(file, identity.id, identity.version));
  if (identity.version < schema_version) return too_old(file);
  return touch_tables(connection);
}

}  // namespace

Result<void> check_file(const std::filesystem::path& file) {
  std::error_code code;
  if (!std::filesystem::exists(file, code)) return {};
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{ErrorCode::io_error, "cannot read " + file.string()};
  std::array<char, 100> header = {};
  in.read(header.data(), header.size());
  if (in.gcount() == 0) return {};
  if (in.gcount() < static_cast<std::streamsize>(header.size()) ||
      std::string(header.data(), 16) != std::string("SQLite format 3\0", 16)) {
    return foreign(file);
  }
  return check_identity(file, big_endian(header, 68), big_endian(header, 60));
}

Result<void> prepare_for_writing(Connection& connection, const std::filesystem::path& file) {
  auto prepared = prepare_writing_steps(connection, file);
  if (!prepared.ok()) return open_error(file, prepared.error());
  return {};
}

Result<void> prepare_for_reading(Connection& connection, const std::filesystem::path& file) {
  auto prepared = prepare_reading_steps(connection, file);
  if (!prepared.ok()) return open_error(file, prepared.error());
  return {};
}

Error open_error(const std::filesystem::path& file, const Error& error) {
  switch (error.code) {
    case ErrorCode::unsupported_version:
      return error;
    case ErrorCode::checksum_mismatch:
      return Error{error.code, file.string() + " is damaged (" + error.detail +
                                   "); restore it from a backup, or try sqlite3's .recover"};
    default:
      return Error{error.code, "cannot open " + file.string() + ": " + error.detail};
  }
}

}  // namespace syncline::adapters::sqlite
