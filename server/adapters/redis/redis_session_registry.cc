#include "server/adapters/redis/redis_session_registry.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/adapters/redis/byte_order.h"
#include "server/adapters/redis/key_names.h"
#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

using redis::Answer;
using redis::Script;

// A ticket is a listing's number, from 1 on, and which of its hashes; other requests have none.
constexpr unsigned part_bits = 16;
constexpr std::uint64_t nodes_part = (std::uint64_t{1} << part_bits) - 1;
constexpr std::uint64_t renewal_ticket = 0;
constexpr std::uint64_t change_ticket = 1;

// In one script; Lua takes a few thousand arguments.
constexpr std::size_t fields_per_script = 1000;

std::string field_of(ConnectionId connection) {
  std::string field;
  redis::append_number(field, connection.value);
  return field;
}

std::string encoded(const DocumentName& document, const std::string& user, WallTime since) {
  std::string value;
  redis::append_number(value, static_cast<std::uint64_t>(since.since_epoch.count()));
  redis::append_number(value, document.text().size());
  return value + document.text() + user;
}

std::optional<ports::RegisteredConnection> decoded(std::string_view part, BytesView field,
                                                   BytesView value) {
  if (field.size() != 8 || value.size() < 16) return std::nullopt;
  const std::uint64_t name_bytes = redis::number_at_front(value.subspan(8));
  if (name_bytes > value.size() - 16) return std::nullopt;
  const std::string_view rest = as_text(value.subspan(16));
  Result<DocumentName> document = DocumentName::parse(rest.substr(0, name_bytes));
  if (!document.ok()) return std::nullopt;
  return ports::RegisteredConnection{
      .node = std::string(part.substr(0, part.rfind('/'))),
      .connection = ConnectionId{redis::number_at_front(field)},
      .document = *std::move(document),
      .user = std::string(rest.substr(name_bytes)),
      .since = WallTime{milliseconds(redis::number_at_front(value))}};
}

}  // namespace

RedisSessionRegistry::RedisSessionRegistry(RedisClient& client, ports::Executor& executor,
                                           Options options)
    : client_(client),
      executor_(executor),
      options_(std::move(options)),
      part_(options_.node + "/" + std::to_string(options_.shard)) {
  SYNCLINE_ASSERT(options_.node.find('/') == std::string::npos, options_.node);
}

void RedisSessionRegistry::attach(ports::SessionRegistrySink& sink) {
  sink_ = &sink;
  client_.add(*this);
  client_.every(options_.ttl / 3, [this] { executor_.post([this] { renew(); }); });
}

std::string RedisSessionRegistry::key(std::string_view part) const {
  return client_.keys().of_tag("sessions", part);
}

// Entering.

void RedisSessionRegistry::add(ConnectionId connection, const DocumentName& document,
                               const std::string& user, WallTime since) {
  entries_[connection] = encoded(document, user, since);
  note_changed(connection);
}

void RedisSessionRegistry::remove(ConnectionId connection) {
  if (entries_.erase(connection) > 0) note_changed(connection);
}

// What one turn of the shard brings, such as all who come over from another node, is written at
// once.
void RedisSessionRegistry::note_changed(ConnectionId connection) {
  if (changed_.empty()) executor_.post([this] { write_changes(); });
  changed_.insert(connection);
}

void RedisSessionRegistry::write_changes() {
  std::vector<std::string> entered;
  std::vector<std::string> gone;
  for (const ConnectionId connection : std::exchange(changed_, {})) {
    const auto entry = entries_.find(connection);
    if (entry == entries_.end()) {
      gone.push_back(field_of(connection));
      if (gone.size() == fields_per_script) erase(std::exchange(gone, {}));
    } else {
      entered.insert(entered.end(), {field_of(connection), entry->second});
      if (entered.size() == fields_per_script) enter(std::exchange(entered, {}));
    }
  }
  if (!gone.empty()) erase(std::move(gone));
  if (!entered.empty()) enter(std::move(entered));
}

void RedisSessionRegistry::erase(std::vector<std::string> fields) {
  fields.insert(fields.begin(), {"HDEL", key(part_)});
  client_.ask({.requester = this,
               .ticket = change_ticket,
               .arguments = std::move(fields),
               .slot = client_.keys().slot_of_tag("sessions")});
}

void RedisSessionRegistry::renew() {
  if (behind_) return write_all();
  if (!entries_.empty()) enter({});
}

// Without fields: renews those that are there.
void RedisSessionRegistry::enter(std::vector<std::string> fields) {
  std::vector<std::string> arguments = {
      std::to_string(duration_cast<milliseconds>(options_.ttl).count()), part_};
  const std::uint64_t ticket = fields.empty() ? renewal_ticket : change_ticket;
  arguments.insert(arguments.end(), std::make_move_iterator(fields.begin()),
                   std::make_move_iterator(fields.end()));
  client_.ask({.requester = this,
               .ticket = ticket,
               .script = Script::enter_connections,
               .keys = {key(part_), key("nodes")},
               .arguments = std::move(arguments),
               .slot = client_.keys().slot_of_tag("sessions")});
}

void RedisSessionRegistry::on_subscriptions_stand() {
  executor_.post([this] { write_all(); });
}

// What Redis still has of this shard may be old.
void RedisSessionRegistry::write_all() {
  changed_.clear();
  behind_ = false;
  client_.ask({.requester = this,
               .ticket = change_ticket,
               .arguments = {"DEL", key(part_)},
               .slot = client_.keys().slot_of_tag("sessions")});
  std::vector<std::string> fields;
  for (const auto& [connection, value] : entries_) {
    fields.push_back(field_of(connection));
    fields.push_back(value);
    if (fields.size() == fields_per_script) enter(std::exchange(fields, {}));
  }
  if (!fields.empty()) enter(std::move(fields));
}

// Listing: which hashes there are, then each of them.

void RedisSessionRegistry::list_document(RequestToken token, const DocumentName& document) {
  list({.token = token, .document = document.text()});
}

void RedisSessionRegistry::list_node(RequestToken token, const std::string& node) {
  list({.token = token, .node = node});
}

void RedisSessionRegistry::list(Listing listing) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  write_changes();
  const std::uint64_t number = ++last_listing_;
  listings_.emplace(number, std::move(listing));
  client_.ask({.requester = this,
               .ticket = number << part_bits | nodes_part,
               .arguments = {"ZRANGE", key("nodes"), "0", std::to_string(nodes_part - 1)},
               .slot = client_.keys().slot_of_tag("sessions")});
}

void RedisSessionRegistry::deliver(std::vector<Answer> answers) {
  executor_.post([this, answers = std::make_shared<std::vector<Answer>>(std::move(answers))] {
    for (const Answer& answer : *answers) on_answer(answer);
  });
}

void RedisSessionRegistry::on_answer(const Answer& answer) {
  if (answer.ticket == renewal_ticket) {
    const bool known = answer.outcome != ports::Outcome::committed ||
                       answer.reply.view().integer() > 0 || entries_.empty();
    if (!known) write_all();
    return;
  }
  if (answer.ticket == change_ticket) {
    behind_ = behind_ || answer.outcome != ports::Outcome::committed;
    return;
  }
  const std::uint64_t number = answer.ticket >> part_bits;
  const std::uint64_t part = answer.ticket & nodes_part;
  Listing& listing = listings_.at(number);
  if (part != nodes_part) {
    on_hash(listing, part, answer);
  } else {
    on_nodes(listing, answer);
    for (std::size_t i = 0; i < listing.parts.size(); ++i) {
      client_.ask({.requester = this,
                   .ticket = number << part_bits | i,
                   .arguments = {"HGETALL", key(listing.parts[i])},
                   .slot = client_.keys().slot_of_tag("sessions")});
    }
  }
  if (listing.missing == 0) end(number);
}

void RedisSessionRegistry::on_nodes(Listing& listing, const Answer& answer) {
  listing.failed = answer.outcome != ports::Outcome::committed;
  if (listing.failed) return;
  const redis::ReplyView view = answer.reply.view();
  for (std::size_t i = 0; i < view.size(); ++i) {
    const std::string_view part = view.at(i).text();
    const bool wanted = listing.node.empty() || part.substr(0, part.rfind('/')) == listing.node;
    if (wanted) listing.parts.emplace_back(part);
  }
  listing.missing = listing.parts.size();
}

void RedisSessionRegistry::on_hash(Listing& listing, std::size_t part, const Answer& answer) {
  --listing.missing;
  if (answer.outcome != ports::Outcome::committed) {
    listing.failed = true;
    return;
  }
  const redis::ReplyView view = answer.reply.view();
  for (std::size_t i = 0; i + 1 < view.size(); i += 2) {
    auto found =
        decoded(listing.parts[part], as_bytes(view.at(i).text()), as_bytes(view.at(i + 1).text()));
    if (!found || (!listing.document.empty() && found->document.text() != listing.document)) {
      continue;
    }
    listing.found.push_back(*std::move(found));
  }
}

void RedisSessionRegistry::end(std::uint64_t number) {
  Listing listing = std::move(listings_.extract(number).mapped());
  if (listing.failed) return sink_->on_connections(listing.token, ErrorCode::unavailable);
  sink_->on_connections(listing.token, std::move(listing.found));
}

}  // namespace syncline::adapters
