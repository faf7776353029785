#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "sim/demo/usual/journal.h"
#include "sim/demo/usual/paragraph.h"
#include "sim/network.h"
#include "sim/random_stream.h"
#include "sim/scheduler.h"

namespace syncline::demo {

// One row of the table of paragraphs, as a poll sees it.
struct ParagraphRow {
  std::uint32_t document;
  std::uint32_t place;
  Paragraph paragraph;
  std::uint64_t change;  // Grows with each write of any row.
};

// The usual architecture's PostgreSQL. It never fails in the demo: what goes wrong goes wrong with
// a perfect database.
//
// Requests are closures that run here; what they are given to answer with runs at the asker.
class UsualDatabase final : public sim::Listener, public sim::LinkEvents {
 public:
  UsualDatabase(sim::Scheduler& scheduler, sim::Network& network, Journal& journal,
                std::uint64_t seed, std::uint32_t documents);

  // UPDATE ... WHERE stamp <= new stamp, in a transaction of its own. `done` runs at the server.
  void write_row(sim::LinkId link, std::uint32_t document, std::uint32_t place, Paragraph paragraph,
                 sim::Action done);
  // The whole document in one row.
  void write_snapshot(sim::LinkId link, std::uint32_t document, UsualDocument state,
                      sim::Action done);
  void read_changes(sim::LinkId link, std::uint64_t after,
                    std::function<void(std::vector<ParagraphRow>)> done);
  void read_document(sim::LinkId link, std::uint32_t document,
                     std::function<void(UsualDocument)> done);

  const UsualDocument& document(std::uint32_t number) const { return documents_[number]; }

  sim::LinkEvents* on_link_arrives(sim::LinkId, history::Party) override { return this; }
  void on_link_open(sim::LinkId) override {}
  void on_link_end(sim::LinkId, sim::LinkEnd) override {}

 private:
  Duration commit_time() { return random_.between(milliseconds(1), milliseconds(6)); }
  void commit_row(std::uint32_t document, std::uint32_t place, Paragraph paragraph);
  void answer(sim::LinkId link, std::string_view what, sim::Action done);

  sim::Scheduler& scheduler_;
  sim::Network& network_;
  Journal& journal_;
  sim::RandomStream random_;
  std::vector<UsualDocument> documents_;
  std::vector<std::vector<std::uint64_t>> changes_;  // Of each document's paragraphs.
  std::uint64_t last_change_ = 0;
};

}  // namespace syncline::demo
