// A connection whose transaction can neither be committed nor rolled back is replaced.

#include <memory>
#include <string_view>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/adapters/sqlite/data_folder.h"
#include "server/adapters/sqlite/sqlite_reader.h"
#include "server/adapters/sqlite/write_connection.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

using conformance::document;

// The end of a transaction that SQLite refuses in every connection; empty: none.
std::string_view refused;

int authorize(void*, int action, const char* what, const char*, const char*, const char*) {
  return action == SQLITE_TRANSACTION && !refused.empty() && refused == what ? SQLITE_DENY
                                                                             : SQLITE_OK;
}

int watch(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  return sqlite3_set_authorizer(connection, authorize, nullptr);
}

class ReopenTest : public testing::Test {
 protected:
  ReopenTest() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  ~ReopenTest() override {
    refused = {};
    sqlite3_reset_auto_extension();
  }

  TemporaryFolder folder_;
};

TEST_F(ReopenTest, a_writer_that_cannot_roll_back_begins_anew) {
  const auto writer = sqlite::WriteConnection::open(sqlite::database_file(folder_.path())).value();
  const Bytes update(3);
  ASSERT_TRUE(writer->begin().ok());
  ASSERT_TRUE(writer->append(document("a"), update, 1, {}).ok());
  refused = "ROLLBACK";
  writer->rollback();
  ASSERT_TRUE(writer->begin().ok());
  EXPECT_EQ(writer->append(document("a"), update, 1, {}).value(), Sequence{1});
  ASSERT_TRUE(writer->finish({}).ok());
  EXPECT_TRUE(writer->commit().ok());
}

TEST_F(ReopenTest, a_reader_that_cannot_commit_reads_on) {
  const auto writer = sqlite::WriteConnection::open(sqlite::database_file(folder_.path())).value();
  const auto reader = SqliteReader::open(folder_.path()).value();
  ASSERT_TRUE(reader->read_log(document("a"), {}, 1).ok());
  refused = "COMMIT";
  EXPECT_FALSE(reader->read_log(document("a"), {}, 1).ok());
  refused = {};
  EXPECT_TRUE(reader->read_log(document("a"), {}, 1).ok());
}

}  // namespace
}  // namespace syncline::adapters
