// Durable appends a second, closed loop: so many updates are always on their way.
//
//   sqlite_append_bench [FOLDER] [DOCUMENTS] [IN_FLIGHT] [SECONDS] [UPDATE_BYTES]

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

struct Load {
  std::filesystem::path folder;
  std::uint64_t documents;
  std::uint64_t in_flight;
  double seconds;
  std::size_t update_bytes;
};

class Appender final : public ports::UpdateStoreSink, public ports::SnapshotStoreSink {
 public:
  Appender(SqliteStore& store, const Load& load)
      : store_(store), update_(Bytes(load.update_bytes, std::byte{7})) {
    for (std::uint64_t i = 0; i < load.documents; ++i) {
      names_.push_back(DocumentName::parse("document " + std::to_string(i)).value());
    }
    store.attach(*this, *this);
  }

  void append() {
    ++waiting_;
    ++token_;
    store_.append(RequestToken{token_}, names_[token_ % names_.size()], update_, token_);
  }
  void on_append_done(RequestToken, ports::AppendResult result) override {
    --waiting_;
    if (result.outcome == ports::Outcome::committed) ++committed_;
    if (!ended_) append();
  }
  void on_log_page(RequestToken, Result<ports::LogPage>) override {}
  void on_log_heads(RequestToken, Result<std::vector<Sequence>>) override {}
  void on_snapshot_read(RequestToken, Result<std::optional<ports::Snapshot>>) override {}
  void on_snapshot_written(RequestToken, ports::SnapshotOutcome) override {}

  void end() { ended_ = true; }
  std::uint64_t waiting() const { return waiting_; }
  std::uint64_t committed() const { return committed_; }

 private:
  SqliteStore& store_;
  const SharedBytes update_;
  std::vector<DocumentName> names_;
  std::uint64_t token_ = 0;
  std::uint64_t waiting_ = 0;
  std::uint64_t committed_ = 0;
  bool ended_ = false;
};

int run(const Load& load) {
  SqlitePorts ports;
  auto database = ports.open(load.folder);
  if (!database.ok()) {
    std::fprintf(stderr, "%s\n", database.error().message().c_str());
    return 1;
  }
  QueueExecutor executor;
  SqliteStore store(**database, executor);
  Appender appender(store, load);
  const Instant begun = ports.clock.now();
  for (std::uint64_t i = 0; i < load.in_flight; ++i) appender.append();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(ports.clock.now() - begun).count();
  };
  executor.run_until([&] { return elapsed() >= load.seconds; }, std::chrono::seconds(600));
  appender.end();
  executor.run_until([&] { return appender.waiting() == 0; });
  const double seconds = elapsed();
  const auto commits = static_cast<double>(ports.metrics.batches().size());
  const auto updates = static_cast<double>(appender.committed());
  std::printf(
      "documents %llu, in flight %llu, %zu bytes: %.0f appends/s, %.0f commits/s, "
      "%.1f updates a commit\n",
      static_cast<unsigned long long>(load.documents),
      static_cast<unsigned long long>(load.in_flight), load.update_bytes, updates / seconds,
      commits / seconds, updates / commits);
  (*database)->stop();
  return 0;
}

}  // namespace
}  // namespace syncline::adapters

int main(int argc, char** argv) {
  const auto number = [argc, argv](int index, std::uint64_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const syncline::adapters::TemporaryFolder temporary;
  return syncline::adapters::run({.folder = argc > 1 ? argv[1] : temporary.path(),
                                  .documents = number(2, 1),
                                  .in_flight = number(3, 1000),
                                  .seconds = static_cast<double>(number(4, 5)),
                                  .update_bytes = static_cast<std::size_t>(number(5, 25))});
}
