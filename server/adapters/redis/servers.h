#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/connection.h"
#include "server/adapters/redis/slot_table.h"

namespace syncline::adapters::redis {

class ServersEvents {
 public:
  // Whether every request finds a connection.
  virtual void on_servers_stand(bool stand) = 0;
  virtual void on_servers_turn_end() = 0;
  // memory_percent() may have changed.
  virtual void on_servers_looked_at() = 0;
  // It is a cluster that has been looked up, for the first time or again.
  virtual void on_slot_table(const SlotTable& table) = 0;

 protected:
  ~ServersEvents() = default;
};

// The connections for requests: one to the server that the options name; if that is a Redis
// Cluster, one to each of its masters, which are looked up again whenever one says that it is not
// the one. On the loop's thread alone.
class Servers final : private ConnectionEvents, private Requester {
 public:
  // `events` must outlive it.
  Servers(const Surroundings& surroundings, const RedisOptions& options, ServersEvents& events);
  ~Servers();

  // Exactly one answer follows.
  void ask(Command command);
  // Of requests without an answer.
  std::size_t unanswered() const;
  // The masters may have changed.
  void look_up();
  // Those who take writes; of a cluster as far as they are known. Until the next call or turn.
  std::vector<Connection*> masters();
  // Of the memory that the fullest of them may take, what it has taken; 0 if it is not known.
  unsigned memory_percent() const;

 private:
  void on_connection_ready() override;
  void on_connection_lost() override;
  void on_server_looked_at() override { events_.on_servers_looked_at(); }
  void on_turn_end() override;
  void on_misrouted() override { look_up(); }
  void deliver(std::vector<Answer> answers) override;

  bool is_cluster() const { return table_.has_value(); }
  void look_up_now();
  void take_table(SlotTable table);
  void note_no_table(std::string_view why);
  void note_standing();
  Connection* connection_for(const Command& command);

  // Constant after construction.
  const Surroundings surroundings_;
  const RedisOptions options_;
  ServersEvents& events_;

  std::optional<SlotTable> table_;  // Nothing: a single server, or not known yet.
  bool looking_up_ = false;
  bool will_look_up_ = false;
  bool standing_ = false;
  bool table_missing_ = false;                                  // And said so.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For what is posted.
  Timer timer_;
  std::map<Address, std::unique_ptr<Connection>> masters_;  // Of a cluster.
  Connection named_;                                        // Last: it calls back.
};

}  // namespace syncline::adapters::redis
