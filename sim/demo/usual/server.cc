#include "sim/demo/usual/server.h"

#include <utility>

#include "sim/demo/usual/browser.h"

namespace syncline::demo {
namespace {

constexpr history::Party postgres{history::PartyKind::postgres};
constexpr std::uint32_t small_bytes = 60;
constexpr std::uint32_t paragraph_bytes = 400;
constexpr std::uint32_t document_bytes = 3'000;

}  // namespace

UsualServer::UsualServer(std::uint32_t number, const UsualSetting& setting,
                         sim::Scheduler& scheduler, sim::Network& network, UsualDatabase& database,
                         Journal& journal)
    : number_(number),
      self_{history::PartyKind::node, number},
      setting_(setting),
      scheduler_(scheduler),
      network_(network),
      database_(database),
      journal_(journal) {}

// The process.

void UsualServer::start() {
  forget();
  running_ = true;
  journal_.tell(history::ProcessStarted{self_});
  network_.listen(self_, this);
  database_link_ = network_.connect(self_, postgres, *this);
  if (setting_.saving == UsualSetting::Saving::rows) {
    every(setting_.poll_interval, [this] { poll(); });
  } else {
    every(setting_.snapshot_interval, [this] { snapshot_all(); });
  }
}

void UsualServer::crash() {
  journal_.tell(history::ProcessEnded{self_, true});
  for (const auto& [number, document] : documents_) {
    const UsualDocument& saved = database_.document(number);
    for (std::uint32_t place = 0; place < document.state.size(); ++place) {
      journal_.lost(self_, number, overwritten(document.state[place], saved[place]),
                    "lost with the memory of " + std::string("node-") + std::to_string(number_));
    }
  }
  network_.listen(self_, nullptr);
  network_.drop_all_of(self_);
  database_open_ = false;
  running_ = false;
  forget();
}

void UsualServer::drain() {
  journal_.tell(history::ProcessEnded{self_, false});
  network_.listen(self_, nullptr);
  if (setting_.saving == UsualSetting::Saving::snapshots) snapshot_all();
  for (const auto& [link, connection] : connections_) network_.close(link, sim::Side::accepter);
  connections_.clear();
  running_ = false;
}

void UsualServer::forget() {
  if (database_open_) network_.close(database_link_, sim::Side::opener);
  ++life_;
  database_open_ = false;
  waiting_for_database_.clear();
  connections_.clear();
  sessions_.clear();
  documents_.clear();
  polled_ = 0;
}

void UsualServer::every(Duration interval, std::function<void()> act) {
  scheduler_.after(interval, [this, interval, act = std::move(act), life = life_] {
    if (life != life_ || !running_) return;
    act();
    every(interval, act);
  });
}

// Browsers.

sim::LinkEvents* UsualServer::on_link_arrives(sim::LinkId link, history::Party /*from*/) {
  connections_[link] = {};
  return this;
}

void UsualServer::on_link_end(sim::LinkId link, sim::LinkEnd /*end*/) { connections_.erase(link); }

void UsualServer::on_hello(sim::LinkId link, Browser& browser, std::uint64_t session,
                           std::uint32_t document) {
  const auto connection = connections_.find(link);
  if (connection == connections_.end()) return;
  if (session != 0 && !sessions_.contains(session)) {
    network_.send(link, sim::Side::accepter, small_bytes, "410 session unknown",
                  [&browser] { browser.on_session_unknown(); });
    return;
  }
  connection->second = {&browser, document};
  if (session == 0) {
    // Another server's sessions, and those of an earlier life, have other numbers.
    session = (life_ << 48) + (std::uint64_t{number_} << 32) + ++sessions_begun_;
    sessions_.insert(session);
  }
  OpenDocument& open = documents_[document];
  if (open.loaded) return welcome(link, session);
  open.waiting.push_back([this, link, session] { welcome(link, session); });
  if (open.waiting.size() == 1) load(document);
}

void UsualServer::load(std::uint32_t document) {
  ask("SELECT document", [this, database = &database_, link = database_link_, document] {
    database->read_document(link, document, [this, document](UsualDocument state) {
      OpenDocument& open = documents_[document];
      open.loaded = true;
      open.state = std::move(state);
      for (const auto& waiting : std::exchange(open.waiting, {})) waiting();
    });
  });
}

void UsualServer::welcome(sim::LinkId link, std::uint64_t session) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const Connection& connection = found->second;
  network_.send(
      link, sim::Side::accepter, document_bytes, "the document",
      [browser = connection.browser, session, state = documents_[connection.document].state] {
        browser->on_welcome(session, state);
      });
}

void UsualServer::on_put(sim::LinkId link, std::uint32_t place, const Paragraph& paragraph,
                         PressNumber press) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const std::uint32_t document = found->second.document;
  const Paragraph& current = documents_[document].state[place];
  if (!wins(paragraph, current)) {
    journal_.lost(self_, document, overwritten(paragraph, current),
                  "discarded; their clock says that they are older");
    // Saved, says the API: the statement ran. What it changed is nobody's business.
    acknowledge(link, press);
    return show(link, found->second, place);
  }
  take(document, place, paragraph);
  if (setting_.saving == UsualSetting::Saving::snapshots) return acknowledge(link, press);
  ask("UPDATE paragraph",
      [this, database = &database_, at = database_link_, link, document, place, paragraph, press] {
        database->write_row(at, document, place, paragraph,
                            [this, link, press] { acknowledge(link, press); });
      });
}

void UsualServer::acknowledge(sim::LinkId link, PressNumber press) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  network_.send(link, sim::Side::accepter, small_bytes, "saved",
                [browser = found->second.browser, press] { browser->on_saved(press); });
}

void UsualServer::take(std::uint32_t document, std::uint32_t place, const Paragraph& paragraph) {
  OpenDocument& open = documents_[document];
  if (!wins(paragraph, open.state[place])) return;
  journal_.lost(self_, document, overwritten(open.state[place], paragraph),
                "overwritten; by a later write that did not know of them");
  open.state[place] = paragraph;
  open.dirty = true;
  broadcast(document, place);
}

void UsualServer::broadcast(std::uint32_t document, std::uint32_t place) {
  for (const auto& [link, connection] : connections_) {
    if (connection.browser != nullptr && connection.document == document) {
      show(link, connection, place);
    }
  }
}

void UsualServer::show(sim::LinkId link, const Connection& connection, std::uint32_t place) {
  network_.send(link, sim::Side::accepter, paragraph_bytes, "paragraph",
                [browser = connection.browser, place,
                 paragraph = documents_[connection.document].state[place]] {
                  browser->on_paragraph(place, paragraph);
                });
}

// The database.

void UsualServer::on_link_open(sim::LinkId link) {
  if (link != database_link_) return;
  database_open_ = true;
  for (const auto& waiting : std::exchange(waiting_for_database_, {})) waiting();
}

void UsualServer::ask(std::string_view what, sim::Action at_database) {
  if (!database_open_) {
    // Only copyable closures can wait in a std::function.
    auto held = std::make_shared<sim::Action>(std::move(at_database));
    waiting_for_database_.push_back([this, what, held] { ask(what, [held] { (*held)(); }); });
    return;
  }
  network_.send(database_link_, sim::Side::opener, paragraph_bytes, what, std::move(at_database));
}

void UsualServer::poll() {
  ask("SELECT changed rows", [this, database = &database_, link = database_link_, after = polled_] {
    database->read_changes(link, after, [this](const std::vector<ParagraphRow>& rows) {
      for (const ParagraphRow& row : rows) {
        polled_ = std::max(polled_, row.change);
        const auto open = documents_.find(row.document);
        if (open == documents_.end() || !open->second.loaded) continue;
        if (open->second.state[row.place].presses == row.paragraph.presses) continue;
        take(row.document, row.place, row.paragraph);
      }
    });
  });
}

void UsualServer::snapshot_all() {
  for (auto& [number, document] : documents_) {
    if (!std::exchange(document.dirty, false)) continue;
    ask("INSERT snapshot",
        [database = &database_, link = database_link_, number = number, state = document.state] {
          database->write_snapshot(link, number, state, [] {});
        });
  }
}

}  // namespace syncline::demo
