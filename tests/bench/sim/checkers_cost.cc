// What judging a history costs: all checkers together, and each by itself.
//
//   checkers_cost [SECONDS]
//
// The history: 30 clients of three documents type 100 characters a second altogether; everything is
// logged, acknowledged and sent to the others; every replica is seen each five seconds. It is made
// first and then told from memory, which the first to look at something must fetch: a run is
// cheaper. The canary hears nothing of it, and shows what the telling takes.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "sim/checkers/all.h"
#include "sim/history/recorder.h"

namespace syncline {
namespace {

using history::DocumentNumber;
using history::Party;
using history::PartyKind;

constexpr std::uint32_t documents = 3;
constexpr std::uint32_t clients = 30;
constexpr int edits_per_second = 100;

class Writing {
 public:
  explicit Writing(history::EventSink& sink) : sink_(sink) {
    for (std::uint32_t i = 0; i < clients; ++i) {
      docs_.push_back(crdt::Doc({.client_id = 1'000'000'007ULL * (i + 1) % 4'294'967'291ULL}));
    }
  }

  void run(int seconds) {
    for (std::uint32_t i = 0; i < clients; ++i) connect(i);
    for (int second = 0; second < seconds; ++second) {
      for (int edit = 0; edit < edits_per_second; ++edit) {
        now_ += milliseconds(10);
        type(below(clients));
      }
      if (second % 5 == 4) {
        for (std::uint32_t i = 0; i < clients; ++i) see(i);
      }
    }
    for (std::uint32_t i = 0; i < clients; ++i) see(i);
    for (std::uint32_t i = 0; i < documents; ++i) read_cold(i);
  }

 private:
  static Party client(std::uint32_t index) { return {PartyKind::client, index + 1}; }
  static DocumentNumber document(std::uint32_t index) { return {index % documents}; }

  void tell(const history::EventContent& content) {
    sink_.on_event({.at = now_, .content = content});
  }

  std::uint32_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::uint32_t>((state_ >> 33) % bound);
  }

  void connect(std::uint32_t index) {
    tell(history::ClientConnected{.client = client(index),
                                  .document = document(index),
                                  .session = index + 1,
                                  .node = {PartyKind::node, 1}});
  }

  void type(std::uint32_t author) {
    crdt::Doc& doc = docs_[author];
    const Bytes before = doc.encode_state_vector();
    const std::uint64_t at = doc.text("t").length() - below(doc.text("t").length() / 4 + 1);
    const bool erases = at > 0 && below(5) == 0;
    const std::string letter(1, static_cast<char>('a' + below(26)));
    const Bytes update = doc.transact([&](crdt::Doc& open) {
      if (erases) {
        SYNCLINE_ASSERT(open.text("t").remove(at - 1, 1).ok());
      } else {
        SYNCLINE_ASSERT(open.text("t").insert(at, letter).ok());
      }
    });
    const auto ids = client::read_update_ids(update).value();
    const DocumentNumber where = document(author);
    tell(history::ClientEdited{.client = client(author),
                               .document = where,
                               .edit = ++edits_,
                               .ids = ids,
                               .update = update,
                               .depends_on = before});
    tell(history::LogAppended{
        .document = where, .sequence = {++logged_[where.value]}, .update = update});
    tell(history::ClientAcknowledged{.client = client(author), .document = where, .ids = ids});
    logs_[where.value].push_back(update);
    for (std::uint32_t other = author % documents; other < clients; other += documents) {
      if (other == author) continue;
      SYNCLINE_ASSERT(docs_[other].apply_update(update).ok());
      tell(history::FrameSent{.node = {PartyKind::node, 1},
                              .client = client(other),
                              .document = where,
                              .frame = update});
      tell(history::ClientApplied{
          .client = client(other), .document = where, .ids = ids, .readable = true});
    }
  }

  template <class Use>
  void with_state(const crdt::Doc& doc, const Use& use) {
    const Bytes vector = doc.encode_state_vector();
    const Bytes rest = doc.encode_state_as_update(vector).value();
    const Bytes encoded = doc.encode_state_as_update(crdt::empty_state_vector()).value();
    const std::string reading = doc.to_json();
    use(history::ReplicaState{.state_vector = vector,
                              .delete_set = BytesView(rest).subspan(1),
                              .encoded = encoded,
                              .reading = reading});
  }

  void see(std::uint32_t index) {
    with_state(docs_[index], [&](const history::ReplicaState& state) {
      tell(history::ReplicaSeen{
          .party = client(index), .document = document(index), .state = state});
    });
  }

  void read_cold(std::uint32_t index) {
    crdt::Doc cold;
    for (const Bytes& update : logs_[index]) SYNCLINE_ASSERT(cold.apply_update(update).ok());
    with_state(cold, [&](const history::ReplicaState& state) {
      tell(history::ColdRead{
          .document = {index}, .from_log = state, .from_snapshot = state, .at_end = true});
    });
  }

  history::EventSink& sink_;
  Duration now_{0};
  std::uint64_t state_ = 1;
  std::uint64_t edits_ = 0;
  std::uint64_t logged_[documents] = {};
  std::vector<Bytes> logs_[documents];
  std::vector<crdt::Doc> docs_;
};

class Complaints final : public checkers::ViolationSink {
 public:
  void on_violation(std::string_view checker, checkers::Verdict, Duration,
                    std::string what) override {
    std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(checker.size()), checker.data(),
                 what.c_str());
    std::exit(1);
  }
};

// Processor time; the best of three.
double replay_seconds(const history::Recorder& history, std::string_view only) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    Complaints complaints;
    auto made = checkers::make_checkers({.memory = {}, .canaries = false}, complaints);
    if (!only.empty()) {
      std::erase_if(made, [&](const auto& checker) { return checker->name() != only; });
    }
    checkers::Jury jury(std::move(made));
    const std::clock_t begin = std::clock();
    history.replay(jury);
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return best;
}

void measure(const history::Recorder& history, std::string_view only, int seconds) {
  const std::string name(only.empty() ? "all" : only);
  const double taken = replay_seconds(history, only);
  std::printf("%-20s %8.1f ns an event %8.1f us a virtual second\n", name.c_str(),
              taken * 1e9 / static_cast<double>(history.size()), taken * 1e6 / seconds);
}

}  // namespace
}  // namespace syncline

int main(int argc, char** argv) {
  using namespace syncline;
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 60;
  history::Recorder history;
  Writing(history).run(seconds);
  std::printf("%zu events in %d s\n", history.size(), seconds);
  measure(history, {}, seconds);
  for (const auto& info : checkers::all_checkers()) {
    measure(history, info.name, seconds);
  }
}
