#include "sim/simulated_network.h"

#include <algorithm>
#include <optional>

#include "server/base/assert.h"
#include "sim/history/text.h"

namespace syncline::sim {
namespace {

constexpr std::uint64_t place_bits = 20;
// After a block ends, TCP tries again when its own timer says so.
constexpr Duration retransmit_max = seconds(1);
// One message of so many takes so many times longer than the usual.
constexpr std::uint64_t late_every = 64;
constexpr std::int64_t late_factor = 8;

Side other(Side side) { return side == Side::opener ? Side::accepter : Side::opener; }
std::size_t index(Side side) { return static_cast<std::size_t>(side); }

bool holds(const std::vector<Party>& group, Party party) {
  return group.empty() || std::find(group.begin(), group.end(), party) != group.end();
}

bool touches(const WireFault& fault, Party from, Party to) {
  if (from == to) return false;
  if (holds(fault.from, from) && holds(fault.to, to)) return true;
  return fault.both_ways && holds(fault.from, to) && holds(fault.to, from);
}

bool is_outer(Party party) { return party.kind == history::PartyKind::client; }

Duration round_up(Duration time, Duration granularity) {
  return (time + granularity - Duration(1)) / granularity * granularity;
}

}  // namespace

// From one party to another.
struct SimulatedNetwork::Wire {
  Party from;
  Party to;
  RandomStream random;
  Duration latency{0};
  std::uint64_t bytes_per_second = 1;

  // By the faults that are active.
  bool cut = false;
  bool partitioned = false;
  bool stalled = false;
  Duration delay{0};
};

struct SimulatedNetwork::Message {
  enum class Kind : std::uint8_t { open, data, end, reset };
  Kind kind;
  std::uint32_t bytes = 0;
  std::uint64_t number = 0;
  Moment arrival = {};
  Action deliver = {};
};

// What one side sends.
struct SimulatedNetwork::Direction {
  Wire* wire = nullptr;
  std::deque<Message> messages;  // On their way, or waiting for the receiver.
  Moment last_arrival;
  std::uint64_t in_flight_bytes = 0;
  std::uint64_t unconfirmed_bytes = 0;  // Of these: arrived, but the sender cannot hear so.
  bool pump_scheduled = false;
  bool read = true;            // The receiver reads.
  bool slips_through = false;  // One message was read before reading stopped.
  std::optional<std::uint64_t> wanted_below;
};

struct SimulatedNetwork::Link {
  LinkId id;
  Party parties[2];
  // Who hears of it; null: not there yet, or done with it.
  LinkEvents* events[2] = {nullptr, nullptr};
  Direction out[2];
  bool accepted = false;  // The accepter has said yes.
  bool opened = false;    // And the opener has heard it.
  bool knocking = false;  // It cannot get through to the accepter.
  bool silent = false;
  std::uint64_t silence = 0;  // How many silences there were before this one.
};

SimulatedNetwork::SimulatedNetwork(Scheduler& scheduler, std::uint64_t seed,
                                   const NetworkSetting& setting, NetworkObserver* observer)
    : scheduler_(scheduler), seed_(seed), setting_(setting), observer_(observer) {}

SimulatedNetwork::~SimulatedNetwork() = default;

// Wires.

SimulatedNetwork::Wire& SimulatedNetwork::wire(Party from, Party to) {
  auto& slot = wires_[{from, to}];
  if (slot != nullptr) return *slot;
  slot = std::make_unique<Wire>(Wire{
      .from = from,
      .to = to,
      .random = RandomStream(seed_, history::to_text(from) + ">" + history::to_text(to), "wire"),
  });
  const bool outer = is_outer(from) || is_outer(to);
  slot->latency =
      outer ? slot->random.log_between(setting_.outer_latency_min, setting_.outer_latency_max)
            : slot->random.log_between(setting_.inner_latency_min, setting_.inner_latency_max);
  slot->bytes_per_second = static_cast<std::uint64_t>(
      slot->random
          .log_between(Duration(static_cast<Duration::rep>(setting_.bytes_per_second_min)),
                       Duration(static_cast<Duration::rep>(setting_.bytes_per_second_max)))
          .count());
  apply_faults(*slot);
  return *slot;
}

void SimulatedNetwork::apply_faults(Wire& wire) const {
  wire.cut = wire.partitioned = wire.stalled = false;
  wire.delay = Duration::zero();
  for (const WireFault& fault : faults_) {
    if (!touches(fault, wire.from, wire.to)) continue;
    switch (fault.kind) {
      case WireFault::Kind::cut:
        wire.cut = true;
        break;
      case WireFault::Kind::partition:
        wire.partitioned = true;
        break;
      case WireFault::Kind::stall:
        wire.stalled = true;
        break;
      case WireFault::Kind::delay:
        wire.delay += fault.delay;
        break;
    }
  }
}

void SimulatedNetwork::notice(const Wire& wire, WireFault::Kind kind) {
  if (observer_ == nullptr) return;
  for (const WireFault& fault : faults_) {
    if (fault.kind == kind && touches(fault, wire.from, wire.to)) {
      observer_->on_fault_noticed(fault.id);
    }
  }
}

Duration SimulatedNetwork::draw_latency(Wire& wire) {
  const std::uint64_t draw = wire.random.next();
  const std::int64_t factor = draw % late_every == 0 ? late_factor : 1;
  // Up to a quarter more than the wire's own, in 256ths.
  const auto jitter = static_cast<std::int64_t>((draw >> 32) % 64);
  return factor * (wire.latency + wire.latency / 256 * jitter) + wire.delay;
}

bool SimulatedNetwork::blocked(const Direction& direction) const {
  return direction.wire->partitioned || direction.wire->stalled;
}

void SimulatedNetwork::begin_fault(WireFault fault) {
  SYNCLINE_ASSERT(std::none_of(faults_.begin(), faults_.end(),
                               [&](const WireFault& active) { return active.id == fault.id; }),
                  fault.id);
  faults_.push_back(std::move(fault));
  on_wires_changed();
}

void SimulatedNetwork::end_fault(std::uint32_t id) {
  const auto ended = std::erase_if(faults_, [&](const WireFault& fault) { return fault.id == id; });
  SYNCLINE_ASSERT(ended == 1, id);
  on_wires_changed();
}

void SimulatedNetwork::on_wires_changed() {
  for (auto& [pair, wire] : wires_) apply_faults(*wire);
  for (const auto& slot : links_) {
    if (slot == nullptr) continue;
    Link& link = *slot;
    if (link.out[0].wire->cut || link.out[1].wire->cut) {
      notice(*link.out[0].wire, WireFault::Kind::cut);
      notice(*link.out[1].wire, WireFault::Kind::cut);
      for (const Side side : {Side::opener, Side::accepter}) {
        end_side_later(link, side, LinkEnd::reset, draw_latency(*link.out[index(side)].wire));
      }
      continue;
    }
    watch_silence(link);
    for (const Side side : {Side::opener, Side::accepter}) wake(link, side, retransmit_max);
    if (link.knocking) knock(link);
  }
}

// A link on which nothing can be heard ends by itself, unless it is heard again in time.
void SimulatedNetwork::watch_silence(Link& link) {
  const bool silent = link.out[0].wire->partitioned || link.out[1].wire->partitioned;
  if (silent == link.silent) return;
  link.silent = silent;
  ++link.silence;
  if (!silent || !link.opened) return;
  const Duration patience =
      link.out[0].wire->random.between(setting_.silence_min, setting_.silence_max);
  scheduler_.after(patience, [this, id = link.id, silence = link.silence] {
    const Link* still = find(id);
    if (still == nullptr || still->silence != silence) return;
    notice(*still->out[0].wire, WireFault::Kind::partition);
    end_side(id, Side::opener, LinkEnd::timed_out);
    end_side(id, Side::accepter, LinkEnd::timed_out);
  });
}

// Links: how they begin.

SimulatedNetwork::Link* SimulatedNetwork::find(LinkId id) {
  const std::size_t place = id.value & ((std::uint64_t{1} << place_bits) - 1);
  if (place >= links_.size() || links_[place] == nullptr) return nullptr;
  return links_[place]->id == id ? links_[place].get() : nullptr;
}

const SimulatedNetwork::Link* SimulatedNetwork::find(LinkId id) const {
  return const_cast<SimulatedNetwork*>(this)->find(id);
}

SimulatedNetwork::Link& SimulatedNetwork::add_link(Party from, Party to, LinkEvents& events) {
  std::uint64_t place = links_.size();
  if (free_places_.empty()) {
    links_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  SYNCLINE_ASSERT(place < (std::uint64_t{1} << place_bits));
  links_[place] = std::make_unique<Link>();
  ++links_open_;
  Link& link = *links_[place];
  link.id = LinkId{++links_made_ << place_bits | place};
  link.parties[0] = from;
  link.parties[1] = to;
  link.events[0] = &events;
  link.out[0].wire = &wire(from, to);
  link.out[1].wire = &wire(to, from);
  return link;
}

void SimulatedNetwork::remove(Link& link) {
  drop_messages(link.out[0]);
  drop_messages(link.out[1]);
  const std::size_t place = link.id.value & ((std::uint64_t{1} << place_bits) - 1);
  links_[place].reset();
  free_places_.push_back(static_cast<std::uint32_t>(place));
  --links_open_;
}

void SimulatedNetwork::listen(Party at, Listener* listener) {
  if (listener == nullptr) {
    listeners_.erase(at);
  } else {
    listeners_[at] = listener;
  }
}

LinkId SimulatedNetwork::connect(Party from, Party to, LinkEvents& events) {
  Link& link = add_link(from, to, events);
  scheduler_.trace().note("connect", link.id.value);
  knock(link);
  scheduler_.after(setting_.connect_timeout, [this, id = link.id] {
    const Link* waiting = find(id);
    if (waiting != nullptr && !waiting->opened) end_side(id, Side::opener, LinkEnd::timed_out);
  });
  return link.id;
}

void SimulatedNetwork::knock(Link& link) {
  link.knocking = false;
  scheduler_.after(draw_latency(*link.out[0].wire), [this, id = link.id] { arrive(id); });
}

void SimulatedNetwork::arrive(LinkId id) {
  Link* link = find(id);
  if (link == nullptr || link->accepted) return;
  Wire& back = *link->out[1].wire;
  if (link->out[0].wire->cut || back.cut) {
    notice(*link->out[0].wire, WireFault::Kind::cut);
    return end_side_later(*link, Side::opener, LinkEnd::refused, draw_latency(back));
  }
  if (blocked(link->out[0]) || blocked(link->out[1]) || paused_.contains(link->parties[1])) {
    if (observer_ != nullptr && paused_.contains(link->parties[1])) {
      observer_->on_message_held(link->parties[1]);
    }
    for (const Direction& direction : link->out) {
      notice(*direction.wire, WireFault::Kind::partition);
      notice(*direction.wire, WireFault::Kind::stall);
    }
    link->knocking = true;
    return;
  }
  open(id);
}

void SimulatedNetwork::open(LinkId id) {
  Link* link = find(id);
  const auto listener = listeners_.find(link->parties[1]);
  LinkEvents* accepter = nullptr;
  if (listener != listeners_.end()) {
    // Before anything that the accepter may send from within.
    queue(*link, Side::accepter, {.kind = Message::Kind::open});
    accepter = listener->second->on_link_arrives(id, link->parties[0]);
    link = find(id);
    if (link == nullptr) return;
  }
  if (accepter == nullptr) {
    drop_messages(link->out[1]);
    return end_side_later(*link, Side::opener, LinkEnd::refused, draw_latency(*link->out[1].wire));
  }
  link->accepted = true;
  link->events[1] = accepter;
}

// Links: messages.

void SimulatedNetwork::send(LinkId id, Side from, std::uint32_t bytes, std::string_view what,
                            Action deliver) {
  Link* link = find(id);
  if (link == nullptr) return;
  scheduler_.trace().note(what, bytes);
  const std::uint64_t number = ++messages_;
  if (observer_ != nullptr) {
    observer_->on_message_sent(number, link->parties[index(from)],
                               link->parties[index(other(from))], what);
  }
  queue(*link, from,
        {.kind = Message::Kind::data,
         .bytes = bytes,
         .number = number,
         .deliver = std::move(deliver)});
}

void SimulatedNetwork::queue(Link& link, Side from, Message message) {
  Direction& out = link.out[index(from)];
  Wire& wire = *out.wire;
  if (wire.delay > Duration::zero()) notice(wire, WireFault::Kind::delay);
  const Duration on_wire(static_cast<Duration::rep>(std::uint64_t{message.bytes} * 1'000'000'000 /
                                                    wire.bytes_per_second));
  const Moment due = std::max(out.last_arrival, scheduler_.now() + draw_latency(wire)) + on_wire;
  message.arrival = out.last_arrival = {round_up(due.since_start, setting_.granularity)};
  out.in_flight_bytes += message.bytes;
  out.messages.push_back(std::move(message));
  if (out.messages.size() == 1) schedule_pump(link, from, out.last_arrival);
}

void SimulatedNetwork::schedule_pump(Link& link, Side from, Moment at) {
  Direction& out = link.out[index(from)];
  if (out.pump_scheduled) return;
  out.pump_scheduled = true;
  scheduler_.at(at, [this, id = link.id, from] { pump(id, from); });
}

// Hands over the next message, if the receiver can have it now.
void SimulatedNetwork::pump(LinkId id, Side from) {
  Link* link = find(id);
  if (link == nullptr) return;
  Direction& out = link->out[index(from)];
  out.pump_scheduled = false;
  if (out.messages.empty()) return;
  if (out.messages.front().arrival > scheduler_.now()) {
    return schedule_pump(*link, from, out.messages.front().arrival);
  }
  if (blocked(out)) {
    notice(*out.wire, WireFault::Kind::partition);
    return notice(*out.wire, WireFault::Kind::stall);
  }
  const Side to = other(from);
  if (!takes(*link, to)) {
    if (observer_ != nullptr) observer_->on_message_held(link->parties[index(to)]);
    return;
  }
  Message message = std::move(out.messages.front());
  out.messages.pop_front();
  out.unconfirmed_bytes += message.bytes;
  settle(*link, from);
  if (!out.messages.empty()) schedule_pump(*link, from, out.messages.front().arrival);
  // Nothing of the link is used after these: they may end it.
  switch (message.kind) {
    case Message::Kind::open:
      link->opened = true;
      watch_silence(*link);
      if (link->events[0] != nullptr) link->events[0]->on_link_open(id);
      return;
    case Message::Kind::data: {
      const bool heard = link->events[index(to)] != nullptr;
      if (observer_ != nullptr) {
        heard ? observer_->on_message_received(message.number)
              : observer_->on_message_lost(message.number);
      }
      if (heard) message.deliver();
      return;
    }
    case Message::Kind::end:
      return end_side(id, to, LinkEnd::closed);
    case Message::Kind::reset:
      return end_side(id, to, LinkEnd::reset);
  }
}

// Whether this side takes the message that has come.
bool SimulatedNetwork::takes(Link& link, Side side) {
  if (paused_.contains(link.parties[index(side)])) return false;
  Direction& in = link.out[index(other(side))];
  if (in.read || link.events[index(side)] == nullptr) return true;
  if (in.messages.front().kind == Message::Kind::reset) return true;
  return std::exchange(in.slips_through, false);
}

// The sender learns what has arrived, unless the way back is blocked.
void SimulatedNetwork::settle(Link& link, Side from) {
  Direction& out = link.out[index(from)];
  if (blocked(link.out[index(other(from))])) return;
  out.in_flight_bytes -= std::exchange(out.unconfirmed_bytes, 0);
  if (!out.wanted_below || out.in_flight_bytes > *out.wanted_below) return;
  out.wanted_below.reset();
  scheduler_.after(Duration::zero(), [this, id = link.id, from] {
    const Link* still = find(id);
    if (still == nullptr || still->events[index(from)] == nullptr) return;
    still->events[index(from)]->on_link_writable(id);
  });
}

// Something that kept messages from being handed over may be gone.
void SimulatedNetwork::wake(Link& link, Side from, Duration within) {
  Direction& out = link.out[index(from)];
  settle(link, from);
  if (out.messages.empty() || out.pump_scheduled || blocked(out)) return;
  const Duration wait = out.wire->random.between(Duration::zero(), within);
  schedule_pump(link, from, std::max(out.messages.front().arrival, scheduler_.now() + wait));
}

std::uint64_t SimulatedNetwork::bytes_in_flight(LinkId id, Side from) const {
  const Link* link = find(id);
  return link == nullptr ? 0 : link->out[index(from)].in_flight_bytes;
}

void SimulatedNetwork::wait_writable(LinkId id, Side from, std::uint64_t bytes) {
  Link* link = find(id);
  if (link == nullptr) return;
  link->out[index(from)].wanted_below = bytes;
  settle(*link, from);
}

void SimulatedNetwork::set_reading(LinkId id, Side by, bool reading) {
  Link* link = find(id);
  if (link == nullptr) return;
  Direction& in = link->out[index(other(by))];
  if (in.read == reading) return;
  in.read = reading;
  if (reading) return wake(*link, other(by), Duration::zero());
  in.slips_through = !in.messages.empty() && in.messages.front().arrival <= scheduler_.now();
}

void SimulatedNetwork::set_paused(Party party, bool paused) {
  if (paused) {
    paused_.insert(party);
    return;
  }
  if (paused_.erase(party) == 0) return;
  for (const auto& slot : links_) {
    if (slot == nullptr) continue;
    if (slot->parties[1] == party) {
      wake(*slot, Side::opener, Duration::zero());
      if (slot->knocking) knock(*slot);
    } else if (slot->parties[0] == party) {
      wake(*slot, Side::accepter, Duration::zero());
    }
  }
}

bool SimulatedNetwork::has_links(Party party) const {
  return std::any_of(links_.begin(), links_.end(), [&](const std::unique_ptr<Link>& link) {
    return link != nullptr && (link->parties[0] == party || link->parties[1] == party);
  });
}

// Links: how they end.

void SimulatedNetwork::drop_messages(Direction& direction) {
  for (const Message& message : direction.messages) {
    if (observer_ != nullptr && message.kind == Message::Kind::data) {
      observer_->on_message_lost(message.number);
    }
  }
  direction.messages.clear();
  direction.in_flight_bytes = direction.unconfirmed_bytes = 0;
}

void SimulatedNetwork::close(LinkId id, Side by) {
  Link* link = find(id);
  if (link == nullptr || std::exchange(link->events[index(by)], nullptr) == nullptr) return;
  scheduler_.trace().note("close", id.value);
  if (link->events[index(other(by))] == nullptr) return remove(*link);
  queue(*link, by, {.kind = Message::Kind::end});
  // Whoever has closed reads no more; what still comes is thrown away.
  wake(*link, other(by), Duration::zero());
}

void SimulatedNetwork::abort(LinkId id, Side by) {
  Link* link = find(id);
  if (link == nullptr || std::exchange(link->events[index(by)], nullptr) == nullptr) return;
  scheduler_.trace().note("abort", id.value);
  die(*link, by);
}

void SimulatedNetwork::drop_all_of(Party party) {
  listeners_.erase(party);
  paused_.erase(party);
  for (std::size_t place = 0; place < links_.size(); ++place) {
    Link* link = links_[place].get();
    if (link == nullptr) continue;
    const Side side = link->parties[0] == party ? Side::opener : Side::accepter;
    if (link->parties[index(side)] != party) continue;
    if (std::exchange(link->events[index(side)], nullptr) == nullptr) continue;
    Wire& wire = *link->out[index(side)].wire;
    const Side peer = other(side);
    if (link->events[index(peer)] != nullptr && wire.random.chance(setting_.silent_death_percent)) {
      drop_messages(link->out[index(side)]);
      end_side_later(*link, peer, LinkEnd::timed_out,
                     wire.random.between(setting_.silence_min, setting_.silence_max));
    } else {
      die(*link, side);
    }
  }
}

// A side is gone. What it had sent may still arrive, or not.
void SimulatedNetwork::die(Link& link, Side side) {
  if (link.events[index(other(side))] == nullptr) return remove(link);
  Direction& out = link.out[index(side)];
  if (out.wire->random.chance(50)) drop_messages(out);
  queue(link, side, {.kind = Message::Kind::reset});
  // Nothing is before the reset now, so it does not wait for those who do not read.
  wake(link, side, Duration::zero());
}

void SimulatedNetwork::end_side_later(Link& link, Side side, LinkEnd end, Duration delay) {
  scheduler_.after(delay, [this, id = link.id, side, end] { end_side(id, side, end); });
}

void SimulatedNetwork::end_side(LinkId id, Side side, LinkEnd end) {
  Link* link = find(id);
  if (link == nullptr) return;
  LinkEvents* events = std::exchange(link->events[index(side)], nullptr);
  if (events == nullptr) return;
  scheduler_.trace().note("link-end", static_cast<std::uint64_t>(end));
  if (link->events[index(other(side))] == nullptr) {
    remove(*link);
  } else {
    drop_messages(link->out[index(side)]);
    queue(*link, side, {.kind = Message::Kind::reset});
  }
  events->on_link_end(id, end);
}

}  // namespace syncline::sim
