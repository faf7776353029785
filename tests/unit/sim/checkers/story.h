#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "server/crdt/doc.h"
#include "sim/checkers/all.h"
#include "sim/history/event.h"

namespace syncline::checkers {

inline constexpr history::DocumentNumber minutes{0};  // Clients 1 and 2.
inline constexpr history::DocumentNumber budget{1};   // Client 3.

inline history::Party client_party(std::uint32_t number) {
  return {history::PartyKind::client, number};
}
inline history::Party node_party(std::uint32_t number) {
  return {history::PartyKind::node, number};
}

struct Violation {
  std::string checker;
  Verdict verdict;
  std::string what;
};

// An edit that somebody made.
struct Edit {
  history::Party client;
  history::DocumentNumber document;
  client::UpdateIds ids;
  Bytes update;
};

// A replica as events show it.
struct OwnedState {
  Bytes state_vector;
  Bytes delete_set;
  Bytes encoded;
  std::string reading;
  bool pending;

  explicit OwnedState(const crdt::Doc& doc);
  history::ReplicaState view() const;
};

// A small cluster, told by hand to the checkers: two nodes, three clients with real documents, a
// log, a buffer. Each step tells what a source would tell if all went well; what goes wrong is told
// with tell().
class Story final : public ViolationSink {
 public:
  // Told to all checkers but the one that always fails, or to `only` that one.
  explicit Story(std::string_view only = {}, const CheckerOptions& options = {});

  void tell(const history::EventContent& content);

  // Clients.

  // Opens its document on a node and syncs with all that the log has.
  void join(std::uint32_t client, std::uint32_t node);
  void connect(std::uint32_t client, std::uint32_t node);
  void sync(std::uint32_t client, BytesView offered);
  Edit type(std::uint32_t client, crdt::Clock index, std::string_view text);
  Edit erase(std::uint32_t client, crdt::Clock index, crdt::Clock length);
  // The canary of the client's document.
  Edit type_canary(std::uint32_t client);
  void acknowledge(const Edit& edit);
  // Somebody else's edit reaches a client.
  void deliver(const Edit& edit, std::uint32_t client);
  void see(std::uint32_t client);
  crdt::Doc& doc(std::uint32_t client) { return clients_.at(client).doc; }

  // Stores.

  void log(const Edit& edit) { log(edit.document, edit.update); }
  void log(history::DocumentNumber document, BytesView update);
  // In the first lineage; by node-1.
  void buffer(const Edit& edit);
  void trim(history::DocumentNumber document, std::uint64_t offset);
  void write_snapshot(history::DocumentNumber document);
  void cold_read(history::DocumentNumber document, bool at_end = false);
  // What the log makes.
  crdt::Doc cold(history::DocumentNumber document) const;

  // Typed, logged, acknowledged, and with everybody else.
  Edit save(std::uint32_t client, crdt::Clock index, std::string_view text);

  // All is told in which nothing goes wrong.
  void begin();
  void finish();
  // The pieces of finish().
  void time_is_up();
  void look_at_clients();
  void read_all_cold();
  void leave();

  const std::vector<Violation>& violations() const { return violations_; }

 private:
  struct Client {
    history::DocumentNumber document;
    crdt::Doc doc;
    std::uint64_t session = 0;
  };

  void on_violation(std::string_view checker, Verdict verdict, Duration at,
                    std::string what) override;
  Edit told(std::uint32_t client, Bytes update, Bytes depends_on);

  std::vector<Violation> violations_;
  Jury jury_;
  Duration now_{0};
  std::map<std::uint32_t, Client> clients_;
  std::map<history::DocumentNumber, std::vector<Bytes>> logs_;
  std::map<history::DocumentNumber, std::uint64_t> buffered_;
  std::uint64_t edits_ = 0;
};

// A history in which something goes wrong.
struct BadHistory {
  std::string_view checker;  // Who must find it,
  std::string_view says;     // with these words in it.
  std::string_view name;
  void (*tell)(Story& story);
  CheckerOptions options = {};

  friend std::ostream& operator<<(std::ostream& out, const BadHistory& bad) {
    return out << bad.name;
  }
};

// One file for each checker.
std::vector<BadHistory> bad_for_canary();
std::vector<BadHistory> bad_for_causality();
std::vector<BadHistory> bad_for_convergence();
std::vector<BadHistory> bad_for_durability();
std::vector<BadHistory> bad_for_isolation();
std::vector<BadHistory> bad_for_liveness();
std::vector<BadHistory> bad_for_memory();
std::vector<BadHistory> bad_for_presence();
std::vector<BadHistory> bad_for_readable();
std::vector<BadHistory> bad_for_reference();
std::vector<BadHistory> bad_for_forgetting();
std::vector<BadHistory> bad_for_sequence();
std::vector<BadHistory> bad_for_session_guarantees();
std::vector<BadHistory> bad_for_single_effect();
std::vector<BadHistory> bad_for_snapshots();

}  // namespace syncline::checkers
