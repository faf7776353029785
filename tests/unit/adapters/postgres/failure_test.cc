#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "server/adapters/postgres/postgres_reader.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/postgres/postgres_fixture.h"

// What becomes of requests when the server is killed, stopped, silent or in trouble.

namespace syncline::adapters {
namespace {

using conformance::document;
using conformance::StoreRecorder;
using ports::Outcome;

// One process with its connections, and a shard that appends.
struct Client {
  explicit Client(const PostgresOptions& options)
      : database(ports.open(options).value()), store(*database, executor) {
    store.attach(recorder, recorder);
  }
  ~Client() {
    database->stop_at_once();
    executor.run_ready();
  }

  RequestToken append(const std::string& name, const std::string& text) {
    const RequestToken token = recorder.request();
    texts[token] = text;
    store.append(token, document(name), SharedBytes(as_bytes(text)), 0);
    return token;
  }
  bool run() {
    return executor.run_until([this] { return recorder.waiting.empty(); });
  }

  PostgresPorts ports;
  QueueExecutor executor;
  StoreRecorder recorder;
  std::map<RequestToken, std::string> texts;
  std::unique_ptr<PostgresDatabase> database;
  PostgresStore store;
};

PostgresOptions quick_options(const std::string& url) {
  PostgresOptions options;
  options.url = url;
  options.connect_timeout = seconds(2);
  options.statement_timeout = milliseconds(500);
  options.reconnect_delay_max = milliseconds(100);
  return options;
}

std::vector<std::string> log_of(const std::string& url, const std::string& name) {
  FixedClock clock;
  const auto reader = PostgresReader::open(quick_options(url), clock);
  const auto page = reader.value()->read_log(document(name), {}, 1'000'000'000);
  std::vector<std::string> texts;
  for (const auto& record : page->records) {
    EXPECT_EQ(record.sequence.value, texts.size() + 1);  // Without gaps.
    const BytesView bytes = record.update.view();
    texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  EXPECT_EQ(page->head.value, texts.size());
  return texts;
}

TEST(PostgresFailure, KilledAgainAndAgainItKeepsWhatItSaidItHas) {
  tests::PostgresProcess server;
  const std::string url = server.create_database();
  Client client(quick_options(url));
  int appended = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 200; ++i) client.append("d", std::to_string(appended++));
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
      round % 2 == 0 ? server.kill() : server.stop_immediately();
    });
    for (int i = 0; i < 200; ++i) {
      client.append("d", std::to_string(appended++));
      if (i % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(client.run());
    killer.join();
    server.start();
    // It comes back by itself.
    for (bool back = false; !back;) {
      const RequestToken token = client.append("d", std::to_string(appended++));
      ASSERT_TRUE(client.run());
      back = client.recorder.appends.at(token).outcome == Outcome::committed;
    }
  }
  const std::vector<std::string> log = log_of(url, "d");
  std::map<std::string, int> times;
  for (const std::string& text : log) ++times[text];
  int committed = 0;
  for (const auto& [token, result] : client.recorder.appends) {
    const std::string& text = client.texts.at(token);
    if (result.outcome == Outcome::committed) {
      ++committed;
      ASSERT_EQ(log.at(result.sequence.value - 1), text);
    }
    ASSERT_LE(times[text], 1);
    if (result.outcome == Outcome::refused) {
      ASSERT_EQ(times[text], 0) << text;
    }
  }
  EXPECT_GT(committed, 6);
}

TEST(PostgresFailure, ASilentServerIsGivenUpInTimeAndWhatWasAskedIsUnknown) {
  tests::PostgresProcess server;
  const std::string url = server.create_database();
  Client client(quick_options(url));
  client.append("d", "before");
  ASSERT_TRUE(client.run());
  server.pause();
  const RequestToken token = client.append("d", "into the silence");
  ASSERT_TRUE(client.run());
  EXPECT_EQ(client.recorder.appends.at(token).outcome, Outcome::unknown);
  const RequestToken refused = client.append("d", "nobody hears this");
  ASSERT_TRUE(client.run());
  EXPECT_NE(client.recorder.appends.at(refused).outcome, Outcome::committed);
  server.resume();
  for (bool back = false; !back;) {
    const RequestToken again = client.append("d", "again");
    ASSERT_TRUE(client.run());
    back = client.recorder.appends.at(again).outcome == Outcome::committed;
  }
  EXPECT_EQ(log_of(url, "d").front(), "before");
}

TEST(PostgresFailure, NodesThatWriteTheSameDocumentsNeverBlockEachOtherForGood) {
  const std::string url = shared_postgres().create_database();
  constexpr int nodes = 4;
  constexpr int rounds = 60;
  constexpr int documents = 12;
  constexpr int few = 5;  // Which are appended one by one.
  PostgresOptions options = quick_options(url);
  options.statement_timeout = seconds(20);
  ASSERT_TRUE(PostgresPorts().open(options).ok());  // Tables.
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int node = 0; node < nodes; ++node) {
    threads.emplace_back([&, node] {
      Client client(options);
      for (int round = 0; round < rounds; ++round) {
        // Each in an order of its own.
        for (int i = 0; i < (round % 2 == 0 ? documents : few); ++i) {
          const int which = (i * (2 * node + 1) + round) % documents;
          client.append("doc" + std::to_string(which), "x");
        }
        client.run();
      }
      for (const auto& [token, result] : client.recorder.appends) {
        if (result.outcome != Outcome::committed) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  std::size_t total = 0;
  for (int i = 0; i < documents; ++i) total += log_of(url, "doc" + std::to_string(i)).size();
  EXPECT_EQ(total, static_cast<std::size_t>(nodes * rounds * (documents + few) / 2));
}

TEST(PostgresFailure, WhatIsTooLargeIsRefusedAlone) {
  PostgresOptions options = quick_options(shared_postgres().create_database());
  options.value_bytes_max = 1000;
  Client client(options);
  const RequestToken before = client.append("d", "small");
  const RequestToken large = client.append("d", std::string(1001, 'x'));
  const RequestToken after = client.append("d", "small, too");
  ASSERT_TRUE(client.run());
  EXPECT_EQ(client.recorder.appends.at(before).sequence.value, 1U);
  EXPECT_EQ(client.recorder.appends.at(large).outcome, Outcome::refused);
  EXPECT_EQ(client.recorder.appends.at(large).error, ErrorCode::too_large);
  EXPECT_EQ(client.recorder.appends.at(after).sequence.value, 2U);
}

// What the server itself finds wrong with one update must not keep out those beside it.
TEST(PostgresFailure, WhatTheServerRefusesIsRefusedAlone) {
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  PostgresOptions options = quick_options(url);
  options.statement_timeout = seconds(20);
  options.writers = 1;
  Client client(options);
  const std::string answer = shared_postgres().run_sql(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF NEW.data = 'poison'::bytea THEN RAISE EXCEPTION 'no' USING ERRCODE = '22000'; END IF; "
      "IF NEW.data = 'twin'::bytea THEN RAISE EXCEPTION 'no' USING ERRCODE = '23505'; END IF; "
      "RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT ON syncline.updates "
      "FOR EACH ROW EXECUTE FUNCTION refuse()",
      name);
  ASSERT_EQ(answer, "");
  std::vector<RequestToken> poisons;
  for (int i = 0; i < 60; ++i) {
    client.append("d" + std::to_string(i % 7), std::to_string(i));
    if (i == 20) poisons.push_back(client.append("d1", "poison"));
    if (i == 40) poisons.push_back(client.append("d2", "twin"));
  }
  ASSERT_TRUE(client.run());
  for (const auto& [token, result] : client.recorder.appends) {
    const bool poison = std::ranges::count(poisons, token) > 0;
    EXPECT_EQ(result.outcome, poison ? Outcome::refused : Outcome::committed)
        << client.texts.at(token);
  }
  // In the order in which they came.
  EXPECT_EQ(log_of(url, "d1"),
            (std::vector<std::string>{"1", "8", "15", "22", "29", "36", "43", "50", "57"}));
}

// A transaction that takes longer than a statement may must not be tried again as it was, for ever.
TEST(PostgresFailure, ATransactionThatTakesTooLongIsFollowedBySmallerOnes) {
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  PostgresOptions options = quick_options(url);
  options.writers = 1;
  Client client(options);
  const std::string answer = shared_postgres().run_sql(
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_sleep(0.01); RETURN NEW; END $$; CREATE TRIGGER wait BEFORE INSERT ON "
      "syncline.updates FOR EACH ROW EXECUTE FUNCTION wait()",
      name);
  ASSERT_EQ(answer, "");
  std::vector<std::string> missing;
  for (int i = 0; i < 200; ++i) missing.push_back(std::to_string(i));
  for (int round = 0; round < 30 && !missing.empty(); ++round) {
    std::vector<RequestToken> tokens;
    for (const std::string& text : std::exchange(missing, {})) {
      tokens.push_back(client.append("d", text));
    }
    ASSERT_TRUE(client.run());
    for (const RequestToken token : tokens) {
      if (client.recorder.appends.at(token).outcome == Outcome::committed) continue;
      missing.push_back(client.texts.at(token));
    }
  }
  EXPECT_EQ(missing.size(), 0U);
  EXPECT_EQ(log_of(url, "d").size(), 200U);
}

// As large as they are, so much time they have.
TEST(PostgresFailure, ALargeSnapshotHasMoreTimeThanASmallStatement) {
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  Client client(quick_options(url));
  const std::string answer = shared_postgres().run_sql(
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_sleep(1.5); RETURN NEW; END $$; CREATE TRIGGER wait BEFORE INSERT ON "
      "syncline.snapshots FOR EACH ROW EXECUTE FUNCTION wait()",
      name);
  ASSERT_EQ(answer, "");
  client.append("d", "x");
  ASSERT_TRUE(client.run());
  const std::string state(9 * limits::mebibyte, 's');
  const RequestToken written = client.recorder.request();
  client.store.write_snapshot(
      written, document("d"),
      {.sequence = Sequence{1}, .checksum = 7, .state = SharedBytes(as_bytes(state))});
  ASSERT_TRUE(client.run());
  EXPECT_EQ(client.recorder.written.at(written), ports::SnapshotOutcome::written);
  const RequestToken read = client.recorder.request();
  client.store.read_snapshot(read, document("d"), Sequence{2});
  ASSERT_TRUE(client.run());
  const auto& snapshot = client.recorder.snapshots.at(read);
  ASSERT_TRUE(snapshot.ok() && snapshot->has_value());
  EXPECT_EQ((*snapshot)->checksum, 7U);
  EXPECT_TRUE(std::ranges::equal((*snapshot)->state.view(), as_bytes(state)));
}

// The primary is demoted where it is: a node must go to the standby that takes its place.
TEST(PostgresFailure, WritersLeaveAServerThatOnlyReads) {
  tests::PostgresProcess primary;
  tests::PostgresProcess standby({.standby_of = &primary});
  const std::string url = primary.create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  PostgresOptions options =
      quick_options("postgresql://syncline@127.0.0.1:" + std::to_string(primary.port()) +
                    ",127.0.0.1:" + std::to_string(standby.port()) + "/" + name);
  Client client(options);
  client.append("d", "before");
  ASSERT_TRUE(client.run());
  ASSERT_TRUE(tests::eventually(
      [&] { return standby.run_sql("SELECT count(*) FROM syncline.updates", name) == "1\n"; }));
  primary.run_sql("ALTER SYSTEM SET default_transaction_read_only = on");
  primary.run_sql("SELECT pg_reload_conf()");
  const auto committed = [&](const std::string& text) {
    const RequestToken token = client.append("d", text);
    EXPECT_TRUE(client.run());
    return client.recorder.appends.at(token).outcome == Outcome::committed;
  };
  ASSERT_TRUE(tests::eventually([&] { return !committed("while it is demoted"); }));
  standby.promote();
  ASSERT_TRUE(tests::eventually([&] { return committed("after"); }));
  EXPECT_EQ(log_of(standby.url(name), "d").back(), "after");
}

// Nor may a node that finds no other ask again without a pause.
TEST(PostgresFailure, AServerThatOnlyReadsIsNotStormed) {
  tests::PostgresProcess server;
  PostgresOptions options = quick_options(server.create_database() + "?target_session_attrs=any");
  options.writers = 1;
  options.readers = 1;
  options.reconnect_delay_min = milliseconds(10);
  options.reconnect_delay_max = seconds(60);
  Client client(options);
  server.run_sql("ALTER SYSTEM SET default_transaction_read_only = on");
  server.run_sql("SELECT pg_reload_conf()");
  const std::uint64_t before = client.ports.metrics.count(ports::Counter::postgres_connects);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < until) {
    client.append("d", "x");
    ASSERT_TRUE(client.run());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::uint64_t connects =
      client.ports.metrics.count(ports::Counter::postgres_connects) - before;
  EXPECT_GE(connects, 2U);
  EXPECT_LE(connects, 12U);  // After 10, 20, 40, ... ms.
}

// A node that has not noticed that the database failed over to a standby that was behind.
TEST(PostgresFailure, ASnapshotOfMoreThanTheLogIsNotWritten) {
  Client client(quick_options(shared_postgres().create_database()));
  client.append("d", "x");
  ASSERT_TRUE(client.run());
  const auto write = [&](std::uint64_t sequence) {
    const RequestToken token = client.recorder.request();
    client.store.write_snapshot(
        token, document("d"),
        {.sequence = Sequence{sequence}, .checksum = 7, .state = SharedBytes(as_bytes("state"))});
    EXPECT_TRUE(client.run());
    return client.recorder.written.at(token);
  };
  EXPECT_EQ(write(2), ports::SnapshotOutcome::stale);
  EXPECT_EQ(write(1), ports::SnapshotOutcome::written);
}

// Each loss of the write buffer begins a lineage: they must not be remembered for ever.
TEST(PostgresFailure, OldLineagesAreForgottenInTheEnd) {
  struct Drains final : ports::DrainStoreSink {
    void on_drain_done(RequestToken, ports::DrainResult result) override { last = result; }
    std::optional<ports::DrainResult> last;
  };
  const std::string url = shared_postgres().create_database();
  const std::string name = url.substr(url.rfind('/') + 1);
  Client client(quick_options(url));
  Drains drains;
  PostgresDrainStore store(*client.database, client.executor);
  store.attach(drains);
  const auto drain = [&](std::uint64_t lineage, std::uint64_t offset) {
    drains.last.reset();
    store.drain(RequestToken{1}, {{.document = document("d"),
                                   .records = {{.position = {.lineage = lineage, .offset = offset},
                                                .checksum = 0,
                                                .update = SharedBytes(as_bytes("x"))}}}});
    EXPECT_TRUE(client.executor.run_until([&] { return drains.last.has_value(); }));
    EXPECT_EQ(drains.last->outcome, Outcome::committed);
    return drains.last->heads.at(0).value;
  };
  for (std::uint64_t lineage = 1; lineage <= 20; ++lineage) {
    EXPECT_EQ(drain(lineage, 5), lineage);
  }
  EXPECT_EQ(shared_postgres().run_sql("SELECT count(*) FROM syncline.drained", name), "8\n");
  // The newest are known: a worker that was stopped for long drains nothing twice.
  for (std::uint64_t lineage = 13; lineage <= 20; ++lineage) EXPECT_EQ(drain(lineage, 5), 20U);
}

TEST(PostgresFailure, ReadersComeBackAfterARestart) {
  tests::PostgresProcess server;
  const std::string url = server.create_database();
  Client client(quick_options(url));
  client.append("d", "x");
  ASSERT_TRUE(client.run());
  server.stop_immediately();
  const auto ask = [&] {
    const RequestToken token = client.recorder.request();
    client.store.read_heads(token, {document("d")});
    EXPECT_TRUE(client.run());
    return client.recorder.heads.at(token);
  };
  EXPECT_FALSE(ask().ok());
  server.start();
  for (auto heads = ask();; heads = ask()) {
    if (!heads.ok()) continue;
    EXPECT_EQ(heads->front().value, 1U);
    break;
  }
}

TEST(PostgresFailure, ItIsKnownThatTheServerIsGoneThoughNobodyWrites) {
  tests::PostgresProcess server;
  PostgresOptions options = quick_options(server.create_database());
  options.idle_check_interval = milliseconds(50);
  Client client(options);
  EXPECT_EQ(client.ports.metrics.level(ports::Gauge::degraded_store), 0);
  for (int round = 0; round < 2; ++round) {
    server.stop_immediately();
    EXPECT_TRUE(client.ports.metrics.wait_for(ports::Gauge::degraded_store, 1));
    server.start();
    EXPECT_TRUE(client.ports.metrics.wait_for(ports::Gauge::degraded_store, 0));
  }
  server.pause();
  EXPECT_TRUE(client.ports.metrics.wait_for(ports::Gauge::degraded_store, 1));
  server.resume();
  EXPECT_TRUE(client.ports.metrics.wait_for(ports::Gauge::degraded_store, 0));
  // Nothing of it is a transaction that writes.
  EXPECT_EQ(client.ports.metrics.batches(), std::vector<double>());
}

TEST(PostgresFailure, StoppingAtOnceDoesNotWaitForASilentServer) {
  tests::PostgresProcess server;
  PostgresOptions options = quick_options(server.create_database());
  options.statement_timeout = seconds(600);
  Client client(options);
  server.pause();
  client.append("d", "x");
  const auto begun = std::chrono::steady_clock::now();
  client.database->stop_at_once();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
  ASSERT_TRUE(client.run());
  server.resume();
}

}  // namespace
}  // namespace syncline::adapters
