#include "loadgen/run/seat.h"

#include <utility>

namespace syncline::loadgen {
namespace {

bool is_final(const SocketEnd& end) { return end.code >= 4400 && end.code <= 4499; }

std::string described(const SocketEnd& end) {
  if (end.code == 0) return end.reason;
  return std::to_string(end.code) + (end.reason.empty() ? "" : " " + end.reason);
}

}  // namespace

Seat::Seat(EventLoop& loop, const RunOptions& options, LoadDocument& document,
           Participant& participant, SeatOwner& owner)
    : options_(options),
      document_(document),
      participant_(participant),
      owner_(owner),
      socket_(loop, *this),
      retry_(loop, [this] { connect(); }),
      random_(options.seed, participant.client()) {}

void Seat::connect() {
  attempt_at_ = EventLoop::now();
  const Target& target = options_.targets[participant_.target()];
  socket_.connect(target, target.document_path(document_.name(), options_.manners.acks));
}

void Seat::on_open() {
  open_ = true;
  heard_at_ = EventLoop::now();
  participant_.on_open();
  flush();
}

void Seat::on_message(BytesView message) {
  const Instant now = EventLoop::now();
  heard_at_ = now;
  const bool was_synced = participant_.synced();
  participant_.on_frame(message, now);
  flush();
  if (participant_.synced() && !was_synced) synced(now);
  owner_.on_seat_progress();
}

void Seat::synced(Instant now) {
  backoff_.reset();
  Tally& tally = document_.tally();
  if (lost_at_ == Instant::never()) {
    tally.joining.record(now - attempt_at_);
  } else {
    tally.reconnecting.record(now - std::exchange(lost_at_, Instant::never()));
  }
  owner_.on_seat_synced(*this);
}

void Seat::on_closed(const SocketEnd& end) {
  const Instant now = EventLoop::now();
  const bool was_synced = participant_.synced();
  open_ = false;
  last_end_ = described(end);
  participant_.on_closed();
  if (is_final(end)) return owner_.on_seat_refused(*this, last_end_);
  Tally& tally = document_.tally();
  ++(was_synced ? tally.connections_lost : tally.attempts_failed);
  if (was_synced) {
    lost_at_ = now;
    owner_.on_seat_lost(*this, last_end_);
  }
  if (left_) return;
  if (options_.fails_over && !was_synced) {
    participant_.move_to((participant_.target() + 1) % options_.targets.size());
  }
  retry_.set(now + backoff_.next(random_.next()));
}

void Seat::type(bool removes, bool measured, Instant scheduled) {
  participant_.type(removes, measured, scheduled);
  flush();
}

void Seat::check_silence(Instant now) {
  if (!open_ || now - heard_at_ < options_.silence_timeout) return;
  socket_.close();
  on_closed({.reason = "nothing came for too long (--silence-timeout)"});
}

void Seat::leave() {
  left_ = true;
  open_ = false;
  socket_.close();
  retry_.cancel();
}

void Seat::flush() {
  for (Bytes& frame : participant_.take_outbox()) socket_.send(std::move(frame));
}

}  // namespace syncline::loadgen
