// What must hold once the faults are over.

#include <string>

#include "server/crdt/update.h"
#include "tests/world/world.h"

namespace syncline::world {
namespace {

// Everything two replicas are compared by.
struct Image {
  std::string state_vector;
  UpdateIds ids;
  std::string json;
  std::string text;
  bool pending;

  friend bool operator==(const Image&, const Image&) = default;
};

Image image_of(const crdt::Doc& doc, const ClientNames& names) {
  const auto state = doc.encode_state_as_update(crdt::empty_state_vector());
  SYNCLINE_ASSERT(state.ok());
  const auto ids = client::read_update_ids(*state);
  SYNCLINE_ASSERT(ids.ok());
  return {.state_vector = client::state_vector_text(doc.encode_state_vector(), names),
          .ids = *ids,
          .json = doc.to_json(),
          .text = doc.text_of("t"),
          .pending = doc.has_pending()};
}

std::string difference(const Image& got, const Image& expected, const ClientNames& names) {
  if (got.state_vector != expected.state_vector) {
    return "state vector " + got.state_vector + " instead of " + expected.state_vector;
  }
  if (got.ids != expected.ids) {
    return "content " + got.ids.to_string(names) + " instead of " + expected.ids.to_string(names);
  }
  if (got.json != expected.json) return got.json + " instead of " + expected.json;
  if (got.text != expected.text) return "text " + got.text + " instead of " + expected.text;
  return got.pending ? "something pending" : "nothing pending";
}

}  // namespace

void World::heal() {
  history_.note("HEAL");
  healed_ = true;
  choose_fault_ = nullptr;
  broker_loss_percent_ = 0;
  slow_percent_ = 0;
  for (std::size_t number = 0; number < nodes_.size(); ++number) {
    if (drivers_[number].draining) crash(number);
    start(number);
  }
  for (std::size_t number = 0; number < workers_.size(); ++number) start_worker(number);
  for (ClientIndex client = 0; client < clients_.size(); ++client) {
    stall(client, false);
    clients_[client].attempts = 0;
    connect(client, random_.below(nodes_.size()));
  }
}

void World::check_converged() {
  for (const Client& client : clients_) {
    if (!client.link || !client.yjs->synced()) violate(client.name + " is not synced");
    check_states(client);
  }
  if (!buffer_.is_clean()) violate("the buffer was not drained");
  std::set<DocumentName> documents;
  for (const Client& client : clients_) documents.insert(client.document);
  for (const DocumentName& document : documents) check_document(document);
}

// P3, and the rule that an echo means durable.
void World::check_saved(const Client& client, UpdateIds saved) {
  // Where two people delete the same thing at once, each may hear of it from the other.
  for (const Client& other : clients_) {
    if (&other == &client) continue;
    for (const UpdateIds& edit : other.yjs->edits()) {
      saved.deleted = saved.deleted.without(edit.deleted);
    }
  }
  UpdateIds durable = durable_ids(client.document);
  if (const auto once = once_buffered_.find(client.document); once != once_buffered_.end()) {
    durable.add_all(once->second);
  }
  const UpdateIds missing = saved.without(durable);
  if (missing.empty()) return;
  violate(client.name + " was told that " + missing.to_string(names_) +
          " is saved, but it never was");
}

void World::check_synced(const Client& client, std::size_t node) {
  const UpdateIds& loaded = loaded_[{node, client.document}];
  if (image_of(client.yjs->doc(), names_).ids.contains_all(loaded)) return;
  violate(client.name + " is synced with node" + std::to_string(node) +
          " and lacks some of the log: " + loaded.to_string(names_));
}

void World::check_document(const DocumentName& document) {
  crdt::Doc cold;
  for (const ports::LogRecord& record : store_.log(document)) {
    if (!cold.apply_update(record.update.view()).ok()) {
      return violate("the log of " + document.text() + " cannot be read at " +
                     std::to_string(record.sequence.value));
    }
  }
  if (const auto checked = cold.check(); !checked.ok()) violate(checked.error().message());
  if (cold.has_pending()) violate("the log of " + document.text() + " leaves something pending");
  for (const Client& client : clients_) {
    if (client.document == document) check_client(client, cold);
  }
}

void World::check_client(const Client& client, const crdt::Doc& expected) {
  const Image want = image_of(expected, names_);
  const Image got = image_of(client.yjs->doc(), names_);
  if (!(got == want)) {
    violate(client.name + " differs from the log: " + difference(got, want, names_));
  }
  if (const auto checked = client.yjs->doc().check(); !checked.ok()) {
    violate(client.name + ": " + checked.error().message());
  }
  for (const UpdateIds& ids : client.yjs->edits()) {
    if (!store_.logged_ids(client.document).contains_all(ids)) {
      violate("the log lost " + ids.to_string(names_));
    }
  }
  if (client.acks && client.yjs->unsaved_edits() > 0) {
    violate(client.name + " still waits for " + std::to_string(client.yjs->unsaved_edits()) +
            " edits to be saved");
  }
}

void World::check_states(const Client& client) {
  std::map<std::uint64_t, std::string> expected;
  for (const Client& other : clients_) {
    if (other.document == client.document && other.link && other.yjs->own_state() != "null") {
      expected[other.yjs->id()] = other.yjs->own_state();
    }
  }
  if (client.yjs->states() == expected) return;
  std::string sees;
  for (const auto& [id, state] : client.yjs->states()) sees += names_.at(id) + '=' + state + ' ';
  std::string should;
  for (const auto& [id, state] : expected) should += names_.at(id) + '=' + state + ' ';
  violate(client.name + " sees " + sees + "instead of " + should);
}

void World::check_nothing_left() {
  for (ClientIndex client = 0; client < clients_.size(); ++client) disconnect(client);
  run_for(options_.config.evict_after + seconds(60));
  for (std::size_t number = 0; number < nodes_.size(); ++number) {
    const std::string who = "node" + std::to_string(number);
    if (!nodes_[number]->alive()) continue;
    if (nodes_[number]->shard().connection_count() > 0) violate(who + " keeps connections");
    if (nodes_[number]->shard().room_count() > 0) violate(who + " keeps rooms");
    if (!nodes_[number]->sessions().entries().empty()) violate(who + " keeps sessions");
    if (nodes_[number]->shard().next_deadline() != Instant::never()) {
      violate(who + " waits for something");
    }
    for (std::size_t gauge = 0; gauge < ports::gauge_info.size(); ++gauge) {
      const auto level = nodes_[number]->metrics().level(static_cast<ports::Gauge>(gauge));
      if (level == 0) continue;
      violate(who + " leaves " + std::string(ports::gauge_info[gauge].name) + " at " +
              std::to_string(level));
    }
  }
  if (!subscriptions_.empty()) violate("a subscription is left");
}

}  // namespace syncline::world
