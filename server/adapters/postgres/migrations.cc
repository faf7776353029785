#include "server/adapters/postgres/migrations.h"

#include <algorithm>
#include <array>
#include <string>

#include "server/adapters/postgres/connection.h"
#include "server/adapters/postgres/schema_name.h"

namespace syncline::adapters {
namespace {

using postgres::Connection;
using postgres::schema_name;

// Held while tables are changed. Any number that no other program uses.
constexpr const char* migration_lock = "SELECT pg_advisory_xact_lock(6008206547152384)";

// Migration i brings the tables from version i to i + 1. A released one is never edited.
//
// An update's 64-bit checksum is stored as the signed integer with the same bits.
constexpr std::array<const char*, 2> migrations = {
    R"sql(
-- The row of a document is locked by whoever appends to its log, and changed by each: it stays on
-- its page (no indexed column changes, and there is room).
CREATE TABLE documents (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name          text   COLLATE "C" NOT NULL UNIQUE,
  head          bigint NOT NULL DEFAULT 0,
  log_bytes     bigint NOT NULL DEFAULT 0,
  created_at_ms bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
  updated_at_ms bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint
) WITH (fillfactor = 50);

CREATE TABLE updates (
  document_id bigint NOT NULL,
  sequence    bigint NOT NULL,
  checksum    bigint NOT NULL,
  data        bytea  NOT NULL,
  PRIMARY KEY (document_id, sequence)
) PARTITION BY HASH (document_id);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE updates_%s PARTITION OF updates '
                   'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
  END LOOP;
END $$;

CREATE TABLE snapshots (
  document_id bigint NOT NULL,
  sequence    bigint NOT NULL,
  checksum    bigint NOT NULL,
  data        bytea  NOT NULL,
  PRIMARY KEY (document_id, sequence)
);

-- How far each lineage of a document's write buffer has been taken into its log.
CREATE TABLE drained (
  document_id bigint NOT NULL,
  lineage     bigint NOT NULL,
  through     bigint NOT NULL,
  PRIMARY KEY (document_id, lineage)
);

-- Makes the rows of documents that are new, and locks all of them. Everybody does this first, and
-- in the order of the names: so nobody waits for somebody who waits for him.
CREATE FUNCTION lock_documents(names text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO documents (name)
    SELECT given.name FROM (SELECT DISTINCT unnest(names) COLLATE "C" AS name) AS given
    WHERE NOT EXISTS (SELECT FROM documents WHERE documents.name = given.name)
    ORDER BY given.name
    ON CONFLICT (name) DO NOTHING;
  PERFORM FROM documents WHERE name = ANY (names) ORDER BY name FOR NO KEY UPDATE;
END $$;

-- Appends each update to its document's log, and says under which numbers: one statement, and so
-- one transaction and one round trip, for all that a node has to commit.
CREATE FUNCTION append(names text[], checksums bigint[], updates bytea[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  sequences bigint[];
BEGIN
  PERFORM lock_documents(names);
  WITH given AS (
    SELECT * FROM unnest(names, checksums, updates)
      WITH ORDINALITY AS each_row(name, checksum, data, ordinal)
  ), grown AS (
    UPDATE documents SET
      head = head + more.rows,
      log_bytes = log_bytes + more.bytes,
      updated_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM (SELECT name, count(*) AS rows, sum(octet_length(data)) AS bytes
          FROM given GROUP BY name) AS more
    WHERE documents.name = more.name
    RETURNING documents.id, documents.name, head - more.rows AS head_before
  ), numbered AS (
    SELECT grown.id, given.ordinal, given.checksum, given.data,
           grown.head_before
             + row_number() OVER (PARTITION BY grown.id ORDER BY given.ordinal) AS sequence
    FROM given JOIN grown USING (name)
  ), written AS (
    INSERT INTO updates (document_id, sequence, checksum, data)
      SELECT id, sequence, checksum, data FROM numbered
  )
  SELECT array_agg(sequence ORDER BY ordinal) INTO sequences FROM numbered;
  RETURN sequences;
END $$;

-- The first half of a drain: locks the documents and says how they stand; a row for each lineage
-- that was ever drained, or one with nulls.
CREATE FUNCTION begin_drain(names text[])
RETURNS TABLE (ordinal bigint, id bigint, head bigint, lineage bigint, through bigint)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_documents(names);
  RETURN QUERY
    SELECT given.ordinal, documents.id, documents.head, drained.lineage, drained.through
    FROM unnest(names) WITH ORDINALITY AS given(name, ordinal)
    JOIN documents USING (name)
    LEFT JOIN drained ON drained.document_id = documents.id;
END $$;

-- The second half, once the updates are there: what the documents' rows and lineages now are.
CREATE FUNCTION end_drain(ids bigint[], more_rows bigint[], more_bytes bigint[],
                          lineage_ids bigint[], lineages bigint[], throughs bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE documents SET
    head = head + more.rows,
    log_bytes = log_bytes + more.bytes,
    updated_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
  FROM unnest(ids, more_rows, more_bytes) AS more(id, rows, bytes)
  WHERE documents.id = more.id;
  INSERT INTO drained (document_id, lineage, through)
    SELECT * FROM unnest(lineage_ids, lineages, throughs)
    ON CONFLICT (document_id, lineage) DO UPDATE SET through = excluded.through;
END $$;

-- Writes a snapshot unless there is one at this or a later sequence; keeps the two newest.
CREATE FUNCTION write_snapshot(document text, up_to bigint, check_sum bigint, state bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  target bigint;
BEGIN
  PERFORM lock_documents(ARRAY[document]);
  SELECT id INTO target FROM documents WHERE name = document;
  IF EXISTS (SELECT FROM snapshots WHERE document_id = target AND sequence >= up_to) THEN
    RETURN false;
  END IF;
  INSERT INTO snapshots (document_id, sequence, checksum, data)
    VALUES (target, up_to, check_sum, state);
  DELETE FROM snapshots WHERE document_id = target AND sequence NOT IN (
    SELECT sequence FROM snapshots WHERE document_id = target ORDER BY sequence DESC LIMIT 2);
  RETURN true;
END $$;
    )sql",
    R"sql(
-- When it was appended, in seconds since 2020. What is there counts as appended now, without being
-- rewritten; who inserts need not know of it.
ALTER TABLE updates ADD COLUMN written_s integer NOT NULL
  DEFAULT (date_part('epoch', now()) - 1577836800)::integer;

-- Somebody has looked at it, and entries of the log that it holds may be gone.
ALTER TABLE snapshots ADD COLUMN verified boolean NOT NULL DEFAULT false;

-- What has left the logs. Not in the documents' rows: those are the appends' to lock.
CREATE TABLE forgotten (
  document_id bigint PRIMARY KEY,
  through     bigint NOT NULL,
  bytes       bigint NOT NULL
);

-- The same as append() was, which is for many updates at once: what finds and locks all of their
-- documents in one go costs as much as several of them one by one. While people type and nothing is
-- slow, nearly every transaction has one to three. The names are given in the order of their bytes,
-- in which lock_documents() takes them, too.
ALTER FUNCTION append(text[], bigint[], bytea[]) RENAME TO append_many;
CREATE FUNCTION append(names text[], checksums bigint[], updates bytea[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  few constant int := 8;
  target bigint;
  number bigint;
  sequences bigint[];
BEGIN
  IF cardinality(names) > few THEN
    RETURN append_many(names, checksums, updates);
  END IF;
  FOR i IN 1..cardinality(names) LOOP
    LOOP
      UPDATE documents SET
        head = head + 1,
        log_bytes = log_bytes + octet_length(updates[i]),
        updated_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
      WHERE name = names[i]
      RETURNING id, head INTO target, number;
      EXIT WHEN FOUND;
      PERFORM lock_documents(names[i:i]);
    END LOOP;
    INSERT INTO updates (document_id, sequence, checksum, data)
      VALUES (target, number, checksums[i], updates[i]);
    sequences[i] := number;
  END LOOP;
  RETURN sequences;
END $$;

-- Writes a snapshot unless there is one at this or a later sequence, or the log does not go so far:
-- then it is of a log that the database has lost (a failover to a standby that was behind). Keeps
-- the two newest, and those that only forget() may take away.
CREATE OR REPLACE FUNCTION write_snapshot(document text, up_to bigint, check_sum bigint,
                                          state bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  target bigint;
BEGIN
  PERFORM lock_documents(ARRAY[document]);
  SELECT id INTO target FROM documents WHERE name = document AND head >= up_to;
  IF target IS NULL
     OR EXISTS (SELECT FROM snapshots WHERE document_id = target AND sequence >= up_to) THEN
    RETURN false;
  END IF;
  INSERT INTO snapshots (document_id, sequence, checksum, data)
    VALUES (target, up_to, check_sum, state);
  DELETE FROM snapshots WHERE document_id = target AND NOT verified AND sequence NOT IN (
    SELECT sequence FROM snapshots WHERE document_id = target ORDER BY sequence DESC LIMIT 2);
  RETURN true;
END $$;

-- Removes the oldest entries of a log: from the first on, up to `up_to`, or to one that is younger
-- than the retention. Returns how many and their bytes; null, and changes nothing, if one of the
-- two snapshots that hold them is not there. Locks those, so that write_snapshot() cannot take them
-- away meanwhile, and not the document, so that nobody who appends waits.
CREATE FUNCTION forget(document text, older bigint, older_checksum bigint, newer bigint,
                       newer_checksum bigint, up_to bigint, retention_s bigint)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  target bigint;
  found_snapshots integer;
  young bigint;
  gone_rows bigint;
  gone_bytes bigint;
  gone_through bigint;
BEGIN
  SELECT id INTO target FROM documents WHERE name = document;
  PERFORM FROM snapshots
    WHERE document_id = target AND (sequence = older AND checksum = older_checksum
                                    OR sequence = newer AND checksum = newer_checksum)
    ORDER BY sequence FOR UPDATE;
  GET DIAGNOSTICS found_snapshots = ROW_COUNT;
  IF found_snapshots < 2 THEN
    RETURN NULL;
  END IF;
  UPDATE snapshots SET verified = true
    WHERE document_id = target AND sequence IN (older, newer) AND NOT verified;
  DELETE FROM snapshots WHERE document_id = target AND sequence < older;
  SELECT min(sequence) INTO young FROM updates
    WHERE document_id = target AND sequence <= up_to
      AND written_s >= (date_part('epoch', now()) - 1577836800)::bigint - retention_s;
  WITH gone AS (
    DELETE FROM updates WHERE document_id = target AND sequence <= up_to
                          AND (young IS NULL OR sequence < young)
    RETURNING sequence, octet_length(data) AS size
  )
  SELECT count(*), coalesce(sum(size), 0), max(sequence)
    INTO gone_rows, gone_bytes, gone_through FROM gone;
  IF gone_rows > 0 THEN
    INSERT INTO forgotten VALUES (target, gone_through, gone_bytes)
      ON CONFLICT (document_id) DO UPDATE
      SET through = excluded.through, bytes = forgotten.bytes + excluded.bytes;
  END IF;
  RETURN ARRAY[gone_rows, gone_bytes];
END $$;
    )sql",
};
constexpr int version_now = static_cast<int>(migrations.size());

std::string schema() { return std::string(schema_name); }

// 0 if there are no tables. Looked up as any row is: to_regclass() may remember for the whole
// transaction that there were none.
int read_version(pqxx::transaction_base& transaction) {
  const auto table = transaction.exec(
      "SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
      "WHERE nspname = '" +
      schema() + "' AND relname = 'schema_version'");
  if (table.empty()) return 0;
  const auto row = transaction.exec("SELECT version FROM " + schema() + ".schema_version");
  return row.empty() ? 0 : row[0][0].as<int>();
}

Error too_new(const PostgresOptions& options, int version) {
  return Error{ErrorCode::unsupported_version,
               "--postgres " + describe(options) + ": its tables have version " +
                   std::to_string(version) + " and this program knows up to " +
                   std::to_string(version_now) +
                   "; they were left untouched, use the newer syncline-server"};
}

void migrate_from(pqxx::transaction_base& transaction, int version) {
  transaction.exec("CREATE SCHEMA IF NOT EXISTS " + schema());
  transaction.exec("CREATE TABLE IF NOT EXISTS " + schema() +
                   ".schema_version (version integer NOT NULL)");
  // A table that is read for hours (by a dump) cannot be changed, and whoever wanted it meanwhile
  // would wait behind us.
  transaction.exec("SET LOCAL lock_timeout = '10s'");
  for (int step = version; step < version_now; ++step) {
    transaction.exec(migrations[static_cast<std::size_t>(step)]);
  }
  transaction.exec("DELETE FROM " + schema() + ".schema_version");
  transaction.exec("INSERT INTO " + schema() + ".schema_version VALUES (" +
                   std::to_string(version_now) + ")");
}

Error failed(const PostgresOptions& options, const postgres::Failure& failure) {
  return Error{failure.error.code,
               "--postgres " + describe(options) + ": " + failure.error.detail +
                   "; the user needs the right to create tables in the database, or an operator "
                   "runs `syncline-server migrate` as one who has it"};
}

// Names of documents are any text.
Result<void> check_encoding(Connection& connection, const PostgresOptions& options) {
  SYNCLINE_ASSIGN(const std::string encoding, connection.setting("server_encoding"));
  if (encoding == "UTF8") return {};
  return Error{ErrorCode::unsupported_version,
               "--postgres " + describe(options) + ": its encoding is " + encoding +
                   "; it must be UTF8 (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0)"};
}

// Tables may be changed for longer than a statement may otherwise take.
PostgresOptions patient(PostgresOptions options) {
  options.statement_timeout = std::max<Duration>(options.statement_timeout, seconds(600));
  return options;
}

}  // namespace

Result<Migration> migrate_postgres(const PostgresOptions& options, ports::Clock& clock) {
  postgres::Watchdog watchdog(clock);
  SYNCLINE_ASSIGN(const auto connection, Connection::open(patient(options), watchdog));
  SYNCLINE_TRY(check_encoding(*connection, options));
  Migration done{.from = 0, .to = version_now};
  const auto failure = connection->attempt([&](pqxx::connection& raw) {
    pqxx::work transaction(raw);
    // Without the lock first: a user who may only use the tables need not be able to change them.
    done.from = read_version(transaction);
    if (done.from >= version_now) return;
    transaction.exec(migration_lock);
    done.from = read_version(transaction);
    if (done.from >= version_now) return;
    migrate_from(transaction, done.from);
    transaction.commit();
  });
  if (failure) return failed(options, *failure);
  if (done.from > version_now) return too_new(options, done.from);
  return done;
}

Result<void> check_postgres_version(const PostgresOptions& options, ports::Clock& clock) {
  postgres::Watchdog watchdog(clock);
  SYNCLINE_ASSIGN(const auto connection, Connection::open(options, watchdog));
  SYNCLINE_TRY(check_encoding(*connection, options));
  int version = 0;
  const auto failure = connection->attempt([&](pqxx::connection& raw) {
    pqxx::nontransaction transaction(raw);
    version = read_version(transaction);
  });
  if (failure) return failed(options, *failure);
  if (version > version_now) return too_new(options, version);
  if (version == version_now) return {};
  return Error{ErrorCode::unsupported_version,
               "--postgres " + describe(options) + ": its tables have version " +
                   std::to_string(version) + " and this program needs " +
                   std::to_string(version_now) + "; run `syncline-server migrate --postgres URL`"};
}

}  // namespace syncline::adapters
