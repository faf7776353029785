#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/network.h"
#include "sim/random_stream.h"

namespace syncline::sim {

// How wires are; each seed has its own.
struct NetworkSetting {
  // One way, inside the cluster, and between it and clients; each pair draws its own between them.
  Duration inner_latency_min = microseconds(50);
  Duration inner_latency_max = milliseconds(2);
  Duration outer_latency_min = milliseconds(1);
  Duration outer_latency_max = milliseconds(80);
  // Arrivals are rounded up to this, so that some fall on the same instant and the seed's ties
  // decide.
  Duration granularity = microseconds(10);
  std::uint64_t bytes_per_second_min = 200'000;
  std::uint64_t bytes_per_second_max = 100'000'000;

  Duration connect_timeout = seconds(10);
  // How long nothing needs to be heard until a side gives up; drawn for each link.
  Duration silence_min = seconds(15);
  Duration silence_max = seconds(45);
  // Of 100 deaths of a process, how many leave the other sides without a word: a machine that lost
  // its power, a NAT that forgot. They find out when they have heard nothing for too long.
  unsigned silent_death_percent = 15;
};

// A fault of wires between two groups of parties: from each party of `from` to each of `to`, and
// back if `both_ways`. An empty group is everybody.
struct WireFault {
  enum class Kind : std::uint8_t { cut, partition, stall, delay };
  std::uint32_t id;
  Kind kind;
  std::vector<Party> from;
  std::vector<Party> to;
  bool both_ways = true;
  Duration delay{0};
};

// Who wants to know what becomes of messages and faults; told from within the network's calls.
class NetworkObserver {
 public:
  virtual void on_message_sent(std::uint64_t message, Party from, Party to,
                               std::string_view what) = 0;
  virtual void on_message_received(std::uint64_t message) = 0;
  virtual void on_message_lost(std::uint64_t message) = 0;
  // It has come as far as the receiver, who does not take it now: paused, or not reading.
  virtual void on_message_held(Party receiver) = 0;
  // A fault held, delayed or ended something.
  virtual void on_fault_noticed(std::uint32_t fault) = 0;

 protected:
  ~NetworkObserver() = default;
};

// The network of a run.
class SimulatedNetwork final : public Network {
 public:
  // `observer` may be null. Both must outlive the network.
  SimulatedNetwork(Scheduler& scheduler, std::uint64_t seed, const NetworkSetting& setting,
                   NetworkObserver* observer);
  ~SimulatedNetwork() override;

  // Network.
  void listen(Party at, Listener* listener) override;
  LinkId connect(Party from, Party to, LinkEvents& events) override;
  void send(LinkId link, Side from, std::uint32_t bytes, std::string_view what,
            Action deliver) override;
  void close(LinkId link, Side by) override;
  void abort(LinkId link, Side by) override;
  void drop_all_of(Party party) override;
  std::uint64_t bytes_in_flight(LinkId link, Side from) const override;
  void wait_writable(LinkId link, Side from, std::uint64_t bytes) override;
  void set_reading(LinkId link, Side by, bool reading) override;
  void set_paused(Party party, bool paused) override;

  // Faults. REQUIRES: no fault of this id is active; for end_fault, one is.
  void begin_fault(WireFault fault);
  void end_fault(std::uint32_t id);

  std::size_t link_count() const { return links_open_; }
  bool has_links(Party party) const;

 private:
  struct Wire;
  struct Message;
  struct Direction;
  struct Link;

  // Wires.
  Wire& wire(Party from, Party to);
  void apply_faults(Wire& wire) const;
  void on_wires_changed();
  Duration draw_latency(Wire& wire);
  bool blocked(const Direction& direction) const;
  void notice(const Wire& wire, WireFault::Kind kind);

  // Links.
  Link* find(LinkId id);
  const Link* find(LinkId id) const;
  Link& add_link(Party from, Party to, LinkEvents& events);
  void remove(Link& link);
  void arrive(LinkId id);
  void knock(Link& link);
  void open(LinkId id);
  void queue(Link& link, Side from, Message message);
  void schedule_pump(Link& link, Side from, Moment at);
  void pump(LinkId id, Side from);
  bool takes(Link& link, Side side);
  void wake(Link& link, Side from, Duration within);
  void settle(Link& link, Side from);
  void drop_messages(Direction& direction);
  void end_side(LinkId id, Side side, LinkEnd end);
  void end_side_later(Link& link, Side side, LinkEnd end, Duration delay);
  void watch_silence(Link& link);
  void die(Link& link, Side side);

  // Constant after construction.
  Scheduler& scheduler_;
  const std::uint64_t seed_;
  const NetworkSetting setting_;
  NetworkObserver* const observer_;

  std::map<std::pair<Party, Party>, std::unique_ptr<Wire>> wires_;
  std::map<Party, Listener*> listeners_;
  std::set<Party> paused_;
  std::vector<WireFault> faults_;  // Active, in the order in which they began.

  // A link's id is its place here, and how many links there were before it.
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::uint32_t> free_places_;
  std::uint64_t links_made_ = 0;
  std::size_t links_open_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace syncline::sim
