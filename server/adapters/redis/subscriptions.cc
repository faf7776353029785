#include "server/adapters/redis/subscriptions.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/ports/metric.h"

namespace syncline::adapters::redis {
namespace {

// In one command, when all are renewed.
constexpr std::size_t channels_per_command = 500;

}  // namespace

Subscriptions::Subscriptions(const Surroundings& surroundings, const RedisOptions& options)
    : surroundings_(surroundings),
      connection_(surroundings, options, Connection::Use::subscriptions, *this) {}

void Subscriptions::add(Listener& listener) {
  listeners_.push_back(&listener);
  if (standing_) listener.on_subscriptions_stand();
}

void Subscriptions::subscribe(const std::string& name, std::uint16_t,
                              std::optional<DocumentName> document, Listener& listener) {
  Channel& channel = channels_[name];
  channel.document = std::move(document);
  const bool first = channel.listeners.empty();
  channel.listeners.push_back(&listener);
  if (!first || !connection_.ready()) return;
  ++channel.unconfirmed;
  connection_.send({"SUBSCRIBE", name});
}

void Subscriptions::unsubscribe(const std::string& name, Listener& listener) {
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  Channel& channel = entry->second;
  std::erase(channel.listeners, &listener);
  if (!channel.listeners.empty()) return;
  channel.waiting.clear();
  if (connection_.ready()) connection_.send({"UNSUBSCRIBE", name});
  if (channel.unconfirmed == 0) channels_.erase(entry);
}

void Subscriptions::when_standing(const std::string& name, std::function<void()> call) {
  const auto entry = channels_.find(name);
  if (entry == channels_.end()) return;
  if (stands(entry->second)) return call();
  entry->second.waiting.push_back(std::move(call));
}

void Subscriptions::on_connection_ready() {
  std::vector<std::string_view> command = {"SUBSCRIBE"};
  renewing_ = 0;
  for (auto& [name, channel] : channels_) {
    command.push_back(name);
    channel.unconfirmed = 1;
    ++renewing_;
    if (command.size() <= channels_per_command) continue;
    connection_.send(command);
    command.resize(1);
  }
  if (command.size() > 1) connection_.send(command);
  if (renewing_ == 0) announce();
}

void Subscriptions::on_connection_lost() {
  standing_ = false;
  renewing_ = 0;
  for (Listener* const listener : listeners_) listener->on_subscriptions_lost();
  std::erase_if(channels_, [](const auto& entry) { return entry.second.listeners.empty(); });
  for (auto& [name, channel] : channels_) channel.unconfirmed = 0;
}

void Subscriptions::on_pushed(const Reply& reply) {
  const ReplyView view = reply.view();
  if (view.size() < 3) return;
  const std::string_view kind = view.at(0).text();
  if (kind == "message") return on_published(view.at(1).text(), as_bytes(view.at(2).text()));
  if (kind == "subscribe") on_confirmed(view.at(1).text());
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
void Subscriptions::on_confirmed(std::string_view name) {
  const auto entry = channels_.find(name);
  if (entry != channels_.end() && entry->second.unconfirmed > 0) {
    Channel& channel = entry->second;
    if (--channel.unconfirmed == 0) {
      if (channel.listeners.empty()) {
        channels_.erase(entry);
      } else {
        for (const std::function<void()>& call : std::exchange(channel.waiting, {})) call();
      }
    }
  }
  if (renewing_ > 0 && --renewing_ == 0) announce();
}

void Subscriptions::announce() {
  standing_ = true;
  for (Listener* const listener : listeners_) listener->on_subscriptions_stand();
}

void Subscriptions::on_turn_end() {
  for (Listener* const listener : std::exchange(heard_, {})) listener->on_messages_end();
}

}  // namespace syncline::adapters::redis
