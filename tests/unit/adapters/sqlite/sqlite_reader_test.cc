#include "server/adapters/sqlite/sqlite_reader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/adapters/sqlite/connection.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

using conformance::document;

class SqliteReaderTest : public testing::Test {
 protected:
  SqliteReaderTest() {
    database_ = ports_.open(folder_.path()).value();
    for (const std::string& name : names_) append(name, "x");
    std::ranges::sort(names_);
    reader_ = SqliteReader::open(folder_.path()).value();
  }

  void append(const std::string& name, std::string_view update) {
    ASSERT_TRUE(database_->append(document(name), SharedBytes(as_bytes(update)), 1).ok());
  }

  std::vector<std::string> list(const std::optional<std::string>& after, std::size_t limit,
                                const std::string& filter = "") {
    std::vector<std::string> listed;
    const auto entries = reader_->list(after, limit, filter).value();
    for (const auto& entry : entries) {
      listed.push_back(entry.name.text());
    }
    return listed;
  }

  std::vector<std::string> names_ = {"b",   "a",          "B",          "zebra",      "\u00e9clair",
                                     "a/b", "notes 100%", "\U0001F600", "under_score"};
  TemporaryFolder folder_;
  SqlitePorts ports_;
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<SqliteReader> reader_;
};

TEST_F(SqliteReaderTest, lists_by_name_in_byte_order) { EXPECT_EQ(list({}, 100), names_); }

TEST_F(SqliteReaderTest, lists_in_pages) {
  for (std::size_t limit = 1; limit <= names_.size() + 1; ++limit) {
    std::vector<std::string> all;
    std::optional<std::string> after;
    while (true) {
      const std::vector<std::string> page = list(after, limit);
      EXPECT_LE(page.size(), limit);
      if (page.empty()) break;
      all.insert(all.end(), page.begin(), page.end());
      after = page.back();
    }
    EXPECT_EQ(all, names_);
  }
  EXPECT_TRUE(list({}, 0).empty());
}

TEST_F(SqliteReaderTest, filters_by_what_the_name_contains) {
  EXPECT_EQ(list({}, 100, "b"), (std::vector<std::string>{"a/b", "b", "zebra"}));
  EXPECT_EQ(list("a/b", 1, "b"), std::vector<std::string>{"b"});
  EXPECT_EQ(list({}, 100, "%"), std::vector<std::string>{"notes 100%"});
  EXPECT_EQ(list({}, 100, "_"), std::vector<std::string>{"under_score"});
  EXPECT_EQ(list({}, 100, "\u00e9"), std::vector<std::string>{"\u00e9clair"});
  EXPECT_TRUE(list({}, 100, "nowhere").empty());
}

TEST_F(SqliteReaderTest, finds_a_document_with_its_figures) {
  append("a", "12345");
  const auto entry = reader_->find(document("a")).value();
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->head, Sequence{2});
  EXPECT_EQ(entry->log_bytes, 6u);
  EXPECT_EQ(entry->created_at, ports_.clock.wall_now());
  EXPECT_EQ(entry->updated_at, ports_.clock.wall_now());
  EXPECT_FALSE(reader_->find(document("nothing")).value().has_value());
}

// A log that lost a record is given as it is: the core quarantines it.
TEST_F(SqliteReaderTest, shows_a_gap_as_it_is) {
  append("a", "2");
  append("a", "3");
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open((folder_.path() / "syncline.db").c_str(), &connection), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(connection,
                         "DELETE FROM updates WHERE sequence = 2 AND document_id ="
                         " (SELECT id FROM documents WHERE name = 'a')",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(connection);
  const auto page = reader_->read_log(document("a"), {}, 1000).value();
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(page.records[1].sequence, Sequence{3});
  EXPECT_EQ(page.head, Sequence{3});
}

TEST_F(SqliteReaderTest, answers_nothing_after_its_end) {
  reader_->end();
  EXPECT_EQ(reader_->list({}, 100, "").error().code, ErrorCode::unavailable);
  EXPECT_EQ(reader_->read_log(document("a"), {}, 1000).error().code, ErrorCode::unavailable);
}

TEST(Connection, gives_up_what_it_runs) {
  const TemporaryFolder folder;
  std::atomic<bool> ended = false;
  auto connection =
      sqlite::Connection::open(folder.path() / "syncline.db", sqlite::Connection::Mode::read_write)
          .value();
  connection.fail_once(ended);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ended = true;
  });
  const auto endless = connection.read_integer(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  other.join();
  EXPECT_EQ(endless.error().code, ErrorCode::unavailable);
}

TEST_F(SqliteReaderTest, may_be_used_by_several_threads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(reader_->list({}, 100, "").value().size(), names_.size());
        EXPECT_EQ(reader_->read_log(document("a"), {}, 1000).value().head, Sequence{1});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace syncline::adapters
