#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/adapters/redis/redis_options.h"
#include "server/base/bytes.h"
#include "server/base/instant.h"

// Sockets, timers and the thread of their own, without what they are made of: Asio stands in the
// .cc alone.

namespace syncline::adapters::redis {

class EventLoop {
 public:
  EventLoop();
  // REQUIRES: stop() was called, if start() was.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void start();
  // Ends the thread; what is posted afterwards never runs.
  void stop();
  // From any thread; runs on the loop's.
  void post(std::function<void()> task);

 private:
  friend class Timer;
  friend class Stream;
  class State;
  const std::unique_ptr<State> state_;
};

// Calls once, later, on the loop's thread, on which alone it may be used. Its end is the call's.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Instead of what was asked for before.
  void after(Duration delay, std::function<void()> call);
  void cancel();

 private:
  class State;
  std::shared_ptr<State> state_;
};

class StreamEvents {
 public:
  virtual void on_stream_open() = 0;
  // Until the call returns.
  virtual void on_stream_bytes(BytesView bytes) = 0;
  // All of what was given to write() is with the operating system.
  virtual void on_stream_written() = 0;
  // It could not be opened, or has ended; nothing follows.
  virtual void on_stream_end(std::string_view why) = 0;

 protected:
  ~StreamEvents() = default;
};

// A byte stream to Redis, over TCP, TLS or a unix socket. On the loop's thread alone. No event
// comes from within a call, and none after its end, which closes the socket.
class Stream {
 public:
  // Begins to connect. `events` must outlive it.
  Stream(EventLoop& loop, const RedisOptions& options, StreamEvents& events);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // REQUIRES: open, and what was written before is written.
  void write(std::string bytes);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace syncline::adapters::redis
