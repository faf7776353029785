#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/adapters/redis/connection.h"
#include "server/adapters/redis/slot_table.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"

namespace syncline::adapters::redis {

// Who hears what is published. Called on the client's thread; must live until the client is
// stopped.
class Listener {
 public:
  // On a channel that it is subscribed to. The view lives until the call returns.
  virtual void on_message(const std::optional<DocumentName>& document, BytesView message) = 0;
  // No more of this turn; follows on_message().
  virtual void on_messages_end() = 0;
  // Every subscription asked for stands, for the first time or again.
  virtual void on_subscriptions_stand() = 0;
  // Some do not any more; what is published from now on may not be heard.
  virtual void on_subscriptions_lost() {}

 protected:
  ~Listener() = default;
};

// The subscriptions of a process, shared by its shards: over one connection; to a Redis Cluster
// that has sharded channels (Redis 7), over one to each master, with each channel where its slot
// is. On the client's thread alone. When a connection was lost, what was published meanwhile is
// gone; its subscriptions are renewed.
class Subscriptions final {
 public:
  // Calls when a channel is found not to be where it was thought to be.
  Subscriptions(const Surroundings& surroundings, const RedisOptions& options,
                std::function<void()> look_up);

  // It is told when subscriptions stand, and at once if they do.
  void add(Listener& listener);
  // `document` is what the listener is told with the channel's messages.
  void subscribe(const std::string& channel, std::uint16_t slot,
                 std::optional<DocumentName> document, Listener& listener);
  void unsubscribe(const std::string& channel, Listener& listener);
  // Calls once the subscription stands; never if it ends before. REQUIRES: there is one.
  void when_standing(const std::string& channel, std::function<void()> call);

  // Where channels are, when Redis is a cluster.
  void on_slot_table(const SlotTable& table);

 private:
  // A connection, and what is subscribed over it.
  class Link final : public ConnectionEvents {
   public:
    Link(Subscriptions& owner, const RedisOptions& options);

    void on_connection_ready() override { owner_.on_ready(*this); }
    void on_connection_lost() override { owner_.on_lost(*this); }
    void on_pushed(const Reply& reply) override { owner_.on_pushed(*this, reply); }
    void on_turn_end() override { owner_.on_turn_end(); }
    void on_misrouted() override { owner_.look_up_(); }

    bool sharded() const { return connection.ready() && connection.server().sharded_channels(); }

    // Answers to come until what was asked for anew stands.
    std::size_t renewing = 0;
    Connection connection;

   private:
    Subscriptions& owner_;
  };
  struct Channel {
    std::uint16_t slot = 0;
    std::optional<DocumentName> document = std::nullopt;
    std::vector<Listener*> listeners = {};  // Empty: unsubscribed, with answers still to come.
    Link* link = nullptr;                   // Null: nobody serves its slot.
    std::size_t unconfirmed = 0;            // Subscriptions that have not been answered.
    bool moved_away = false;                // The server has ended it.
    std::vector<std::function<void()>> waiting = {};  // For it to stand.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Channels = std::unordered_map<std::string, Channel, Hash, std::equal_to<>>;

  void on_ready(Link& link);
  void on_lost(Link& link);
  void on_pushed(Link& link, const Reply& reply);
  void on_turn_end();

  Link* link_of(std::uint16_t slot);
  // True while channels are subscribed over the link.
  bool serves(const Link& link) const;
  void renew(Link& link, const std::vector<std::string>& names);
  void move_channels(const std::vector<Address>& masters);
  void on_confirmed(Link& link, std::string_view name);
  void on_ended(Link& link, std::string_view name);
  void on_published(std::string_view name, BytesView message);
  bool stands(const Channel& channel) const {
    return channel.link != nullptr && channel.link->connection.ready() &&
           channel.unconfirmed == 0 && !channel.moved_away;
  }
  void note_standing();

  const Surroundings surroundings_;
  const RedisOptions options_;
  const std::function<void()> look_up_;

  Channels channels_;
  std::vector<Listener*> listeners_;
  std::vector<Listener*> heard_;  // In this turn.
  bool standing_ = false;
  std::optional<SlotTable> table_;  // Of a cluster with sharded channels.
  std::map<Address, std::unique_ptr<Link>> masters_;
  std::unique_ptr<Link> named_;  // To the server that the options name. Last: it calls back.
};

}  // namespace syncline::adapters::redis
