#include "server/adapters/redis/servers.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace syncline::adapters::redis {
namespace {

// A cluster that changes is not asked more often.
constexpr Duration look_up_gap = milliseconds(50);
// A master that is gone without a word, or a table that has a hole.
constexpr Duration look_up_interval = seconds(1);

}  // namespace

Servers::Servers(const Surroundings& surroundings, const RedisOptions& options,
                 ServersEvents& events)
    : surroundings_(surroundings),
      options_(options),
      events_(events),
      timer_(surroundings.loop),
      named_(surroundings, options, Connection::Use::commands,
             static_cast<ConnectionEvents&>(*this)) {}

Servers::~Servers() { *alive_ = false; }

// Asking.

void Servers::ask(Command command) {
  Connection* const connection = connection_for(command);
  // Without a master: the one that the options name refuses, as it would for a lost connection.
  if (connection == nullptr) return named_.refuse(command);
  connection->ask(std::move(command));
}

Connection* Servers::connection_for(const Command& command) {
  if (!is_cluster() || !command.slot) return &named_;
  const Address* const master = table_->master_of(*command.slot);
  if (master == nullptr) return nullptr;
  const auto entry = masters_.find(*master);
  return entry == masters_.end() ? nullptr : entry->second.get();
}

std::size_t Servers::unanswered() const {
  std::size_t count = named_.unanswered();
  for (const auto& [address, connection] : masters_) count += connection->unanswered();
  return count;
}

// Connections.

void Servers::on_connection_ready() {
  if (named_.ready() && named_.server().cluster) look_up();
  note_standing();
  events_.on_servers_looked_at();
}

void Servers::on_connection_lost() {
  if (is_cluster()) look_up();
  note_standing();
  events_.on_servers_turn_end();
}

std::vector<Connection*> Servers::masters() {
  if (!is_cluster()) return {&named_};
  std::vector<Connection*> masters;
  for (const auto& [address, connection] : masters_) masters.push_back(connection.get());
  return masters;
}

unsigned Servers::memory_percent() const {
  // Of one that is away it is what it said last: it will hardly be emptier when it is back.
  if (!is_cluster()) return named_.memory_percent();
  unsigned most = 0;
  for (const auto& [address, connection] : masters_) {
    most = std::max(most, connection->memory_percent());
  }
  return most;
}

void Servers::on_turn_end() { events_.on_servers_turn_end(); }

void Servers::note_standing() {
  bool standing = named_.ready() && !named_.server().cluster;
  if (is_cluster()) {
    standing =
        !masters_.empty() && std::all_of(masters_.begin(), masters_.end(),
                                         [](const auto& entry) { return entry.second->ready(); });
  }
  if (standing == std::exchange(standing_, standing)) return;
  events_.on_servers_stand(standing);
}

// The cluster.

void Servers::look_up() {
  if (looking_up_ || std::exchange(will_look_up_, true)) return;
  timer_.after(look_up_gap, [this] { look_up_now(); });
}

void Servers::look_up_now() {
  will_look_up_ = false;
  Connection* whom = named_.ready() ? &named_ : nullptr;
  for (const auto& [address, connection] : masters_) {
    if (whom == nullptr && connection->ready()) whom = connection.get();
  }
  if (whom == nullptr || !whom->server().cluster) {
    timer_.after(look_up_interval, [this] { look_up_now(); });
    return;
  }
  looking_up_ = true;
  whom->ask({.requester = this, .arguments = {"CLUSTER", "SLOTS"}});
}

void Servers::deliver(std::vector<Answer> answers) {
  looking_up_ = false;
  const Answer& answer = answers.front();
  timer_.after(look_up_interval, [this] { look_up_now(); });
  // Refused or lost: the connection says why.
  if (answer.outcome != ports::Outcome::committed) return;
  Result<SlotTable> table = SlotTable::parse(answer.reply.view(), options_.host);
  if (!table.ok()) return note_no_table(table.error().message());
  table_missing_ = false;
  // Not from within a connection, which may be one that goes.
  surroundings_.loop.post(
      [this, alive = alive_, table = std::make_shared<SlotTable>(*std::move(table))] {
        if (*alive) take_table(std::move(*table));
      });
}

// Once, while it lasts: it is asked for every second.
void Servers::note_no_table(std::string_view why) {
  if (std::exchange(table_missing_, true)) return;
  surroundings_.log.write(ports::LogLevel::error,
                          "Redis Cluster does not say where its slots are; what was known is used",
                          {{"redis", options_.display()}, {"why", why}});
}

void Servers::take_table(SlotTable table) {
  const std::vector<Address> addresses = table.masters();
  table_ = std::move(table);
  std::erase_if(masters_, [&](const auto& entry) {
    return !std::binary_search(addresses.begin(), addresses.end(), entry.first);
  });
  for (const Address& address : addresses) {
    std::unique_ptr<Connection>& connection = masters_[address];
    if (connection) continue;
    connection = std::make_unique<Connection>(
        surroundings_, options_.at(address.host, address.port), Connection::Use::commands,
        static_cast<ConnectionEvents&>(*this));
  }
  note_standing();
  events_.on_slot_table(*table_);
}

}  // namespace syncline::adapters::redis
