#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/subscriptions.h"
#include "server/ports/executor.h"
#include "server/ports/session_registry.h"

namespace syncline::adapters {

// The connections of one shard, told to everybody through Redis: one hash a shard, which lives as
// long as it is renewed. It is written anew when Redis comes back, and when Redis has lost it.
//
//   syncline:{sessions}:nodes             sorted set: NODE/SHARD, by until when it counts as alive
//   syncline:{sessions}:NODE/SHARD        hash: 8 bytes of connection id (little endian) ->
//                                         8 bytes of since when, in milliseconds of Unix time,
//                                         8 bytes of the document's length, document, user
//
// It must live until the client is stopped and the executor runs no more tasks.
class RedisSessionRegistry final : public ports::SessionRegistry,
                                   private redis::Requester,
                                   private redis::Listener {
 public:
  struct Options {
    std::string node;  // Its id; without a slash.
    std::size_t shard = 0;
    // So long after its last renewal, three of which fit into it, a node's entries are gone.
    Duration ttl = seconds(30);
  };

  RedisSessionRegistry(RedisClient& client, ports::Executor& executor, Options options);

  RedisSessionRegistry(const RedisSessionRegistry&) = delete;
  RedisSessionRegistry& operator=(const RedisSessionRegistry&) = delete;

  // Where answers go; from now on entries are renewed. REQUIRES: called once, before the first
  // request.
  void attach(ports::SessionRegistrySink& sink);

  void add(ConnectionId connection, const DocumentName& document, const std::string& user,
           WallTime since) override;
  void remove(ConnectionId connection) override;
  void list_document(RequestToken token, const DocumentName& document) override;
  void list_node(RequestToken token, const std::string& node) override;

 private:
  // Of what is being listed: only this document, only this node; empty: any.
  struct Listing {
    RequestToken token;
    std::string document = {};
    std::string node = {};
    std::vector<std::string> parts = {};  // NODE/SHARD of each hash.
    std::size_t missing = 0;              // Hashes without an answer.
    bool failed = false;
    std::vector<ports::RegisteredConnection> found = {};
  };

  void deliver(std::vector<redis::Answer> answers) override;
  void on_message(const std::optional<DocumentName>&, BytesView) override {}
  void on_messages_end() override {}
  void on_subscriptions_stand() override;

  std::string key(std::string_view part) const;
  void renew();
  void write_all();
  void note_changed(ConnectionId connection);
  void write_changes();
  void enter(std::vector<std::string> fields);
  void erase(std::vector<std::string> fields);
  void list(Listing listing);
  void on_answer(const redis::Answer& answer);
  void on_nodes(Listing& listing, const redis::Answer& answer);
  void on_hash(Listing& listing, std::size_t part, const redis::Answer& answer);
  void end(std::uint64_t number);

  // Constant after construction, and after attach().
  RedisClient& client_;
  ports::Executor& executor_;
  const Options options_;
  const std::string part_;  // NODE/SHARD.
  ports::SessionRegistrySink* sink_ = nullptr;

  // The shard's thread only.
  std::map<ConnectionId, std::string> entries_;  // As written, but for
  std::set<ConnectionId> changed_;               // those that are new or gone in this turn.
  bool behind_ = false;  // Redis may have missed something: written anew when it is renewed.
  std::map<std::uint64_t, Listing> listings_;  // By number.
  std::uint64_t last_listing_ = 0;
};

}  // namespace syncline::adapters
