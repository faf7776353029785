#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/event_loop.h"
#include "server/adapters/redis/redis_options.h"
#include "server/adapters/redis/reply.h"
#include "server/adapters/redis/script.h"
#include "server/adapters/redis/server_report.h"
#include "server/base/backoff.h"
#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "server/ports/random.h"

namespace syncline::adapters::redis {

// What all connections of a client share. All must outlive them.
struct Surroundings {
  EventLoop& loop;
  ports::Clock& clock;
  ports::Metrics& metrics;
  ports::Log& log;
  ports::Random& random;
};

class ConnectionEvents {
 public:
  // It stands, for the first time or again: it has no subscriptions.
  virtual void on_connection_ready() {}
  // It is no more. Everything that was asked has been answered with `unknown`.
  virtual void on_connection_lost() {}
  // Of a connection for subscriptions: what Redis says.
  virtual void on_pushed(const Reply&) {}
  // This is not the master of what it was asked for.
  virtual void on_misrouted() {}
  // server() is as it is now. Use::commands.
  virtual void on_server_looked_at() {}
  // The end of what one read brought.
  virtual void on_turn_end() {}

 protected:
  ~ConnectionEvents() = default;
};

// One connection to Redis, kept up: the handshake, which tells which process of Redis this is;
// requests in a row without waiting for each other's answers, those of one turn in one write;
// pings, so that a silent connection is found dead; connecting again with growing and jittered
// delays. On the loop's thread alone.
class Connection final : private StreamEvents {
 public:
  enum class Use : std::uint8_t { commands, subscriptions };

  // Begins to connect. `events` must outlive it.
  Connection(const Surroundings& surroundings, const RedisOptions& options, Use use,
             ConnectionEvents& events);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool ready() const { return state_ == State::ready; }
  // Of the server as it was at the handshake, or when it was looked at last. REQUIRES: ready().
  const ServerReport& server() const { return server_; }
  // Of the memory that the server may take, what it had taken when it was looked at last, also
  // before the connection was lost; 0 if it never was.
  unsigned memory_percent() const { return memory_percent_; }
  // Where it is, for logs.
  std::string display() const { return options_.display(); }

  // Asks; exactly one answer follows, `refused` if there is no connection. Use::commands.
  void ask(Command command);
  // Sends what gets its answers by on_pushed(). REQUIRES: ready(). Use::subscriptions.
  void send(const std::vector<std::string_view>& command);

  // Answers that there is nobody to ask.
  void refuse(const Command& command);

  // Of requests without an answer.
  std::size_t unanswered() const { return asked_.size(); }

  // Connects again; everything that was asked is unknown.
  void drop(std::string_view why);

 private:
  enum class State : std::uint8_t { waiting, connecting, ready };

  struct Asked {
    Requester* requester;
    std::uint64_t ticket;
    std::optional<Script> script;
    std::size_t bytes;
    Instant since;
  };
  // Answers in the order of their requests, collected for each requester.
  struct Delivery {
    Requester* requester;
    std::vector<Answer> answers;
  };

  void on_stream_open() override;
  void on_stream_bytes(BytesView bytes) override;
  void on_stream_written() override;
  void on_stream_end(std::string_view why) override;

  void connect();
  void greet();
  void on_greeting(const Reply& reply);
  void become_ready();
  void take_replies();
  void on_reply(Reply reply);
  void note_error(std::string_view text);
  void lost(std::string_view why);
  void tick();
  void look();
  void begin_request(const Command& command);
  void on_looked(const Reply& reply, bool last);
  void append_command(const std::vector<std::string_view>& parts);
  void append_script(const Command& command);
  void send_later();
  void write_output();
  void answer(const Asked& asked, ports::Outcome outcome, ErrorCode error, Reply reply);
  void deliver();
  bool takes_push(const Reply& reply);

  // Constant after construction.
  const Surroundings surroundings_;
  const RedisOptions options_;
  const Use use_;
  ConnectionEvents& events_;

  State state_ = State::waiting;
  std::unique_ptr<Stream> stream_;
  std::optional<ReplyReader> reader_;
  Backoff backoff_;
  Timer timer_;  // While waiting: to connect. While connecting: to give up. While ready: to look.

  // The handshake's questions, and how many of them are answered.
  std::size_t greetings_ = 0;
  std::size_t greeted_ = 0;
  ServerReport server_;
  unsigned memory_percent_ = 0;
  std::string life_;  // Of the server's data, as scripts are told it.
  std::array<std::string, script_count> script_names_;

  std::string output_;  // Not yet given to the stream.
  bool writing_ = false;
  bool will_write_ = false;

  std::deque<Asked> asked_;  // Oldest first.
  std::size_t unanswered_bytes_ = 0;
  std::vector<Delivery> deliveries_;
  Instant heard_at_;
  bool pinged_ = false;       // Since it was heard.
  bool looking_ = false;      // Answers are on their way.
  std::string drop_reason_;   // Not empty: to be dropped once this turn's replies are read.
  std::string last_problem_;  // Why it could not connect, or was lost.
  // The kinds of errors that Redis has answered with, and when each came last.
  std::map<std::string, Instant, std::less<>> problems_;
  bool was_ready_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For what is posted.
};

}  // namespace syncline::adapters::redis
