#pragma once

#include <cstdint>
#include <vector>

#include "sim/demo/usual/journal.h"
#include "sim/demo/usual/paragraph.h"
#include "sim/machine_clock.h"
#include "sim/network.h"
#include "sim/random_stream.h"
#include "sim/scheduler.h"

namespace syncline::demo {

class LoadBalancer;
class UsualServer;

// A browser tab of the usual architecture. It stamps what it writes with its own clock, sends the
// paragraph that was changed, and tries again after a lost connection, with what was not
// acknowledged. A server that does not know its session makes it load the page anew.
class Browser final : public sim::LinkEvents {
 public:
  Browser(std::uint32_t number, std::uint32_t document, sim::Scheduler& scheduler,
          sim::Network& network, LoadBalancer& balancer, const sim::MachineClock& clock,
          Journal& journal, std::uint64_t seed);

  void open() { connect(); }
  void press(PressNumber press);

  // From the server, at the browser.
  void on_welcome(std::uint64_t session, const UsualDocument& state);
  void on_session_unknown();
  void on_paragraph(std::uint32_t place, const Paragraph& paragraph);
  void on_saved(PressNumber press);

  void on_link_open(sim::LinkId link) override;
  void on_link_end(sim::LinkId link, sim::LinkEnd end) override;

 private:
  struct Unsaved {
    PressNumber press;
    std::uint32_t place;
  };

  void connect();
  void connect_later();
  void type(PressNumber press);
  void send(const Unsaved& unsaved);
  void move_cursor();

  // Constant after construction.
  const std::uint32_t number_;
  const history::Party self_;
  const std::uint32_t document_;
  sim::Scheduler& scheduler_;
  sim::Network& network_;
  LoadBalancer& balancer_;
  const sim::MachineClock& clock_;
  Journal& journal_;
  sim::RandomStream random_;

  // The connection.
  UsualServer* server_ = nullptr;
  std::uint32_t node_ = 0;
  sim::LinkId link_{};
  bool connected_ = false;  // And welcomed.

  // The page.
  std::uint64_t session_ = 0;
  bool loaded_ = false;
  UsualDocument page_ = empty_document();
  std::vector<Unsaved> unsaved_;      // Oldest first.
  std::vector<PressNumber> waiting_;  // People wait for a page that is loading.

  // Where the person is, and for how many presses still.
  std::uint32_t place_ = 0;
  std::uint64_t stays_for_ = 0;
};

}  // namespace syncline::demo
