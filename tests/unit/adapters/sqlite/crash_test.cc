// P3 on the store alone: a process that appends is killed with SIGKILL at a random moment, and
// whatever it had been told is committed is there.

#include <array>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/adapters/sqlite/sqlite_reader.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

using conformance::document;

constexpr std::uint64_t documents = 3;

// What the child tells its parent about each committed update. Shorter than PIPE_BUF: whole or
// absent.
struct Receipt {
  std::uint64_t document;
  std::uint64_t sequence;
  std::uint64_t content;
};

std::string name_of(std::uint64_t number) { return "document " + std::to_string(number); }

// Appends without end; writes a receipt for each answer.
class Appender final : public ports::UpdateStoreSink, public ports::SnapshotStoreSink {
 public:
  Appender(SqliteStore& store, int pipe, std::uint64_t first_token)
      : store_(store), pipe_(pipe), token_(first_token) {
    store.attach(*this, *this);
  }

  void append() {
    const RequestToken token{++token_};
    const std::string content = std::to_string(token.value);
    store_.append(token, document(name_of(token.value % documents)), SharedBytes(as_bytes(content)),
                  token.value);
  }

  void on_append_done(RequestToken token, ports::AppendResult result) override {
    if (result.outcome == ports::Outcome::committed) {
      const Receipt receipt{token.value % documents, result.sequence.value, token.value};
      if (::write(pipe_, &receipt, sizeof receipt) != sizeof receipt) ::_exit(3);
    }
    append();
  }
  void on_log_page(RequestToken, Result<ports::LogPage>) override {}
  void on_log_heads(RequestToken, Result<std::vector<Sequence>>) override {}
  void on_snapshot_read(RequestToken, Result<std::optional<ports::Snapshot>>) override {}
  void on_snapshot_written(RequestToken, ports::SnapshotOutcome) override {}

 private:
  SqliteStore& store_;
  const int pipe_;
  std::uint64_t token_;
};

[[noreturn]] void run_child(const std::filesystem::path& folder, int pipe, std::uint64_t first) {
  SqlitePorts ports;
  auto database = ports.open(folder);
  if (!database.ok()) ::_exit(2);
  QueueExecutor executor;
  SqliteStore store(**database, executor);
  Appender appender(store, pipe, first);
  for (int i = 0; i < 40; ++i) appender.append();
  executor.run_until([] { return false; });
  ::_exit(4);
}

std::vector<Receipt> kill_after(const std::filesystem::path& folder, std::uint64_t first,
                                std::chrono::milliseconds delay) {
  std::array<int, 2> ends = {};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(folder, ends[1], first);
  }
  ::close(ends[1]);
  std::thread killer([child, delay] {
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
  });
  std::vector<Receipt> receipts;
  Receipt receipt = {};
  while (::read(ends[0], &receipt, sizeof receipt) == sizeof receipt) receipts.push_back(receipt);
  killer.join();
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return receipts;
}

void check(const std::filesystem::path& folder,
           const std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>& receipts) {
  SqlitePorts ports;
  const auto database = ports.open(folder).value();  // As a server that starts again.
  const auto reader = SqliteReader::open(folder).value();
  std::map<std::uint64_t, ports::LogPage> logs;
  for (std::uint64_t number = 0; number < documents; ++number) {
    logs[number] = reader->read_log(document(name_of(number)), {}, 1 << 30).value();
    const ports::LogPage& log = logs[number];
    EXPECT_EQ(log.head, Sequence{log.records.size()});
    for (std::size_t i = 0; i < log.records.size(); ++i) {
      ASSERT_EQ(log.records[i].sequence, Sequence{i + 1});
    }
  }
  for (const auto& [place, content] : receipts) {
    const ports::LogPage& log = logs[place.first];
    ASSERT_LE(place.second, log.records.size()) << "an acknowledged update is gone";
    ASSERT_EQ(log.records[place.second - 1].checksum, content);
    ASSERT_EQ(as_text(log.records[place.second - 1].update.view()), std::to_string(content));
  }
}

TEST(SqliteCrashTest, keeps_every_committed_update_when_the_process_is_killed) {
  const TemporaryFolder folder;
  std::mt19937 random(20'240'229);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> receipts;
  for (std::uint64_t round = 0; round < 12; ++round) {
    const std::chrono::milliseconds delay(random() % 250);
    for (const Receipt& receipt : kill_after(folder.path(), round * 1'000'000, delay)) {
      const auto place = std::pair(receipt.document, receipt.sequence);
      ASSERT_TRUE(receipts.emplace(place, receipt.content).second) << "a number was given twice";
    }
    check(folder.path(), receipts);
  }
  EXPECT_GT(receipts.size(), 100u);
}

}  // namespace
}  // namespace syncline::adapters
