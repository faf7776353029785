#include "server/adapters/redis/connection.h"

#include <algorithm>
#include <utility>

#include <hiredis/hiredis.h>

#include "server/adapters/redis/byte_order.h"
#include "server/adapters/redis/refusal.h"
#include "server/base/assert.h"
#include "server/ports/metric.h"

namespace syncline::adapters::redis {
namespace {

// Where the handshake's answers stand, after what only some servers are asked.
constexpr std::size_t info_sections = 3;
constexpr std::string_view replica_problem =
    "it is a replica; name the master, or what leads to it";

// Of what a connection asks for itself; nobody else leaves the requester out and gives a ticket.
constexpr std::uint64_t look_ticket = 1;
constexpr std::uint64_t last_look_ticket = 2;

constexpr std::array<std::string_view, info_sections> info_names = {"server", "replication",
                                                                    "memory"};
// Of these, what changes while the server runs. (Redis 6.2 takes one section at a time.)
constexpr std::size_t first_looked_at = 1;

// An error that comes again after so long is said again.
constexpr Duration problem_silence = std::chrono::minutes(10);
// Kinds of errors are few.
constexpr std::size_t problems_max = 32;

// What names this life of the data, in 8 bytes (FNV-1a). The run id is the process's. A master that
// was made a replica and a master again is the same process, but its data was another's meanwhile:
// it has a new replication id. That one also changes when the first replica comes, and long after
// the last has gone, for which lineages are begun that need not have been.
std::string life_of(const ServerReport& server) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const std::string* const id : {&server.run_id, &server.replication_id}) {
    for (const char c : *id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  std::string bytes;
  append_number(bytes, hash);
  return bytes;
}

bool takes_run_id(Script script) {
  switch (script) {
    case Script::append:
    case Script::read:
    case Script::read_heads:
    case Script::trim:
      return true;
    case Script::peek:
    case Script::claim:
    case Script::enter_connections:
    case Script::count_:
      return false;
  }
  return false;
}

}  // namespace

Connection::Connection(const Surroundings& surroundings, const RedisOptions& options, Use use,
                       ConnectionEvents& events)
    : surroundings_(surroundings),
      options_(options),
      use_(use),
      events_(events),
      backoff_(options.reconnect_delay_min, options.reconnect_delay_max),
      timer_(surroundings.loop) {
  connect();
}

Connection::~Connection() {
  *alive_ = false;
  if (ready()) surroundings_.metrics.add(ports::Gauge::redis_connections, -1);
  for (const Asked& asked : asked_) {
    answer(asked, ports::Outcome::unknown, ErrorCode::unavailable, Reply());
  }
  deliver();
}

// Connecting.

void Connection::connect() {
  state_ = State::connecting;
  reader_.emplace();
  output_.clear();
  writing_ = false;
  drop_reason_.clear();
  stream_ =
      std::make_unique<Stream>(surroundings_.loop, options_, static_cast<StreamEvents&>(*this));
  timer_.after(options_.connect_timeout, [this] { lost("no answer to the handshake in time"); });
}

void Connection::on_stream_open() { greet(); }

void Connection::greet() {
  greetings_ = 0;
  greeted_ = 0;
  server_ = {};
  const auto ask = [this](const std::vector<std::string_view>& parts) {
    append_command(parts);
    ++greetings_;
  };
  if (!options_.password.empty() && !options_.user.empty()) {
    ask({"AUTH", options_.user, options_.password});
  } else if (!options_.password.empty()) {
    ask({"AUTH", options_.password});
  }
  if (options_.database != 0) ask({"SELECT", std::to_string(options_.database)});
  for (const std::string_view section : info_names) ask({"INFO", section});
  if (use_ == Use::commands) {
    for (std::size_t i = 0; i < script_count; ++i) {
      ask({"SCRIPT", "LOAD", text_of(static_cast<Script>(i))});
    }
  }
  write_output();
}

void Connection::on_greeting(const Reply& reply) {
  const ReplyView view = reply.view();
  if (view.is_error()) {
    drop_reason_ = "Redis refused the handshake: " + std::string(view.text());
    return;
  }
  const std::size_t scripts = use_ == Use::commands ? script_count : 0;
  const std::size_t first_script = greetings_ - scripts;
  const std::size_t first_info = first_script - info_sections;
  if (greeted_ >= first_script) {
    script_names_[greeted_ - first_script] = view.text();
  } else if (greeted_ >= first_info) {
    server_.take_info(view.text());
  }
  if (++greeted_ == greetings_) become_ready();
}

void Connection::become_ready() {
  life_ = life_of(server_);
  if (server_.run_id.empty()) {
    drop_reason_ = "INFO says no run_id; is this Redis?";
  } else if (server_.replica && !server_.cluster) {
    drop_reason_ = replica_problem;
  }
  if (!drop_reason_.empty()) return;
  state_ = State::ready;
  backoff_.reset();
  last_problem_.clear();
  problems_.clear();
  heard_at_ = surroundings_.clock.now();
  pinged_ = false;
  looking_ = false;
  surroundings_.metrics.add(ports::Gauge::redis_connections, 1);
  if (was_ready_) surroundings_.metrics.add(ports::Counter::redis_reconnects);
  if (use_ == Use::commands) {
    surroundings_.log.write(ports::LogLevel::info, "connected to Redis",
                            {{"redis", options_.display()}, {"version", server_.version}});
  }
  was_ready_ = true;
  timer_.after(options_.ping_interval, [this] { tick(); });
  events_.on_connection_ready();
}

void Connection::lost(std::string_view why) {
  const bool was_up = ready();
  state_ = State::waiting;
  stream_.reset();
  reader_.reset();
  if (was_up) surroundings_.metrics.add(ports::Gauge::redis_connections, -1);
  if (why != last_problem_) {
    // Once, and not with every attempt.
    surroundings_.log.write(
        ports::LogLevel::warning,
        was_up ? "lost the connection to Redis; connecting again" : "cannot connect to Redis",
        {{"redis", options_.display()}, {"why", why}});
    last_problem_ = why;
  }
  timer_.after(backoff_.next(surroundings_.random.next()), [this] { connect(); });
  std::deque<Asked> asked;
  asked.swap(asked_);
  unanswered_bytes_ = 0;
  for (const Asked& request : asked) {
    answer(request, ports::Outcome::unknown, ErrorCode::unavailable, Reply());
  }
  deliver();
  if (was_up) events_.on_connection_lost();
}

void Connection::drop(std::string_view why) {
  if (state_ != State::waiting) lost(why);
}

void Connection::on_stream_end(std::string_view why) { lost(why); }

// Living.

void Connection::tick() {
  const Instant now = surroundings_.clock.now();
  const bool unanswered = !asked_.empty() && now - asked_.front().since >= options_.answer_timeout;
  const bool silent =
      pinged_ && now - heard_at_ >= options_.answer_timeout + options_.ping_interval;
  if (unanswered || silent) return lost("no answer in time");
  look();
  timer_.after(options_.ping_interval, [this] { tick(); });
}

// Whether the server lives, and whether it is still what it was.
void Connection::look() {
  if (use_ == Use::subscriptions) {
    if (pinged_ || surroundings_.clock.now() - heard_at_ < options_.ping_interval) return;
    pinged_ = true;
    return send({"PING"});
  }
  if (looking_) return;
  looking_ = true;
  // Also when so much is unanswered that others are refused: it is little.
  for (std::size_t i = first_looked_at; i < info_sections; ++i) {
    const bool last = i + 1 == info_sections;
    begin_request({.ticket = last ? last_look_ticket : look_ticket,
                   .arguments = {"INFO", std::string(info_names[i])}});
  }
}

void Connection::on_looked(const Reply& reply, bool last) {
  if (reply.view().is_error()) {
    drop_reason_ = reply.view().text();
    return;
  }
  server_.take_info(reply.view().text());
  life_ = life_of(server_);
  if (server_.replica && !server_.cluster) drop_reason_ = replica_problem;
  if (!last || !drop_reason_.empty()) return;
  looking_ = false;
  memory_percent_ = server_.memory_percent();
  events_.on_server_looked_at();
}

// Asking.

void Connection::ask(Command command) {
  SYNCLINE_ASSERT(use_ == Use::commands);
  const bool full = unanswered_bytes_ >= options_.unanswered_bytes_max;
  if (!ready() || full) return refuse(command);
  const std::string publish = server_.sharded_channels() ? "SPUBLISH" : "PUBLISH";
  if (command.script == Script::append) command.arguments.push_back(publish);
  if (!command.script && command.arguments.front() == "PUBLISH") {
    command.arguments.front() = publish;
  }
  begin_request(command);
}

void Connection::begin_request(const Command& command) {
  const std::size_t before = output_.size();
  if (command.script) {
    append_script(command);
  } else {
    append_command({command.arguments.begin(), command.arguments.end()});
  }
  const std::size_t bytes = output_.size() - before;
  unanswered_bytes_ += bytes;
  asked_.push_back({.requester = command.requester,
                    .ticket = command.ticket,
                    .script = command.script,
                    .bytes = bytes,
                    .since = surroundings_.clock.now()});
  send_later();
}

void Connection::refuse(const Command& command) {
  answer({command.requester, command.ticket, command.script, 0, {}}, ports::Outcome::refused,
         ErrorCode::unavailable, Reply());
  send_later();
}

void Connection::send(const std::vector<std::string_view>& command) {
  SYNCLINE_ASSERT(ready());
  append_command(command);
  send_later();
}

void Connection::append_script(const Command& command) {
  const std::string key_count = std::to_string(command.keys.size());
  const std::string random = std::to_string(surroundings_.random.next() >> 32);
  std::vector<std::string_view> parts;
  parts.reserve(5 + command.keys.size() + command.arguments.size());
  parts.insert(parts.end(),
               {"EVALSHA", script_names_[static_cast<std::size_t>(*command.script)], key_count});
  parts.insert(parts.end(), command.keys.begin(), command.keys.end());
  if (takes_run_id(*command.script)) parts.insert(parts.end(), {life_, random});
  parts.insert(parts.end(), command.arguments.begin(), command.arguments.end());
  append_command(parts);
}

void Connection::append_command(const std::vector<std::string_view>& parts) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(parts.size());
  sizes.reserve(parts.size());
  for (const std::string_view part : parts) {
    texts.push_back(part.data());
    sizes.push_back(part.size());
  }
  char* command = nullptr;
  const auto bytes =
      redisFormatCommandArgv(&command, static_cast<int>(parts.size()), texts.data(), sizes.data());
  SYNCLINE_ASSERT(bytes > 0);
  output_.append(command, static_cast<std::size_t>(bytes));
  redisFreeCommand(command);
}

// What the rest of this turn asks for leaves in the same write.
void Connection::send_later() {
  if (will_write_) return;
  will_write_ = true;
  // A cluster that changes may end the connection meanwhile.
  surroundings_.loop.post([this, alive = alive_] {
    if (!*alive) return;
    will_write_ = false;
    deliver();
    if (ready()) write_output();
  });
}

void Connection::write_output() {
  if (writing_ || output_.empty() || !stream_) return;
  writing_ = true;
  surroundings_.metrics.add(ports::Counter::redis_bytes_out, output_.size());
  stream_->write(std::exchange(output_, {}));
}

void Connection::on_stream_written() {
  writing_ = false;
  write_output();
}

// Hearing.

void Connection::on_stream_bytes(BytesView bytes) {
  surroundings_.metrics.add(ports::Counter::redis_bytes_in, bytes.size());
  heard_at_ = surroundings_.clock.now();
  pinged_ = false;
  while (!bytes.empty() && drop_reason_.empty()) {
    const std::size_t count = std::min(bytes.size(), ReplyReader::feed_bytes);
    reader_->feed(bytes.first(count));
    bytes = bytes.subspan(count);
    take_replies();
  }
  deliver();
  if (!drop_reason_.empty()) return lost(std::string(drop_reason_));
  events_.on_turn_end();
}

void Connection::take_replies() {
  while (drop_reason_.empty()) {
    Result<std::optional<Reply>> reply = reader_->next();
    if (!reply.ok()) {
      drop_reason_ = reply.error().message();
      return;
    }
    if (!reply->has_value()) return;
    if (state_ == State::connecting) {
      on_greeting(**reply);
    } else if (use_ == Use::subscriptions) {
      if (takes_push(**reply)) events_.on_pushed(**reply);
    } else {
      on_reply(std::move(**reply));
    }
  }
}

bool Connection::takes_push(const Reply& reply) {
  const ReplyView view = reply.view();
  if (view.is_error()) {
    // Which of the channels it was about cannot be seen: all are subscribed to again.
    if (refusal_of(view.text()).remedy == Remedy::look_up) events_.on_misrouted();
    drop_reason_ = "Redis refused a subscription: " + std::string(view.text());
    return false;
  }
  return view.size() > 0 && view.at(0).text() != "pong";
}

void Connection::on_reply(Reply reply) {
  if (asked_.empty()) {
    drop_reason_ = "Redis answered what it was not asked";
    return;
  }
  const Asked request = asked_.front();
  asked_.pop_front();
  unanswered_bytes_ -= request.bytes;
  const Duration taken = heard_at_ - request.since;
  surroundings_.metrics.observe(ports::Histogram::redis_answer_seconds,
                                std::chrono::duration<double>(taken).count());
  if (request.requester == nullptr && request.ticket >= look_ticket) {
    return on_looked(reply, request.ticket == last_look_ticket);
  }
  if (!reply.view().is_error()) {
    return answer(request, ports::Outcome::committed, {}, std::move(reply));
  }
  const Refusal refusal = refusal_of(reply.view().text());
  note_error(reply.view().text());
  switch (refusal.remedy) {
    case Remedy::none:
      break;
    case Remedy::look_up:
      events_.on_misrouted();
      break;
    case Remedy::load_scripts:
    case Remedy::reconnect:
      drop_reason_ = reply.view().text();
      break;
  }
  answer(request, refusal.definite ? ports::Outcome::refused : ports::Outcome::unknown,
         refusal.error, Reply());
}

// Once, while it lasts.
void Connection::note_error(std::string_view text) {
  const std::string_view kind = text.substr(0, text.find(' '));
  if (problems_.size() >= problems_max) problems_.clear();
  const auto [problem, is_new] = problems_.try_emplace(std::string(kind), heard_at_);
  const bool lasts = !is_new && heard_at_ - problem->second < problem_silence;
  problem->second = heard_at_;
  if (lasts) return;
  surroundings_.log.write(ports::LogLevel::warning, "Redis refused a request",
                          {{"redis", options_.display()}, {"why", text}});
}

void Connection::answer(const Asked& asked, ports::Outcome outcome, ErrorCode error, Reply reply) {
  switch (outcome) {
    case ports::Outcome::committed:
      surroundings_.metrics.add(ports::Counter::redis_requests_answered);
      break;
    case ports::Outcome::refused:
      surroundings_.metrics.add(ports::Counter::redis_requests_refused);
      break;
    case ports::Outcome::unknown:
      surroundings_.metrics.add(ports::Counter::redis_requests_unknown);
      break;
  }
  if (asked.requester == nullptr) return;
  auto delivery = std::find_if(deliveries_.begin(), deliveries_.end(), [&](const Delivery& other) {
    return other.requester == asked.requester;
  });
  if (delivery == deliveries_.end()) {
    delivery = deliveries_.insert(deliveries_.end(), {asked.requester, {}});
  }
  delivery->answers.push_back({asked.ticket, outcome, error, std::move(reply)});
}

void Connection::deliver() {
  for (Delivery& delivery : std::exchange(deliveries_, {})) {
    delivery.requester->deliver(std::move(delivery.answers));
  }
}

}  // namespace syncline::adapters::redis
