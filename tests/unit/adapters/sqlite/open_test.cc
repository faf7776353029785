// Opening a data folder: what is ours, what is not, and that nothing is touched that is not.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "server/adapters/sqlite/sqlite_reader.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

namespace fs = std::filesystem;
using conformance::document;

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

void run_sql(const fs::path& file, const char* sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

std::set<std::string> entries(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

class OpenTest : public testing::Test {
 protected:
  void make_database() {
    const auto database = ports_.open(folder_.path()).value();
    ASSERT_TRUE(database->append(document("a"), SharedBytes(as_bytes("x")), 1).ok());
  }

  // Neither a server nor a command opens it, both say `code`, and the file stays as it was.
  void expect_refused(ErrorCode code) {
    const std::string before = read_file(file_);
    const auto opened = ports_.open(folder_.path());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, code) << opened.error().message();
    EXPECT_NE(opened.error().detail.find(file_.string()), std::string::npos)
        << opened.error().message();
    const auto reader = SqliteReader::open(folder_.path());
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().code, code) << reader.error().message();
    EXPECT_EQ(read_file(file_), before);
  }

  TemporaryFolder folder_;
  const fs::path file_ = folder_.path() / "syncline.db";
  SqlitePorts ports_;
};

TEST_F(OpenTest, makes_the_folder_and_those_above_it) {
  const fs::path deep = folder_.path() / "some" / "deep" / "folder";
  EXPECT_TRUE(ports_.open(deep).ok());
  EXPECT_TRUE(fs::exists(deep / "syncline.db"));
}

TEST_F(OpenTest, takes_an_empty_file_as_a_first_start_that_was_interrupted) {
  write_file(file_, "");
  EXPECT_TRUE(ports_.open(folder_.path()).ok());
}

TEST_F(OpenTest, uses_a_write_ahead_log) {
  make_database();
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &connection), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(connection, "PRAGMA journal_mode", -1, &statement, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)), "wal");
  sqlite3_finalize(statement);
  sqlite3_close(connection);
}

TEST_F(OpenTest, dates_what_is_there_from_the_migration) {
  make_database();
  run_sql(file_,
          "ALTER TABLE updates DROP COLUMN written_s;"
          "ALTER TABLE documents DROP COLUMN forgotten_through;"
          "ALTER TABLE snapshots DROP COLUMN verified;"
          "PRAGMA user_version = 1");
  EXPECT_FALSE(SqliteReader::open(folder_.path()).ok()) << "an older version is not read";
  ASSERT_TRUE(ports_.open(folder_.path()).ok());
  const auto reader = SqliteReader::open(folder_.path()).value();
  EXPECT_EQ(reader->read_log(document("a"), {}, 1000).value().records.size(), 1u);
  run_sql(file_,
          "CREATE TABLE checked(young INTEGER CHECK (young = 1));"
          "INSERT INTO checked SELECT abs(written_s - unixepoch()) < 600 FROM updates");
}

TEST_F(OpenTest, refuses_a_newer_version_and_leaves_it_untouched) {
  make_database();
  run_sql(file_, "PRAGMA user_version = 999");
  const auto before = entries(folder_.path());
  expect_refused(ErrorCode::unsupported_version);
  EXPECT_EQ(entries(folder_.path()), before);
}

TEST_F(OpenTest, refuses_a_database_of_another_program_and_leaves_not_even_a_lock) {
  run_sql(file_, "CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)");
  expect_refused(ErrorCode::unsupported_version);
  EXPECT_EQ(entries(folder_.path()), std::set<std::string>{"syncline.db"});
}

TEST_F(OpenTest, refuses_a_file_that_is_no_database) {
  write_file(file_, std::string(10'000, 'x'));
  expect_refused(ErrorCode::unsupported_version);
  write_file(file_, "short");
  expect_refused(ErrorCode::unsupported_version);
}

TEST_F(OpenTest, says_that_a_damaged_database_is_damaged) {
  make_database();
  std::string bytes = read_file(file_);
  std::fill(bytes.begin() + 100, bytes.end(), '\x5a');
  write_file(file_, bytes);
  expect_refused(ErrorCode::checksum_mismatch);
}

TEST_F(OpenTest, says_that_a_truncated_database_is_damaged) {
  make_database();
  fs::resize_file(file_, 4096);
  expect_refused(ErrorCode::checksum_mismatch);
}

TEST_F(OpenTest, names_the_folder_that_cannot_be_written) {
  write_file(folder_.path() / "a file", "");
  for (const fs::path& folder : {folder_.path() / "a file", folder_.path() / "a file" / "data",
                                 fs::path("/proc/syncline")}) {
    const auto opened = ports_.open(folder);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::io_error);
    EXPECT_NE(opened.error().detail.find(folder.string()), std::string::npos);
    EXPECT_NE(opened.error().detail.find("--data"), std::string::npos);
  }
}

TEST_F(OpenTest, shares_its_folder_with_no_other_server) {
  const auto first = ports_.open(folder_.path()).value();
  const auto second = ports_.open(folder_.path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_NE(second.error().detail.find("pid " + std::to_string(::getpid())), std::string::npos);
}

TEST_F(OpenTest, can_be_opened_again_once_closed) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto database = ports_.open(folder_.path()).value();
    EXPECT_EQ(database->append(document("a"), SharedBytes(as_bytes("x")), 1).value(), Sequence{i});
  }
}

TEST_F(OpenTest, reads_beside_a_server_that_writes) {
  const auto database = ports_.open(folder_.path()).value();
  const auto reader = SqliteReader::open(folder_.path()).value();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(database->append(document("a"), SharedBytes(as_bytes("x")), 1).ok());
    EXPECT_EQ(reader->find(document("a")).value()->head, Sequence{i});
  }
}

TEST_F(OpenTest, has_no_reader_where_there_is_no_database) {
  EXPECT_EQ(SqliteReader::open(folder_.path()).error().code, ErrorCode::not_found);
  EXPECT_EQ(SqliteReader::open(folder_.path() / "absent").error().code, ErrorCode::not_found);
  EXPECT_TRUE(entries(folder_.path()).empty());
}

}  // namespace
}  // namespace syncline::adapters
