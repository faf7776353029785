#include "tests/unit/sim/picture/sample_story.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/client/update_ids.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "sim/picture/history_scene.h"

namespace syncline::picture {
namespace {

using history::DocumentNumber;
using history::Party;
using history::PartyKind;

constexpr Party redis{PartyKind::redis};
constexpr Party postgres{PartyKind::postgres};
constexpr Party gateway{PartyKind::gateway};
constexpr Party worker{PartyKind::worker, 1};
constexpr Party client(std::uint32_t number) { return {PartyKind::client, number}; }
constexpr Party node(std::uint32_t number) { return {PartyKind::node, number}; }

constexpr std::uint32_t clients = 4;
constexpr Duration crash_at = milliseconds(2400);
constexpr Duration restart_at = milliseconds(4400);

faults::FaultPlan plan() {
  faults::FaultPlan plan;
  plan.seed = 4711;
  plan.cluster.clients = clients;
  plan.cluster.nodes = 2;
  plan.cluster.workers = 1;
  plan.cluster.durability = faults::Durability::buffer;
  plan.cluster.documents = 2;
  plan.faults = {
      {.id = 1,
       .kind = faults::FaultKind::delay,
       .target = "node-2",
       .other = "redis",
       .trigger = {milliseconds(900)},
       .duration = milliseconds(1200),
       .amount = milliseconds(80)},
      {.id = 2,
       .kind = faults::FaultKind::crash,
       .target = "node-1",
       .trigger = {crash_at},
       .duration = seconds(2)},
      {.id = 3,
       .kind = faults::FaultKind::lose_tail,
       .target = "redis",
       .trigger = {milliseconds(2500)},
       .duration = milliseconds(700),
       .amount = milliseconds(500)},
  };
  return plan;
}

// Collects what happens out of order, and tells it in order.
class Story {
 public:
  Story() : scene_(plan()) {}

  Scene tell(std::uint32_t edits_per_client) {
    for (std::uint32_t i = 1; i <= clients; ++i) {
      const Duration arrives = milliseconds(20 + 35 * i);
      at(arrives, history::ClientConnected{client(i), document_of(i), 1, node_of(i)});
      message(arrives, client(i), gateway, "GET /ws/doc", milliseconds(2));
      message(arrives + milliseconds(2), gateway, node_of(i), "GET /ws/doc", milliseconds(1));
      at(arrives + milliseconds(9), history::ClientSynced{client(i), document_of(i), {}});
    }
    for (std::uint32_t n = 0; n < edits_per_client; ++n) {
      for (std::uint32_t i = 1; i <= clients; ++i) edit(i, milliseconds(300 + 260 * n + 47 * i));
    }
    drain(milliseconds(1500));
    faults();
    finale(milliseconds(400 + 260 * edits_per_client));
    return finish();
  }

 private:
  static DocumentNumber document_of(std::uint32_t client) { return {client > 2 ? 1u : 0u}; }
  static Party node_of(std::uint32_t client) { return node(client % 2 == 1 ? 1 : 2); }
  static bool down(Party party, Duration when) {
    return party == node(1) && when >= crash_at && when < restart_at;
  }

  void at(Duration when, std::function<void()> tell) { told_.emplace_back(when, std::move(tell)); }
  void at(Duration when, history::EventContent content) {
    at(when, [this, when, content = std::move(content)] { scene_.on_event({when, content}); });
  }

  bool message(Duration sent, Party from, Party to, std::string what, Duration takes) {
    const std::uint64_t number = ++messages_;
    const bool lost = down(from, sent + takes) || down(to, sent + takes);
    at(sent, [=, this, what = std::move(what)] {
      scene_.on_event({sent, history::MessageSent{number, from, to, what}});
    });
    if (lost)
      at(sent + takes, history::MessageLost{number});
    else
      at(sent + takes, history::MessageReceived{number});
    return !lost;
  }

  // From the keystroke to the acknowledgement and the other client.
  void edit(std::uint32_t author, Duration when) {
    if (down(node_of(author), when)) return;
    crdt::Doc& doc = docs_[author - 1];
    const auto length = doc.text_of("text").size();
    const Bytes& update = updates_.emplace_back(
        doc.transact([&](crdt::Doc& d) { (void)d.text("text").insert(length, "a"); }));
    const std::uint64_t number = ++edits_;
    const DocumentNumber document = document_of(author);
    const auto ids = client::read_update_ids(update).value();
    at(when, [=, this] {
      scene_.on_event(
          {when, history::ClientEdited{client(author), document, number, ids, update, {}}});
    });
    Duration now = when;
    if (!message(now, client(author), node_of(author), "update 21 B", milliseconds(4))) return;
    now += milliseconds(4);
    const bool slow =
        node_of(author) == node(2) && when > milliseconds(900) && when < milliseconds(2100);
    const Duration hop = milliseconds(slow ? 82 : 2);
    message(now, node_of(author), redis, "append doc-" + std::to_string(document.value), hop);
    now += hop;
    at(now, history::BufferAppended{document, 7, ++offset_, update});
    if (now < milliseconds(1500)) to_drain_.emplace_back(document, update);
    for (std::uint32_t n = 1; n <= 2; ++n) {
      message(now, redis, node(n), "published doc-" + std::to_string(document.value),
              milliseconds(2));
    }
    message(now, redis, node_of(author), "appended at 7:" + std::to_string(offset_), hop);
    now += hop;
    if (message(now, node_of(author), client(author), "ack", milliseconds(4)))
      acknowledge(now + milliseconds(4), author, ids);
    const std::uint32_t other = (author > 2 ? 2u : 0u) + (author % 2 == 1 ? 2u : 1u);
    if (message(now, node_of(other), client(other), "update 21 B", milliseconds(3))) {
      const Duration heard = now + milliseconds(3);
      at(heard, [=, this] {
        scene_.on_event({heard, history::ClientApplied{client(other), document, ids, true}});
      });
    }
  }

  void acknowledge(Duration when, std::uint32_t author, client::UpdateIds ids) {
    at(when, [=, this] {
      scene_.on_event(
          {when, history::ClientAcknowledged{client(author), document_of(author), ids}});
    });
  }

  void drain(Duration when) {
    message(when, worker, redis, "claim dirty documents", milliseconds(2));
    message(when + milliseconds(2), redis, worker, "2 documents", milliseconds(2));
    message(when + milliseconds(4), worker, postgres, "COPY into updates", milliseconds(3));
    std::uint64_t sequences[2] = {0, 0};
    for (auto& [document, update] : to_drain_) {
      (void)log_[document.value].apply_update(update);
      at(when + milliseconds(14),
         history::LogAppended{document, {++sequences[document.value]}, update});
    }
    message(when + milliseconds(15), postgres, worker, "committed", milliseconds(3));
    message(when + milliseconds(19), worker, redis, "trim", milliseconds(2));
    at(when + milliseconds(21), history::BufferTrimmed{{0}, 7, 9});
    at(when + milliseconds(400), history::SnapshotWritten{worker, {0}, {9}, {}});
  }

  void faults() {
    for (const auto& [number, kind, text, from, until] :
         {std::tuple{1u, "delay", "at 900ms delay node-2 <-> redis by 80ms for 1.2s", 900, 2100},
          std::tuple{2u, "crash", "at 2.4s crash node-1 for 2s", 2400, 4400},
          std::tuple{3u, "lose-tail", "at 2.5s lose-tail redis 500ms for 700ms", 2500, 3200}}) {
      using enum history::FaultStage;
      at(milliseconds(from), history::FaultChanged{number, kind, text, fired});
      at(milliseconds(from + 5), history::FaultChanged{number, kind, text, observed});
      at(milliseconds(until), history::FaultChanged{number, kind, text, healed});
    }
    at(crash_at, history::ProcessEnded{node(1), true});
    for (const std::uint32_t i : {1u, 3u})
      at(crash_at + milliseconds(3), history::ClientDisconnected{client(i), 1006});
    at(restart_at, history::ProcessStarted{node(1)});
    at(milliseconds(2500), history::ProcessEnded{redis, true});
    at(milliseconds(3200), history::ProcessStarted{redis});
    at(milliseconds(3200), history::BufferForgot{{0}, 6});
    at(milliseconds(4700), history::Remarked{node(1), "<script>alert(1)</script> & \"quotes\""});
  }

  void finale(Duration when) {
    end_ = std::max(when, Duration(seconds(6)));
    at(end_, history::Healed{});
    at(end_ + seconds(12), history::TimeIsUp{});
    for (std::uint32_t d = 0; d < 2; ++d) {
      state_vectors_.push_back(log_[d].encode_state_vector());
      at(end_ + seconds(12) + milliseconds(d), [this, d] {
        history::ReplicaState state{};
        state.state_vector = state_vectors_[d];
        scene_.on_event(
            {end_ + seconds(12) + milliseconds(d), history::ColdRead{{d}, state, state, true}});
      });
    }
  }

  Scene finish() {
    std::stable_sort(told_.begin(), told_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [when, tell] : told_) tell();
    Scene scene = scene_.finish(
        {{"no-acknowledged-edit-lost", end_ + seconds(12),
          "client-2 was told that edit 18 is saved, at 1.606 s; the log that is read cold "
          "at the end does not hold it (document-0, 2:4)."}});
    scene.title = "Seed 4711: an acknowledged edit is lost";
    scene.replay = "syncline-sim replay build/sim/failures/seed-4711.plan";
    scene.plan =
        "seed 4711\ncluster nodes=2 workers=1 clients=4 documents=2 durability=buffer\n\n"
        "at 900ms  delay      node-2 <-> redis  by 80ms  for 1.2s\n"
        "at 2.4s   crash      node-1                     for 2s\n"
        "at 2.5s   lose-tail  redis             500ms    for 700ms\n";
    return scene;
  }

  HistoryScene scene_;
  std::vector<std::pair<Duration, std::function<void()>>> told_;
  std::vector<crdt::Doc> docs_ = make_docs();
  crdt::Doc log_[2];
  std::vector<std::pair<DocumentNumber, Bytes>> to_drain_;
  std::deque<Bytes> updates_;  // Events have views of them.
  std::vector<Bytes> state_vectors_;
  std::uint64_t messages_ = 0;
  std::uint64_t edits_ = 0;
  std::uint64_t offset_ = 0;
  Duration end_{0};

  static std::vector<crdt::Doc> make_docs() {
    std::vector<crdt::Doc> docs;
    for (std::uint64_t i = 1; i <= clients; ++i)
      docs.emplace_back(crdt::DocOptions{.client_id = i});
    return docs;
  }
};

}  // namespace

Scene sample_story(std::uint32_t edits_per_client) { return Story().tell(edits_per_client); }

}  // namespace syncline::picture
