#pragma once

#include <string>

#include "loadgen/net/backoff.h"
#include "loadgen/net/event_loop.h"
#include "loadgen/net/web_socket.h"
#include "loadgen/run/options.h"
#include "loadgen/run/participant.h"
#include "loadgen/run/random.h"

namespace syncline::loadgen {

class Seat;

// Who owns the seats. Called on the loop's thread.
class SeatOwner {
 public:
  // A client is synced, for the first time or again.
  virtual void on_seat_synced(Seat& seat) = 0;
  // Something came.
  virtual void on_seat_progress() = 0;
  // A client that was synced has lost its connection, and tries to come back.
  virtual void on_seat_lost(Seat& seat, const std::string& why) = 0;
  // The server told the client to stop for good (4400 to 4499).
  virtual void on_seat_refused(Seat& seat, const std::string& why) = 0;

 protected:
  ~SeatOwner() = default;
};

// A participant at its socket: connects, and comes back after each loss as y-websocket does.
class Seat final : public WebSocketSink {
 public:
  // All must outlive it.
  Seat(EventLoop& loop, const RunOptions& options, LoadDocument& document, Participant& participant,
       SeatOwner& owner);

  void connect();
  // REQUIRES: participant().types().
  void type(bool removes, bool measured, Instant scheduled);
  // Loses the connection if nothing has come for too long, as y-websocket does.
  void check_silence(Instant now);
  // For good.
  void leave();

  const Participant& participant() const { return participant_; }
  // Why the last attempt or connection ended.
  const std::string& last_end() const { return last_end_; }

  void on_open() override;
  void on_message(BytesView message) override;
  void on_closed(const SocketEnd& end) override;

 private:
  void flush();
  void synced(Instant now);

  const RunOptions& options_;
  LoadDocument& document_;
  Participant& participant_;
  SeatOwner& owner_;
  WebSocket socket_;
  Timer retry_;
  Backoff backoff_;
  Random random_;

  bool open_ = false;
  bool left_ = false;
  Instant attempt_at_;
  Instant lost_at_ = Instant::never();  // Unless it is synced or was never.
  Instant heard_at_;
  std::string last_end_;
};

}  // namespace syncline::loadgen
