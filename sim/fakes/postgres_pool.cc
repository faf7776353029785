#include "sim/fakes/postgres_pool.h"

#include <string_view>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

struct RequestWeight {
  std::string_view what;
  std::size_t bytes;
};

RequestWeight weigh(const PostgresRequest& request) {
  struct Weigh {
    RequestWeight operator()(const AppendRows& append) const {
      std::size_t bytes = 64;
      for (const AppendRow& row : append.rows) bytes += 32 + row.update.size();
      return {"append", bytes};
    }
    RequestWeight operator()(const DrainDocuments& drain) const {
      std::size_t bytes = 64;
      for (const DrainRows& rows : drain.documents) {
        for (const ports::BufferRecord& record : rows.records) bytes += 40 + record.update.size();
      }
      return {"drain", bytes};
    }
    RequestWeight operator()(const ReadLog&) const { return {"read log", 48}; }
    RequestWeight operator()(const ReadHeads& heads) const {
      return {"read heads", 32 + 16 * heads.documents.size()};
    }
    RequestWeight operator()(const ReadSnapshot&) const { return {"read snapshot", 48}; }
    RequestWeight operator()(const WriteSnapshot& write) const {
      return {"write snapshot", 64 + write.snapshot.state.size()};
    }
    RequestWeight operator()(const FindOldLogs& find) const {
      return {"find old logs", 48 + 8 * find.documents.size()};
    }
    RequestWeight operator()(const ForgetRows&) const { return {"forget", 64}; }
  };
  return std::visit(Weigh{}, request);
}

ErrorCode code_of(PostgresError error) {
  return error == PostgresError::disk_full ? ErrorCode::storage_full : ErrorCode::unavailable;
}

}  // namespace

PostgresPool::PostgresPool(Party self, Process& process, ports::Random& random, Network& network,
                           Postgres& server, Party server_party, const Limits& limits)
    : self_(self),
      process_(process),
      network_(network),
      server_(server),
      server_party_(server_party),
      limits_(limits),
      backoff_(random),
      connections_(limits.connections) {}

PostgresPool::~PostgresPool() {
  for (const Connection& connection : connections_) {
    if (connection.state != State::closed) network_.close(connection.link, Side::opener);
  }
}

void PostgresPool::run(PostgresRequestPtr request, PostgresCaller& caller, std::uint64_t ticket) {
  waiting_.push_back({.request = std::move(request),
                      .caller = &caller,
                      .ticket = ticket,
                      .attempts = 0,
                      .since = process_.now()});
  dispatch();
}

void PostgresPool::dispatch() {
  while (!waiting_.empty()) {
    Connection* const connection = idle_connection();
    if (connection == nullptr) break;
    connection->job = std::move(waiting_.front());
    waiting_.pop_front();
    send(*connection);
  }
  if (waiting_.empty()) return;
  connect_one();
  watch_queue();
}

PostgresPool::Connection* PostgresPool::idle_connection() {
  for (Connection& connection : connections_) {
    if (connection.state == State::idle) return &connection;
  }
  return nullptr;
}

// One attempt at a time.
void PostgresPool::connect_one() {
  if (backing_off_) return;
  Connection* closed = nullptr;
  for (Connection& connection : connections_) {
    if (connection.state == State::connecting) return;
    if (connection.state == State::closed && closed == nullptr) closed = &connection;
  }
  if (closed == nullptr) return;
  closed->state = State::connecting;
  closed->link = network_.connect(self_, server_party_, *this);
  process_.after(limits_.connect_timeout,
                 [this, at = place_of(*closed), number = ++closed->attempt] {
                   on_connect_timeout(at, number);
                 });
}

void PostgresPool::on_link_open(LinkId link) {
  Connection* const connection = find(link);
  SYNCLINE_ASSERT(connection != nullptr);
  connection->state = State::idle;
  backoff_.succeeded();
  dispatch();
}

void PostgresPool::on_connect_timeout(std::size_t at, std::uint64_t attempt) {
  Connection& connection = connections_[at];
  if (connection.state != State::connecting || connection.attempt != attempt) return;
  network_.close(connection.link, Side::opener);
  connect_failed(connection);
}

void PostgresPool::connect_failed(Connection& connection) {
  connection.state = State::closed;
  backing_off_ = true;
  process_.after(backoff_.next(), [this] {
    backing_off_ = false;
    dispatch();
  });
}

void PostgresPool::send(Connection& connection) {
  connection.state = State::busy;
  connection.job.since = process_.now();
  ++connection.job.attempts;
  const RequestWeight weight = weigh(*connection.job.request);
  network_.send(connection.link, Side::opener, static_cast<std::uint32_t>(weight.bytes),
                weight.what,
                [server = &server_, link = connection.link, from = self_, client = this,
                 request = connection.job.request]() mutable {
                  server->receive(link, from, *client, std::move(request));
                });
  watch(place_of(connection));
}

void PostgresPool::on_postgres_answer(LinkId link, PostgresAnswer answer) {
  Connection* const connection = find(link);
  SYNCLINE_ASSERT(connection != nullptr && connection->state == State::busy);
  const auto* const error = std::get_if<PostgresError>(&answer);
  if (error != nullptr && *error == PostgresError::serialization_failure &&
      connection->job.attempts < limits_.attempts_max) {
    return send(*connection);
  }
  connection->state = State::idle;
  const Job job = std::exchange(connection->job, {});
  PostgresReply reply{.outcome = ports::Outcome::committed};
  if (error != nullptr) {
    reply.outcome = ports::Outcome::refused;
    reply.error = code_of(*error);
  } else {
    reply.answer = std::move(answer);
  }
  dispatch();
  job.caller->on_postgres_reply(job.ticket, std::move(reply));
}

void PostgresPool::on_link_end(LinkId link, LinkEnd) {
  Connection* const connection = find(link);
  SYNCLINE_ASSERT(connection != nullptr);
  if (connection->state == State::connecting) return connect_failed(*connection);
  lost(*connection);
}

void PostgresPool::lost(Connection& connection) {
  const bool was_busy = connection.state == State::busy;
  connection.state = State::closed;
  const Job job = std::exchange(connection.job, {});
  dispatch();
  if (was_busy) job.caller->on_postgres_reply(job.ticket, {.outcome = ports::Outcome::unknown});
}

// One timer a connection, however many requests it carries.
void PostgresPool::watch(std::size_t at) {
  Connection& connection = connections_[at];
  if (connection.watched) return;
  connection.watched = true;
  const Duration left = connection.job.since + limits_.answer_timeout - process_.now();
  process_.after(left, [this, at] { on_watch(at); });
}

void PostgresPool::on_watch(std::size_t at) {
  Connection& connection = connections_[at];
  connection.watched = false;
  if (connection.state != State::busy) return;
  if (process_.now() - connection.job.since < limits_.answer_timeout) return watch(at);
  // What silenced this one may have silenced all. Those that are idle would find out one by one.
  for (Connection& other : connections_) {
    if (other.state != State::idle) continue;
    network_.close(other.link, Side::opener);
    other.state = State::closed;
  }
  network_.close(connection.link, Side::opener);
  lost(connection);
}

void PostgresPool::watch_queue() {
  if (queue_watched_ || waiting_.empty()) return;
  queue_watched_ = true;
  const Duration left = waiting_.front().since + limits_.acquire_timeout - process_.now();
  process_.after(left, [this] { on_queue_watch(); });
}

void PostgresPool::on_queue_watch() {
  queue_watched_ = false;
  std::vector<Job> refused;
  while (!waiting_.empty() && process_.now() - waiting_.front().since >= limits_.acquire_timeout) {
    refused.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  watch_queue();
  for (const Job& job : refused) {
    job.caller->on_postgres_reply(job.ticket, {.outcome = ports::Outcome::refused});
  }
}

PostgresPool::Connection* PostgresPool::find(LinkId link) {
  for (Connection& connection : connections_) {
    if (connection.state != State::closed && connection.link == link) return &connection;
  }
  return nullptr;
}

std::size_t PostgresPool::place_of(const Connection& connection) const {
  return static_cast<std::size_t>(&connection - connections_.data());
}

}  // namespace syncline::sim
