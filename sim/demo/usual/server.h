#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "sim/demo/usual/database.h"
#include "sim/demo/usual/journal.h"
#include "sim/demo/usual/paragraph.h"
#include "sim/demo/usual/setting.h"
#include "sim/network.h"
#include "sim/scheduler.h"

namespace syncline::demo {

class Browser;

// An API server of the usual architecture: WebSockets to browsers, documents in memory, sessions in
// memory, a poll of the database for what other servers have written.
class UsualServer final : public sim::Listener, public sim::LinkEvents {
 public:
  UsualServer(std::uint32_t number, const UsualSetting& setting, sim::Scheduler& scheduler,
              sim::Network& network, UsualDatabase& database, Journal& journal);

  void start();
  void crash();
  // Asked to end: saves what it has, and says goodbye.
  void drain();
  bool running() const { return running_; }

  // From browsers, at the server. `session` 0: none yet.
  void on_hello(sim::LinkId link, Browser& browser, std::uint64_t session, std::uint32_t document);
  void on_put(sim::LinkId link, std::uint32_t place, const Paragraph& paragraph, PressNumber press);

  sim::LinkEvents* on_link_arrives(sim::LinkId link, history::Party from) override;
  void on_link_open(sim::LinkId link) override;
  void on_link_end(sim::LinkId link, sim::LinkEnd end) override;

 private:
  struct Connection {
    Browser* browser = nullptr;
    std::uint32_t document = 0;
  };
  struct OpenDocument {
    bool loaded = false;
    bool dirty = false;  // Changed since the last snapshot.
    UsualDocument state = empty_document();
    std::vector<std::function<void()>> waiting;  // For the document to be loaded.
  };

  void every(Duration interval, std::function<void()> act);
  void ask(std::string_view what, sim::Action at_database);
  void load(std::uint32_t document);
  void welcome(sim::LinkId link, std::uint64_t session);
  void poll();
  void snapshot_all();
  void take(std::uint32_t document, std::uint32_t place, const Paragraph& paragraph);
  void broadcast(std::uint32_t document, std::uint32_t place);
  void show(sim::LinkId link, const Connection& connection, std::uint32_t place);
  void acknowledge(sim::LinkId link, PressNumber press);
  void forget();

  // Constant after construction.
  const std::uint32_t number_;
  const history::Party self_;
  const UsualSetting setting_;
  sim::Scheduler& scheduler_;
  sim::Network& network_;
  UsualDatabase& database_;
  Journal& journal_;

  // Memory: gone with the process.
  bool running_ = false;
  std::uint64_t life_ = 0;  // Timers of an earlier one do nothing.
  sim::LinkId database_link_{};
  bool database_open_ = false;
  std::vector<std::function<void()>> waiting_for_database_;
  std::map<sim::LinkId, Connection> connections_;
  std::set<std::uint64_t> sessions_;
  std::uint64_t sessions_begun_ = 0;
  std::map<std::uint32_t, OpenDocument> documents_;
  std::uint64_t polled_ = 0;  // Up to which change.
};

}  // namespace syncline::demo
