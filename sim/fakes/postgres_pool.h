#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "server/base/instant.h"
#include "server/ports/random.h"
#include "server/ports/update_store.h"
#include "sim/fakes/backoff.h"
#include "sim/network.h"
#include "sim/services/postgres.h"
#include "sim/services/process.h"

namespace syncline::sim {

// How a request to PostgreSQL ended.
struct PostgresReply {
  ports::Outcome outcome;  // committed: answer; refused: error; unknown: the link died meanwhile.
  PostgresAnswer answer = {};
  ErrorCode error = ErrorCode::unavailable;
};

// Who asked.
class PostgresCaller {
 public:
  // As an event of the process, never from within run().
  virtual void on_postgres_reply(std::uint64_t ticket, PostgresReply reply) = 0;

 protected:
  ~PostgresCaller() = default;
};

// The connections of one shard, or one worker, to PostgreSQL: opened when they are needed, kept,
// and opened again after they were lost, with growing and jittered delays.
//
// A request waits for a free connection, and is refused if none comes free in time. Once it was
// sent, only its answer says what became of it: if the connection dies or stays silent for too
// long, the outcome is unknown. A transaction that failed to serialize is tried again at once.
class PostgresPool final : public LinkEvents, public PostgresClient {
 public:
  struct Limits {
    std::size_t connections = 3;
    Duration acquire_timeout = seconds(2);
    // Above the server's own limits, which answer.
    Duration answer_timeout = seconds(6);
    Duration connect_timeout = seconds(2);
    std::uint32_t attempts_max = 4;  // Of a transaction that fails to serialize.
  };

  // All must outlive the pool.
  PostgresPool(Party self, Process& process, ports::Random& random, Network& network,
               Postgres& server, Party server_party, const Limits& limits);
  // Closes what is open: the server executes what it was sent.
  ~PostgresPool();

  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  // Exactly one reply follows.
  void run(PostgresRequestPtr request, PostgresCaller& caller, std::uint64_t ticket);

  // Inputs.
  void on_link_open(LinkId link) override;
  void on_link_end(LinkId link, LinkEnd end) override;
  void on_postgres_answer(LinkId link, PostgresAnswer answer) override;

 private:
  struct Job {
    PostgresRequestPtr request;
    PostgresCaller* caller = nullptr;
    std::uint64_t ticket = 0;
    std::uint32_t attempts = 0;
    Instant since;  // When it was asked for; then, when it was sent.
  };

  enum class State : std::uint8_t { closed, connecting, idle, busy };

  struct Connection {
    State state = State::closed;
    LinkId link;
    Job job;                    // While busy.
    std::uint64_t attempt = 0;  // Which attempt to connect this is.
    bool watched = false;       // A timer looks after the job's time.
  };

  // The next waiting job to the next free connection, as long as there are both.
  void dispatch();
  Connection* idle_connection();
  void connect_one();
  void on_connect_timeout(std::size_t at, std::uint64_t attempt);
  void connect_failed(Connection& connection);
  void send(Connection& connection);
  void watch(std::size_t at);
  void on_watch(std::size_t at);
  void watch_queue();
  void on_queue_watch();
  // The connection is no more; what it was doing may have been done.
  void lost(Connection& connection);
  Connection* find(LinkId link);
  std::size_t place_of(const Connection& connection) const;

  // Constant after construction.
  const Party self_;
  Process& process_;
  Network& network_;
  Postgres& server_;
  const Party server_party_;
  const Limits limits_;

  Backoff backoff_;
  std::vector<Connection> connections_;
  std::deque<Job> waiting_;  // Oldest first.
  bool queue_watched_ = false;
  bool backing_off_ = false;  // After a failed attempt nobody connects for a while.
};

}  // namespace syncline::sim
