#include <thread>

#include <gtest/gtest.h>

#include "server/adapters/postgres/migrations.h"
#include "server/adapters/postgres/postgres_reader.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/postgres/postgres_fixture.h"

namespace syncline::adapters {
namespace {

using conformance::document;

PostgresOptions options_for(const std::string& url) {
  PostgresOptions options;
  options.url = url;
  return options;
}

Error open_error(const PostgresOptions& options) {
  PostgresPorts ports;
  const auto opened = ports.open(options);
  EXPECT_FALSE(opened.ok());
  return opened.ok() ? Error{ErrorCode::unavailable} : opened.error();
}

TEST(OpenPostgres, MakesItsTablesInAnEmptyDatabase) {
  PostgresPorts ports;
  const std::string url = shared_postgres().create_database();
  {
    const auto database = ports.open(url);
    ASSERT_TRUE(database.ok()) << database.error().detail;
    EXPECT_EQ((*database)->append(document("d"), SharedBytes(as_bytes("x")), 1)->value, 1U);
  }
  const auto again = ports.open(url);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->append(document("d"), SharedBytes(as_bytes("y")), 2)->value, 2U);
}

TEST(OpenPostgres, ManyMayStartAtOnceOnAnEmptyDatabase) {
  const std::string url = shared_postgres().create_database();
  std::vector<std::thread> starting;
  std::vector<std::string> problems(6);
  for (std::string& problem : problems) {
    starting.emplace_back([&url, &problem] {
      PostgresPorts ports;
      const auto database = ports.open(url);
      if (!database.ok()) problem = database.error().detail;
    });
  }
  for (std::thread& thread : starting) thread.join();
  for (const std::string& problem : problems) EXPECT_EQ(problem, "");
}

TEST(OpenPostgres, MigratesOnceAndSaysFromWhereTo) {
  FixedClock clock;
  const auto options = options_for(shared_postgres().create_database());
  const auto first = migrate_postgres(options, clock);
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_EQ(first->from, 0);
  const auto second = migrate_postgres(options, clock);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->from, second->to);
  EXPECT_EQ(second->to, first->to);
}

// As version 1 left them.
constexpr const char* back_to_version_1 = R"sql(
  SET search_path = syncline;
  ALTER TABLE updates DROP COLUMN written_s;
  ALTER TABLE snapshots DROP COLUMN verified;
  DROP TABLE forgotten;
  DROP FUNCTION forget;
  DROP FUNCTION append;
  ALTER FUNCTION append_many RENAME TO append;
  UPDATE schema_version SET version = 1;
  SELECT append(ARRAY['old', 'old'], ARRAY[1, 2]::bigint[], ARRAY['x', 'y']::bytea[]);
)sql";

TEST(OpenPostgres, DatesWhatIsThereFromTheMigrationAndServesNodesOfTheVersionBefore) {
  FixedClock clock;
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  ASSERT_TRUE(migrate_postgres(options_for(url), clock).ok());
  shared_postgres().run_sql(back_to_version_1, name);
  const auto migrated = migrate_postgres(options_for(url), clock);
  ASSERT_TRUE(migrated.ok()) << migrated.error().detail;
  EXPECT_EQ(migrated->from, 1);
  // What they call: append(), and inserts (or COPY) that name their columns.
  shared_postgres().run_sql(
      "SET search_path = syncline; SELECT append(ARRAY['old'], ARRAY[3]::bigint[], "
      "ARRAY['z']::bytea[]); INSERT INTO updates (document_id, sequence, checksum, data) "
      "SELECT id, 4, 4, 'w' FROM documents; SELECT write_snapshot('old', 2, 5, 's')",
      name);
  EXPECT_EQ(shared_postgres().run_sql(
                "SELECT count(*) FROM syncline.updates WHERE abs(written_s + 1577836800 - "
                "date_part('epoch', now())) < 600",
                name),
            "4\n");
  EXPECT_EQ(shared_postgres().run_sql("SELECT sequence, verified FROM syncline.snapshots", name),
            "2|f\n");
}

TEST(OpenPostgres, RefusesTablesOfANewerVersionAndLeavesThem) {
  FixedClock clock;
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  ASSERT_TRUE(migrate_postgres(options_for(url), clock).ok());
  shared_postgres().run_sql("UPDATE syncline.schema_version SET version = 99", name);
  const Error error = open_error(options_for(url));
  EXPECT_EQ(error.code, ErrorCode::unsupported_version);
  EXPECT_NE(error.detail.find("version 99"), std::string::npos) << error.detail;
  EXPECT_EQ(shared_postgres().run_sql("SELECT version FROM syncline.schema_version", name), "99\n");
}

TEST(OpenPostgres, WithoutMigrationRefusesAnEmptyDatabaseAndNamesTheCommand) {
  PostgresOptions options = options_for(shared_postgres().create_database());
  options.migrate = false;
  const Error error = open_error(options);
  EXPECT_EQ(error.code, ErrorCode::unsupported_version);
  EXPECT_NE(error.detail.find("syncline-server migrate"), std::string::npos) << error.detail;
}

TEST(OpenPostgres, SaysWhatIsWrongInALineWithoutThePassword) {
  const auto port = std::to_string(tests::free_port());
  const Error nobody = open_error(options_for("postgresql://me:secret@127.0.0.1:" + port + "/db"));
  EXPECT_EQ(nobody.code, ErrorCode::unavailable);
  EXPECT_NE(nobody.detail.find("127.0.0.1:" + port + "/db"), std::string::npos) << nobody.detail;
  EXPECT_EQ(nobody.detail.find("secret"), std::string::npos) << nobody.detail;
  EXPECT_EQ(nobody.detail.find('\n'), std::string::npos) << nobody.detail;

  const Error missing = open_error(options_for(shared_postgres().url("nowhere")));
  EXPECT_NE(missing.detail.find("does not exist"), std::string::npos) << missing.detail;

  const Error unreadable = open_error(options_for("postgresql://host:port:1/x"));
  EXPECT_NE(unreadable.detail.find("postgresql://USER"), std::string::npos) << unreadable.detail;
}

TEST(OpenPostgres, WorksForAUserWhoOwnsTheDatabaseAndNothingElse) {
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  shared_postgres().run_sql("CREATE ROLE modest LOGIN; ALTER DATABASE " + name +
                            " OWNER TO modest");
  PostgresPorts ports;
  const auto port = std::to_string(shared_postgres().port());
  const auto database = ports.open("postgresql://modest@127.0.0.1:" + port + "/" + name);
  ASSERT_TRUE(database.ok()) << database.error().detail;
  EXPECT_TRUE((*database)->append(document("d"), SharedBytes(as_bytes("x")), 1).ok());
}

TEST(OpenPostgres, ReadsWhatItWroteWhateverTheUsersSettingsSay) {
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  shared_postgres().run_sql(
      "CREATE ROLE peculiar LOGIN SUPERUSER; ALTER ROLE peculiar SET bytea_output = 'escape'; "
      "ALTER ROLE peculiar SET client_encoding = 'LATIN1'");
  PostgresPorts ports;
  const auto port = std::to_string(shared_postgres().port());
  const std::string peculiar = "postgresql://peculiar@127.0.0.1:" + port + "/" + name;
  const auto database = ports.open(peculiar);
  ASSERT_TRUE(database.ok()) << database.error().detail;
  ASSERT_TRUE((*database)->append(document("ä"), SharedBytes(as_bytes("a\001\\")), 1).ok());
  const auto reader = PostgresReader::open(options_for(peculiar), ports.clock);
  ASSERT_TRUE(reader.ok());
  const auto page = (*reader)->read_log(document("ä"), {}, 1000);
  ASSERT_TRUE(page.ok()) << page.error().detail;
  ASSERT_EQ(page->records.size(), 1U);
  EXPECT_EQ(page->records[0].update.view().size(), 3U);
  const auto names = (*reader)->list(std::nullopt, 10, "");
  EXPECT_EQ(names->front().name.text(), "ä");
}

TEST(OpenPostgres, RefusesADatabaseThatCannotHoldEveryName) {
  shared_postgres().run_sql(
      "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const Error error = open_error(options_for(shared_postgres().url("latin")));
  EXPECT_NE(error.detail.find("LATIN1"), std::string::npos) << error.detail;
  EXPECT_NE(error.detail.find("UTF8"), std::string::npos) << error.detail;
}

TEST(OpenPostgres, WarnsWhereCommitsMayBeForgotten) {
  PostgresPorts ports;
  // The tests' server runs without fsync.
  ASSERT_TRUE(ports.open(shared_postgres().create_database()).ok());
  const auto events = ports.log.events();
  EXPECT_NE(std::find(events.begin(), events.end(),
                      "PostgreSQL is set up to forget what it has committed"),
            events.end());
}

// Records of very different sizes: a page may be less than full, and is never empty.
TEST(PostgresReader, ReadsALogInPagesToItsEnd) {
  PostgresPorts ports;
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  ASSERT_TRUE(ports.open(url).ok());
  shared_postgres().run_sql(
      "INSERT INTO syncline.documents (name, head, log_bytes) VALUES ('d', 3000, 2999 * 10 + "
      "200000); "
      "INSERT INTO syncline.updates SELECT 1, i, i, CASE WHEN i = 1500 THEN "
      "decode(repeat('00', 200000), 'hex') ELSE '0123456789'::bytea END "
      "FROM generate_series(1, 3000) AS i",
      name);
  const auto reader = PostgresReader::open(options_for(url), ports.clock);
  ASSERT_TRUE(reader.ok());
  std::uint64_t next = 1;
  for (int pages = 0; next <= 3000; ++pages) {
    ASSERT_LT(pages, 500);
    const auto page = (*reader)->read_log(document("d"), Sequence{next - 1}, 1000);
    ASSERT_TRUE(page.ok()) << page.error().detail;
    ASSERT_FALSE(page->records.empty());
    for (const auto& record : page->records) ASSERT_EQ(record.sequence.value, next++);
  }
}

TEST(PostgresReader, ListsAndFindsDocumentsByBytesOfTheirNames) {
  PostgresPorts ports;
  const std::string url = shared_postgres().create_database();
  const auto database = ports.open(url);
  ASSERT_TRUE(database.ok());
  for (const char* name : {"b", "a%", "B", "ä", "a_"}) {
    ASSERT_TRUE((*database)->append(document(name), SharedBytes(as_bytes("12")), 1).ok());
  }
  const auto reader = PostgresReader::open(options_for(url), ports.clock);
  ASSERT_TRUE(reader.ok());
  std::string names;
  const auto all = (*reader)->list(std::nullopt, 10, "");
  ASSERT_TRUE(all.ok()) << all.error().detail;
  for (const auto& entry : *all) {
    names += entry.name.text() + " ";
    EXPECT_EQ(entry.head.value, 1U);
    EXPECT_EQ(entry.log_bytes, 2U);
    EXPECT_GT(entry.created_at.since_epoch.count(), 1'600'000'000'000);
  }
  EXPECT_EQ(names, "B a% a_ b ä ");
  const auto after = (*reader)->list("a_", 1, "");
  EXPECT_EQ(after->front().name.text(), "b");
  const auto filtered = (*reader)->list(std::nullopt, 10, "%");
  EXPECT_EQ(filtered->size(), 1U);
  const auto found = (*reader)->find(document("ä"));
  EXPECT_TRUE(found->has_value());
  const auto missing = (*reader)->find(document("A"));
  EXPECT_FALSE(missing->has_value());
}

}  // namespace
}  // namespace syncline::adapters
