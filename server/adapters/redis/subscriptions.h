#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/adapters/redis/connection.h"
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
  // The connection stands, for the first time or again, and so does every subscription asked for.
  virtual void on_subscriptions_stand() = 0;
  // It is lost; what is published from now on is not heard.
  virtual void on_subscriptions_lost() {}

 protected:
  ~Listener() = default;
};

// The connection for subscriptions of a process, shared by its shards. On the client's thread
// alone. When the connection was lost, what was published meanwhile is gone; the subscriptions are
// renewed.
class Subscriptions final : private ConnectionEvents {
 public:
  Subscriptions(const Surroundings& surroundings, const RedisOptions& options);

  // It is told when subscriptions stand, and at once if they do.
  void add(Listener& listener);
  // `document` is what the listener is told with the channel's messages.
  void subscribe(const std::string& channel, std::uint16_t slot,
                 std::optional<DocumentName> document, Listener& listener);
  void unsubscribe(const std::string& channel, Listener& listener);
  // Calls once the subscription stands; never if it ends before. REQUIRES: there is one.
  void when_standing(const std::string& channel, std::function<void()> call);

 private:
  struct Channel {
    std::optional<DocumentName> document = std::nullopt;
    std::vector<Listener*> listeners = {};  // Empty: unsubscribed, with answers still to come.
    std::size_t unconfirmed = 0;            // SUBSCRIBEs that have not been answered.
    std::vector<std::function<void()>> waiting = {};  // For it to stand.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Channels = std::unordered_map<std::string, Channel, Hash, std::equal_to<>>;

  void on_connection_ready() override;
  void on_connection_lost() override;
  void on_pushed(const Reply& reply) override;
  void on_turn_end() override;

  void on_confirmed(std::string_view name);
  void on_published(std::string_view name, BytesView message);
  bool stands(const Channel& channel) const {
    return connection_.ready() && channel.unconfirmed == 0;
  }
  void announce();

  const Surroundings surroundings_;
  Channels channels_;
  std::vector<Listener*> listeners_;
  std::vector<Listener*> heard_;  // In this turn.
  std::size_t renewing_ = 0;      // Answers to come until what was lost stands again.
  bool standing_ = false;
  Connection connection_;  // Last: it calls back.
};

}  // namespace syncline::adapters::redis
