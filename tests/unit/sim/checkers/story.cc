#include "tests/unit/sim/checkers/story.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/crdt/text.h"
#include "sim/checkers/canary_text.h"

namespace syncline::checkers {
namespace {

std::vector<std::unique_ptr<Checker>> choose(std::string_view only, CheckerOptions options,
                                             ViolationSink& sink) {
  options.always_fail = only == "canary";
  auto checkers = make_checkers(options, sink);
  if (!only.empty()) {
    std::erase_if(checkers, [&](const auto& checker) { return checker->name() != only; });
  }
  return checkers;
}

std::string state_of(std::uint32_t client) {
  return "{\"name\":\"" + std::to_string(client) + "\"}";
}

}  // namespace

OwnedState::OwnedState(const crdt::Doc& doc)
    : state_vector(doc.encode_state_vector()),
      encoded(doc.encode_state_as_update(crdt::empty_state_vector()).value()),
      reading(doc.to_json()),
      pending(doc.has_pending()) {
  const Bytes rest = doc.encode_state_as_update(state_vector).value();
  delete_set.assign(rest.begin() + 1, rest.end());  // After the number of clients with structs.
}

history::ReplicaState OwnedState::view() const {
  return {.state_vector = state_vector,
          .delete_set = delete_set,
          .encoded = encoded,
          .reading = reading,
          .pending = pending};
}

Story::Story(std::string_view only, const CheckerOptions& options)
    : jury_(choose(only, options, *this)) {
  for (const std::uint32_t client : {1, 2, 3}) {
    clients_.emplace(client, Client{.document = client == 3 ? budget : minutes,
                                    .doc = crdt::Doc({.client_id = client})});
  }
}

void Story::on_violation(std::string_view checker, Verdict verdict, Duration, std::string what) {
  violations_.push_back({std::string(checker), verdict, std::move(what)});
}

void Story::tell(const history::EventContent& content) {
  now_ += milliseconds(1);
  jury_.on_event({.at = now_, .content = content});
}

void Story::connect(std::uint32_t number, std::uint32_t node) {
  Client& client = clients_.at(number);
  if (client.session == 0) client.session = number;
  tell(history::ClientConnected{.client = client_party(number),
                                .document = client.document,
                                .session = client.session,
                                .node = node_party(node)});
}

void Story::sync(std::uint32_t number, BytesView offered) {
  tell(history::ClientSynced{.client = client_party(number),
                             .document = clients_.at(number).document,
                             .offered_state_vector = offered});
}

void Story::join(std::uint32_t number, std::uint32_t node) {
  connect(number, node);
  Client& client = clients_.at(number);
  const OwnedState cold(this->cold(client.document));
  SYNCLINE_ASSERT(client.doc.apply_update(cold.encoded).ok());
  sync(number, cold.state_vector);
}

Edit Story::told(std::uint32_t number, Bytes update, Bytes depends_on) {
  Edit edit{.client = client_party(number),
            .document = clients_.at(number).document,
            .ids = client::read_update_ids(update).value(),
            .update = std::move(update)};
  tell(history::ClientEdited{.client = edit.client,
                             .document = edit.document,
                             .edit = ++edits_,
                             .ids = edit.ids,
                             .update = edit.update,
                             .depends_on = depends_on});
  return edit;
}

Edit Story::type(std::uint32_t number, crdt::Clock index, std::string_view text) {
  Bytes before = doc(number).encode_state_vector();
  Bytes update = doc(number).transact(
      [&](crdt::Doc& doc) { SYNCLINE_ASSERT(doc.text("t").insert(index, text).ok()); });
  return told(number, std::move(update), std::move(before));
}

Edit Story::erase(std::uint32_t number, crdt::Clock index, crdt::Clock length) {
  Bytes before = doc(number).encode_state_vector();
  Bytes update = doc(number).transact(
      [&](crdt::Doc& doc) { SYNCLINE_ASSERT(doc.text("t").remove(index, length).ok()); });
  return told(number, std::move(update), std::move(before));
}

Edit Story::type_canary(std::uint32_t number) {
  return type(number, 0, canary_of(clients_.at(number).document));
}

void Story::acknowledge(const Edit& edit) {
  tell(history::ClientAcknowledged{
      .client = edit.client, .document = edit.document, .ids = edit.ids});
}

void Story::deliver(const Edit& edit, std::uint32_t number) {
  tell(history::FrameSent{.node = node_party(1),
                          .client = client_party(number),
                          .document = edit.document,
                          .frame = edit.update});
  SYNCLINE_ASSERT(doc(number).apply_update(edit.update).ok());
  tell(history::ClientApplied{.client = client_party(number),
                              .document = edit.document,
                              .ids = edit.ids,
                              .readable = true});
}

void Story::see(std::uint32_t number) {
  const OwnedState state(doc(number));
  tell(history::ReplicaSeen{.party = client_party(number),
                            .document = clients_.at(number).document,
                            .state = state.view()});
}

void Story::log(history::DocumentNumber document, BytesView update) {
  auto& log = logs_[document];
  log.push_back(to_bytes(update));
  tell(history::LogAppended{
      .document = document, .sequence = Sequence{log.size()}, .update = log.back()});
}

void Story::buffer(const Edit& edit) {
  tell(history::BufferAppended{.document = edit.document,
                               .lineage = 1,
                               .offset = ++buffered_[edit.document],
                               .update = edit.update,
                               .writer = node_party(1)});
}

void Story::trim(history::DocumentNumber document, std::uint64_t offset) {
  tell(history::BufferTrimmed{.document = document, .lineage = 1, .offset = offset});
}

crdt::Doc Story::cold(history::DocumentNumber document) const {
  crdt::Doc doc;
  const auto log = logs_.find(document);
  if (log == logs_.end()) return doc;
  for (const Bytes& update : log->second) SYNCLINE_ASSERT(doc.apply_update(update).ok());
  return doc;
}

void Story::write_snapshot(history::DocumentNumber document) {
  const OwnedState state(cold(document));
  tell(history::SnapshotWritten{.writer = node_party(1),
                                .document = document,
                                .sequence = Sequence{logs_[document].size()},
                                .state = state.encoded});
}

void Story::cold_read(history::DocumentNumber document, bool at_end) {
  const OwnedState state(cold(document));
  tell(history::ColdRead{.document = document,
                         .from_log = state.view(),
                         .from_snapshot = state.view(),
                         .at_end = at_end});
}

Edit Story::save(std::uint32_t number, crdt::Clock index, std::string_view text) {
  const Edit edit = type(number, index, text);
  log(edit);
  acknowledge(edit);
  for (const auto& [other, client] : clients_) {
    if (other != number && client.document == edit.document) deliver(edit, other);
  }
  return edit;
}

void Story::begin() {
  tell(history::ProcessStarted{node_party(1)});
  tell(history::ProcessStarted{node_party(2)});
  join(1, 1);
  join(2, 1);
  join(3, 2);
  save(1, 0, canary_of(minutes));
  save(3, 0, canary_of(budget));
  save(2, 5, "hello");
  for (const std::uint32_t client : {1, 2, 3}) see(client);
}

void Story::time_is_up() {
  tell(history::Healed{});
  tell(history::TimeIsUp{});
}

void Story::look_at_clients() {
  for (auto& [number, client] : clients_) {
    see(number);
    std::string presence;
    for (const auto& [other, its] : clients_) {
      if (its.document != client.document) continue;
      presence += (presence.empty() ? "" : "\n") + std::to_string(other) + " " + state_of(other);
    }
    tell(history::PresenceSeen{
        .client = client_party(number), .document = client.document, .presence = presence});
    const std::string own = state_of(number);
    tell(history::ClientFinal{.client = client_party(number),
                              .document = client.document,
                              .connected = true,
                              .synced = true,
                              .unsaved_edits = 0,
                              .client_id = number,
                              .own_state = own});
  }
}

void Story::read_all_cold() {
  cold_read(minutes, true);
  cold_read(budget, true);
}

void Story::leave() {
  for (const std::uint32_t node : {1, 2}) {
    tell(history::LeftBehind{
        .party = node_party(node), .rooms = 0, .connections = 0, .subscriptions = 0, .bytes = 0});
  }
  tell(history::Ended{});
}

void Story::finish() {
  time_is_up();
  look_at_clients();
  read_all_cold();
  leave();
}

}  // namespace syncline::checkers
