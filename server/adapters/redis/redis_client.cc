#include "server/adapters/redis/redis_client.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/connection.h"
#include "server/adapters/redis/event_loop.h"
#include "server/adapters/redis/key_names.h"
#include "server/adapters/redis/persistence_check.h"
#include "server/adapters/redis/servers.h"
#include "server/adapters/redis/subscriptions.h"
#include "server/base/assert.h"
#include "server/ports/gauge_share.h"

namespace syncline::adapters {
namespace {

using redis::Answer;
using redis::Command;

constexpr Duration stop_timeout = seconds(1);

// Jitter, and numbers that must not collide.
class SeededRandom final : public ports::Random {
 public:
  std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    return generator_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 generator_{std::uint64_t{std::random_device()()} << 32 | std::random_device()()};
};

// Its memory has room again once it is so far below the limit from which on it has not.
constexpr std::size_t memory_relief_percent = 5;

// A thread that waits for answers.
class WaitingRequester final : public redis::Requester {
 public:
  explicit WaitingRequester(std::size_t count) : answers_(count) {}

  void deliver(std::vector<Answer> answers) override {
    const std::lock_guard lock(mutex_);
    for (Answer& answer : answers) answers_[answer.ticket] = std::move(answer);
    answered_ += answers.size();
    changed_.notify_all();
  }

  std::vector<std::optional<Answer>> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return answered_ == answers_.size(); });
    return std::move(answers_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Answer>> answers_;
  std::size_t answered_ = 0;
};

}  // namespace

class RedisClient::State final : private redis::ServersEvents {
 public:
  State(const RedisOptions& options, ports::Clock& clock, ports::Metrics& metrics, ports::Log& log)
      : options_(options),
        keys_(options.prefix, options.database),
        metrics_(metrics),
        surroundings_{loop_, clock, metrics, log, random_},
        broker_down_(metrics, ports::Gauge::degraded_broker),
        buffer_down_(metrics, ports::Gauge::degraded_buffer) {
    note_standing();
    subscriptions_ = std::make_unique<redis::Subscriptions>(surroundings_, options_,
                                                            [this] { servers_->look_up(); });
    servers_ = std::make_unique<redis::Servers>(surroundings_, options_,
                                                static_cast<redis::ServersEvents&>(*this));
    persistence_ = std::make_unique<redis::PersistenceCheck>(*servers_);
    stop_timer_ = std::make_unique<redis::Timer>(loop_);
    subscriptions_->add(watcher_);
    loop_.start();
  }

  ~State() { stop(); }

  const RedisOptions& options() const { return options_; }
  const redis::KeyNames& keys() const { return keys_; }
  redis::Subscriptions& subscriptions() { return *subscriptions_; }
  std::uint64_t random() { return random_.next(); }

  void ask(Command command) { enqueue(std::move(command)); }

  void run(std::function<void()> task) { enqueue(std::move(task)); }

  // On the client's thread.
  void publish(std::string channel, std::uint16_t slot, std::string message) {
    metrics_.add(ports::Counter::redis_messages_out);
    servers_->ask({.arguments = {"PUBLISH", std::move(channel), std::move(message)}, .slot = slot});
  }

  void note_undecodable() { metrics_.add(ports::Counter::redis_messages_undecodable); }

  void note_unpublished(std::string_view why) {
    if (unpublished_noted_.exchange(true)) return;
    surroundings_.log.write(ports::LogLevel::warning,
                            "Redis keeps edits and cannot publish them; other nodes see them late",
                            {{"redis", options_.display()}, {"why", why}});
  }

  void every(Duration interval, std::function<void()> call) {
    periodic_.push_back(std::make_unique<redis::Timer>(loop_));
    repeat(*periodic_.back(), interval, std::move(call));
  }

  redis::PersistenceCheck& persistence() { return *persistence_; }

  // On the client's thread.
  void watch_filling(std::function<void(bool)> call) {
    if (filling_) call(true);
    filling_watchers_.push_back(std::move(call));
  }

  bool wait_until_connected(Duration longest) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [this] { return servers_stand_ && watcher_.standing; });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
    }
    loop_.post([this] {
      take_inbox();
      stop_timer_->after(stop_timeout, [this] { end(); });
      stopping_ = true;
      on_servers_turn_end();
    });
    ended_.get_future().wait();
    loop_.stop();
    servers_.reset();  // Answers what it was asked.
    persistence_.reset();
    subscriptions_.reset();
    stop_timer_.reset();
    periodic_.clear();
  }

 private:
  using Item = std::variant<Command, std::function<void()>>;

  // Notes that subscriptions stand.
  class Watcher final : public redis::Listener {
   public:
    explicit Watcher(State& state) : state_(state) {}
    void on_message(const std::optional<DocumentName>&, BytesView) override {}
    void on_messages_end() override {}
    void on_subscriptions_stand() override { note(true); }
    void on_subscriptions_lost() override { note(false); }

    bool standing = false;

   private:
    void note(bool stand) {
      const std::lock_guard lock(state_.mutex_);
      standing = stand;
      state_.note_standing();
    }

    State& state_;
  };

  // REQUIRES: mutex_ is held, or nobody else is there yet.
  void note_standing() {
    broker_down_.set(servers_stand_ && watcher_.standing ? 0 : 1);
    buffer_down_.set(servers_stand_ || !options_.buffers ? 0 : 1);
    changed_.notify_all();
  }

  void enqueue(Item item) {
    std::unique_lock lock(mutex_);
    if (stopped_) {
      lock.unlock();
      // A task has nobody who waits for it.
      if (auto* const command = std::get_if<Command>(&item)) refuse(*command);
      return;
    }
    inbox_.push_back(std::move(item));
    if (inbox_.size() == 1) loop_.post([this] { take_inbox(); });
  }

  void repeat(redis::Timer& timer, Duration interval, std::function<void()> call) {
    timer.after(interval, [this, &timer, interval, call = std::move(call)] {
      call();
      repeat(timer, interval, call);
    });
  }

  static void refuse(const Command& command) {
    if (command.requester == nullptr) return;
    std::vector<Answer> answers;
    answers.push_back({.ticket = command.ticket, .outcome = ports::Outcome::refused});
    command.requester->deliver(std::move(answers));
  }

  void take_inbox() {
    std::vector<Item> items;
    {
      const std::lock_guard lock(mutex_);
      items.swap(inbox_);
    }
    for (Item& item : items) {
      if (auto* const command = std::get_if<Command>(&item)) {
        servers_->ask(std::move(*command));
      } else {
        std::get<std::function<void()>>(item)();
      }
    }
  }

  void on_servers_stand(bool stand) override {
    const std::lock_guard lock(mutex_);
    servers_stand_ = stand;
    note_standing();
  }
  void on_servers_turn_end() override {
    if (stopping_ && servers_->unanswered() == 0) end();
  }
  void on_servers_looked_at() override {
    const unsigned percent = servers_->memory_percent();
    const auto change = static_cast<std::int64_t>(percent) - memory_percent_;
    if (change != 0) metrics_.add(ports::Gauge::redis_memory_percent, change);
    memory_percent_ = percent;
    if (!options_.buffers || options_.memory_high_percent >= 100) return;
    const std::size_t high = options_.memory_high_percent;
    const bool fills = percent >= (filling_ ? high - std::min(high, memory_relief_percent) : high);
    if (fills == std::exchange(filling_, fills)) return;
    surroundings_.log.write(
        fills ? ports::LogLevel::warning : ports::LogLevel::info,
        fills ? "the memory of Redis is nearly used up" : "the memory of Redis has room again",
        {{"redis", options_.display()}, {"percent", std::to_string(percent)}});
    for (const auto& call : filling_watchers_) call(fills);
  }
  void on_slot_table(const redis::SlotTable& table) override {
    subscriptions_->on_slot_table(table);
  }

  void end() {
    if (std::exchange(has_ended_, true)) return;
    ended_.set_value();
  }

  // Constant after construction.
  const RedisOptions options_;
  const redis::KeyNames keys_;
  ports::Metrics& metrics_;
  SeededRandom random_;  // Has its own lock.
  redis::EventLoop loop_;
  const redis::Surroundings surroundings_;

  std::atomic<bool> unpublished_noted_{false};

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> inbox_;
  bool stopped_ = false;
  bool servers_stand_ = false;
  Watcher watcher_{*this};
  ports::GaugeShare broker_down_;
  ports::GaugeShare buffer_down_;

  // The loop's thread only.
  bool stopping_ = false;
  bool has_ended_ = false;
  std::promise<void> ended_;
  std::unique_ptr<redis::Timer> stop_timer_;
  std::vector<std::unique_ptr<redis::Timer>> periodic_;
  std::unique_ptr<redis::Subscriptions> subscriptions_;
  std::unique_ptr<redis::Servers> servers_;
  std::unique_ptr<redis::PersistenceCheck> persistence_;
  std::int64_t memory_percent_ = 0;  // As the gauge says.
  bool filling_ = false;
  std::vector<std::function<void(bool)>> filling_watchers_;
};

Result<std::unique_ptr<RedisClient>> RedisClient::open(RedisOptions options, ports::Clock& clock,
                                                       ports::Metrics& metrics, ports::Log& log) {
  if (options.prefix.empty() || options.prefix.find_first_of("{}") != std::string::npos) {
    return Error{ErrorCode::invalid_argument,
                 "the prefix of Redis keys must not be empty and must not contain { or }"};
  }
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "a TLS client certificate for Redis needs both its certificate and its key file"};
  }
  return std::unique_ptr<RedisClient>(
      new RedisClient(std::make_unique<State>(options, clock, metrics, log)));
}

RedisClient::RedisClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

RedisClient::~RedisClient() = default;

bool RedisClient::wait_until_connected(Duration longest) {
  return state_->wait_until_connected(longest);
}

Result<RedisPersistence> RedisClient::check_persistence(Duration longest) {
  if (!wait_until_connected(longest)) {
    return Error{ErrorCode::unavailable, "no connection to " + options().display()};
  }
  const auto found = std::make_shared<std::promise<Result<RedisPersistence>>>();
  state_->run([state = state_.get(), found] {
    state->persistence().run(
        [found](Result<RedisPersistence> result) { found->set_value(std::move(result)); });
  });
  return found->get_future().get();
}

void RedisClient::watch_persistence(Duration interval,
                                    std::function<void(const RedisPersistence&)> found) {
  every(interval, [state = state_.get(), found = std::move(found)] {
    state->persistence().run([found](const Result<RedisPersistence>& result) {
      if (result.ok()) found(*result);
    });
  });
}

Result<std::size_t> RedisClient::buffered_documents(Duration longest) {
  const Error unavailable{ErrorCode::unavailable, "no answer from " + options().display()};
  if (!wait_until_connected(longest)) return unavailable;
  WaitingRequester requester(2 * redis::KeyNames::buckets);
  for (unsigned bucket = 0; bucket < redis::KeyNames::buckets; ++bucket) {
    const std::uint16_t slot = keys().slot(bucket);
    const std::uint64_t ticket = 2 * std::uint64_t{bucket};
    ask({.requester = &requester,
         .ticket = ticket,
         .arguments = {"ZCARD", keys().dirty(bucket)},
         .slot = slot});
    ask({.requester = &requester,
         .ticket = ticket + 1,
         .arguments = {"ZCARD", keys().leases(bucket)},
         .slot = slot});
  }
  std::size_t documents = 0;
  for (const std::optional<Answer>& answer : requester.wait()) {
    if (answer->outcome != ports::Outcome::committed) return unavailable;
    documents += answer->reply.view().number().value_or(0);
  }
  return documents;
}

void RedisClient::stop() { state_->stop(); }

const RedisOptions& RedisClient::options() const { return state_->options(); }

const redis::KeyNames& RedisClient::keys() const { return state_->keys(); }

std::uint64_t RedisClient::random() { return state_->random(); }

void RedisClient::ask(Command command) { state_->ask(std::move(command)); }

void RedisClient::publish(std::string channel, std::uint16_t slot, std::string message) {
  state_->run([state = state_.get(), channel = std::move(channel), slot,
               message = std::move(message)]() mutable {
    state->publish(std::move(channel), slot, std::move(message));
  });
}

void RedisClient::note_undecodable() { state_->note_undecodable(); }

void RedisClient::note_unpublished(std::string_view why) { state_->note_unpublished(why); }

void RedisClient::every(Duration interval, std::function<void()> call) {
  state_->run([state = state_.get(), interval, call = std::move(call)]() mutable {
    state->every(interval, std::move(call));
  });
}

void RedisClient::watch_filling(std::function<void(bool)> call) {
  state_->run([state = state_.get(), call = std::move(call)]() mutable {
    state->watch_filling(std::move(call));
  });
}

void RedisClient::add(redis::Listener& listener) {
  state_->run([state = state_.get(), &listener] { state->subscriptions().add(listener); });
}

void RedisClient::subscribe(std::string channel, std::uint16_t slot,
                            std::optional<DocumentName> document, redis::Listener& listener) {
  state_->run([state = state_.get(), channel = std::move(channel), slot,
               document = std::move(document),
               &listener] { state->subscriptions().subscribe(channel, slot, document, listener); });
}

void RedisClient::unsubscribe(std::string channel, redis::Listener& listener) {
  state_->run([state = state_.get(), channel = std::move(channel), &listener] {
    state->subscriptions().unsubscribe(channel, listener);
  });
}

void RedisClient::when_subscribed(std::string channel, std::function<void()> call) {
  state_->run(
      [state = state_.get(), channel = std::move(channel), call = std::move(call)]() mutable {
        state->subscriptions().when_standing(channel, std::move(call));
      });
}

void RedisClient::publish_when_subscribed(std::string channel, std::uint16_t slot,
                                          std::string message) {
  when_subscribed(channel, [state = state_.get(), channel, slot, message = std::move(message)] {
    state->publish(channel, slot, message);
  });
}

}  // namespace syncline::adapters
