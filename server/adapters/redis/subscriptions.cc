#include "server/adapters/redis/subscriptions.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/ports/metric.h"

namespace syncline::adapters::redis {
namespace {

// In one command, when many are renewed.
constexpr std::size_t channels_per_command = 500;

}  // namespace

Subscriptions::Link::Link(Subscriptions& owner, const RedisOptions& options)
    : connection(owner.surroundings_, options, Connection::Use::subscriptions, *this),
      owner_(owner) {}

Subscriptions::Subscriptions(const Surroundings& surroundings, const RedisOptions& options,
                             std::function<void()> look_up)
    : surroundings_(surroundings),
      options_(options),
      look_up_(std::move(look_up)),
      named_(std::make_unique<Link>(*this, options)) {}

// Asking.

void Subscriptions::add(Listener& listener) {
  listeners_.push_back(&listener);
  if (standing_) listener.on_subscriptions_stand();
}

void Subscriptions::subscribe(const std::string& name, std::uint16_t slot,
                              std::optional<DocumentName> document, Listener& listener) {
  Channel& channel = channels_[name];
  channel.slot = slot;
  channel.document = std::move(document);
  const bool first = channel.listeners.empty();
  channel.listeners.push_back(&listener);
  if (!first) return;
  channel.link = link_of(slot);
  if (channel.link == nullptr || !serves(*channel.link)) return;
  ++channel.unconfirmed;
  channel.link->connection.send({channel.link->sharded() ? "SSUBSCRIBE" : "SUBSCRIBE", name});
}

void Subscriptions::unsubscribe(const std::string& name, Listener& listener) {
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  Channel& channel = entry->second;
  std::erase(channel.listeners, &listener);
  if (!channel.listeners.empty()) return;
  channel.waiting.clear();
  if (channel.link != nullptr && serves(*channel.link)) {
    channel.link->connection.send({channel.link->sharded() ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", name});
  }
  if (channel.unconfirmed == 0) channels_.erase(entry);
}

void Subscriptions::when_standing(const std::string& name, std::function<void()> call) {
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  if (stands(entry->second)) return call();
  entry->second.waiting.push_back(std::move(call));
}

Subscriptions::Link* Subscriptions::link_of(std::uint16_t slot) {
  if (!table_) return named_.get();
  const Address* const master = table_->master_of(slot);
  if (master == nullptr) return nullptr;
  const auto entry = masters_.find(*master);
  return entry == masters_.end() ? nullptr : entry->second.get();
}

// The server that the options name tells with its handshake that its channels are sharded; where
// they are is then looked up.
bool Subscriptions::serves(const Link& link) const {
  return link.connection.ready() && (&link != named_.get() || !link.sharded());
}

// Connections.

void Subscriptions::on_ready(Link& link) {
  if (!serves(link)) return look_up_();
  std::vector<std::string> names;
  for (auto& [name, channel] : channels_) {
    if (channel.link == nullptr && !table_) channel.link = named_.get();
    if (channel.link == &link) names.push_back(name);
  }
  renew(link, names);
  note_standing();
}

void Subscriptions::on_lost(Link& link) {
  link.renewing = 0;
  std::erase_if(channels_, [&link](const auto& entry) {
    return entry.second.link == &link && entry.second.listeners.empty();
  });
  for (auto& [name, channel] : channels_) {
    if (channel.link == &link) channel.unconfirmed = 0;
  }
  if (table_) look_up_();
  note_standing();
}

// One command may name channels of one slot only.
void Subscriptions::renew(Link& link, const std::vector<std::string>& names) {
  std::map<std::uint16_t, std::vector<std::string_view>> commands;
  const std::string_view word = link.sharded() ? "SSUBSCRIBE" : "SUBSCRIBE";
  for (const std::string& name : names) {
    Channel& channel = channels_.at(name);
    channel.unconfirmed = 1;
    channel.moved_away = false;
    ++link.renewing;
    std::vector<std::string_view>& command = commands[channel.slot];
    if (command.empty()) command.push_back(word);
    command.push_back(name);
    if (command.size() <= channels_per_command) continue;
    link.connection.send(command);
    command.clear();
  }
  for (const auto& [slot, command] : commands) {
    if (!command.empty()) link.connection.send(command);
  }
}

void Subscriptions::note_standing() {
  const auto stands = [this](const Link& link) { return serves(link) && link.renewing == 0; };
  bool standing = !table_ && stands(*named_);
  if (table_) {
    standing =
        !masters_.empty() && std::all_of(masters_.begin(), masters_.end(),
                                         [&](const auto& entry) { return stands(*entry.second); });
  }
  if (standing == std::exchange(standing_, standing)) return;
  for (Listener* const listener : listeners_) {
    if (standing) {
      listener->on_subscriptions_stand();
    } else {
      listener->on_subscriptions_lost();
    }
  }
}

// The cluster.

void Subscriptions::on_slot_table(const SlotTable& table) {
  // Channels that are not sharded are heard everywhere.
  const bool sharded = table_ || named_->sharded();
  if (!sharded) return;
  table_ = table;
  const std::vector<Address> masters = table.masters();
  for (const Address& address : masters) {
    std::unique_ptr<Link>& link = masters_[address];
    if (!link) link = std::make_unique<Link>(*this, options_.at(address.host, address.port));
  }
  move_channels(masters);
}

void Subscriptions::move_channels(const std::vector<Address>& masters) {
  std::erase_if(channels_, [](const auto& entry) { return entry.second.listeners.empty(); });
  std::map<Link*, std::vector<std::string>> moved;
  for (auto& [name, channel] : channels_) {
    Link* const link = link_of(channel.slot);
    if (link == channel.link && !channel.moved_away) continue;
    if (channel.link != nullptr && channel.link != link && serves(*channel.link)) {
      channel.link->connection.send({"SUNSUBSCRIBE", name});
    }
    channel.link = link;
    channel.unconfirmed = 0;
    if (link != nullptr && serves(*link)) moved[link].push_back(name);
  }
  std::erase_if(masters_, [&](const auto& entry) {
    return !std::binary_search(masters.begin(), masters.end(), entry.first);
  });
  for (auto& [link, names] : moved) renew(*link, names);
  note_standing();
}

// Hearing.

void Subscriptions::on_pushed(Link& link, const Reply& reply) {
  const ReplyView view = reply.view();
  if (view.size() < 3) return;
  const std::string_view kind = view.at(0).text();
  if (kind == "message" || kind == "smessage") {
    return on_published(view.at(1).text(), as_bytes(view.at(2).text()));
  }
  if (kind == "subscribe" || kind == "ssubscribe") return on_confirmed(link, view.at(1).text());
  if (kind == "sunsubscribe") on_ended(link, view.at(1).text());
}

void Subscriptions::on_published(std::string_view name, BytesView message) {
  surroundings_.metrics.add(ports::Counter::redis_messages_in);
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  for (Listener* const listener : entry->second.listeners) {
    listener->on_message(entry->second.document, message);
    if (std::find(heard_.begin(), heard_.end(), listener) == heard_.end()) {
      heard_.push_back(listener);
    }
  }
}

// Answers come in the order of the commands, so the first are those of the renewal.
void Subscriptions::on_confirmed(Link& link, std::string_view name) {
  const auto entry = channels_.find(name);
  if (entry != channels_.end() && entry->second.link == &link && entry->second.unconfirmed > 0) {
    Channel& channel = entry->second;
    if (--channel.unconfirmed == 0) {
      if (channel.listeners.empty()) {
        channels_.erase(entry);
      } else {
        for (const std::function<void()>& call : std::exchange(channel.waiting, {})) call();
      }
    }
  }
  if (link.renewing > 0 && --link.renewing == 0) note_standing();
}

// Either it was asked for, and is in nobody's interest any more, or the slot has gone elsewhere.
void Subscriptions::on_ended(Link& link, std::string_view name) {
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  Channel& channel = entry->second;
  if (channel.link != &link || channel.listeners.empty() || channel.unconfirmed > 0) return;
  channel.moved_away = true;
  look_up_();
}

void Subscriptions::on_turn_end() {
  for (Listener* const listener : std::exchange(heard_, {})) listener->on_messages_end();
}

}  // namespace syncline::adapters::redis
