#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/ids.h"
#include "sim/action.h"
#include "sim/history/event.h"
#include "sim/scheduler.h"

namespace syncline::sim {

using history::Party;

// One simulated TCP connection.
using LinkId = StrongId<struct LinkTag>;

enum class Side : std::uint8_t { opener, accepter };

// Why a connection ended, as one side sees it.
enum class LinkEnd : std::uint8_t {
  refused,    // It never came to be: nobody listens, or the network said so at once.
  timed_out,  // Nothing was heard for too long: a partition, a machine that is suspended.
  reset,      // The other process died, or the network cut it.
  closed,     // The other side closed it, after everything it had sent.
};

// What one side of a connection hears; each call is an event of its own.
class LinkEvents {
 public:
  // Told to the opener only; the accepter's side is open from on_link_arrives on.
  virtual void on_link_open(LinkId link) = 0;
  // Nothing comes of this link after this. Not told to the side that closed it.
  virtual void on_link_end(LinkId link, LinkEnd end) = 0;
  // What Network::wait_writable asked for.
  virtual void on_link_writable(LinkId link) { static_cast<void>(link); }

 protected:
  ~LinkEvents() = default;
};

// Who accepts connections as a party; asked at the instant at which the connection arrives.
class Listener {
 public:
  // Null: refused. The returned object hears of the accepter's side.
  virtual LinkEvents* on_link_arrives(LinkId link, Party from) = 0;

 protected:
  ~Listener() = default;
};

// The wires between all parties, with TCP's promises and its failures: within a connection nothing
// is lost, doubled or reordered; but it can be slow, stop, and break with what was on its way
// unheard of. A message is a closure that runs at the receiver; `what` names it for pictures.
//
// Belongs to the run's one thread. Everything is told later, never from within a call.
class Network {
 public:
  virtual ~Network() = default;

  virtual void listen(Party at, Listener* listener) = 0;  // Null: nobody listens any more.
  virtual LinkId connect(Party from, Party to, LinkEvents& events) = 0;

  // Delivers in order. `bytes` is what it would weigh on the wire. Nothing happens if the link has
  // ended.
  virtual void send(LinkId link, Side from, std::uint32_t bytes, std::string_view what,
                    Action deliver) = 0;
  // What was sent before still arrives; the other side then hears `closed`.
  virtual void close(LinkId link, Side by) = 0;
  // What is on its way is lost; the other side hears `reset`.
  virtual void abort(LinkId link, Side by) = 0;
  // A process died: its links are gone, and the other sides hear `reset`, if anything of it still
  // reaches them, else `timed_out` in time.
  virtual void drop_all_of(Party party) = 0;

  // Bytes sent by this side and not yet delivered: what its socket's buffer holds.
  virtual std::uint64_t bytes_in_flight(LinkId link, Side from) const = 0;
  // Tells `from` once, when it has no more than `bytes` in flight.
  virtual void wait_writable(LinkId link, Side from, std::uint64_t bytes) = 0;
  // A side that does not read lets what is sent to it wait on the way. Sides begin reading.
  virtual void set_reading(LinkId link, Side by, bool reading) = 0;
  // A process that is paused takes nothing from any of its sockets, and accepts nothing.
  virtual void set_paused(Party party, bool paused) = 0;
};

}  // namespace syncline::sim
