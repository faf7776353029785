#include "sim/checkers/session_guarantees.h"

#include <algorithm>

namespace syncline::checkers {

using history::PartyKind;
using history::to_text;

SessionGuarantees::Document& SessionGuarantees::document(history::DocumentNumber number) {
  if (number.value >= documents_.size()) documents_.resize(number.value + 1);
  return documents_[number.value];
}

IdSet& SessionGuarantees::held(Node& node, history::DocumentNumber number) {
  if (number.value >= node.holds.size()) node.holds.resize(number.value + 1);
  return node.holds[number.value];
}

void SessionGuarantees::on(const history::ClientEdited& event) {
  if (!client::scan_update(event.update, scan_).ok()) return;
  document(event.document).dependencies.add(scan_);
}

void SessionGuarantees::on(const history::ClientConnected& event) {
  Client& client = clients_[event.client.number];
  if (client.session != event.session) client = {};
  Node& node = nodes_[event.node];
  client.session = event.session;
  client.node = event.node;
  client.life = node.life;
  client.connected = true;
  client.owed.clear();
  // Of what came without what it follows, nothing is offered.
  for (const auto& [author, clocks] : held(node, event.document).clients()) {
    if (clocks.prefix() > 0) client.owed.push_back({author, clocks.prefix()});
  }
}

void SessionGuarantees::on(const history::ClientDisconnected& event) {
  clients_[event.client.number].connected = false;
}

void SessionGuarantees::on(const history::ClientAcknowledged& event) {
  shown(event.client, event.document, event.ids.inserted);
}

void SessionGuarantees::on(const history::ClientApplied& event) {
  shown(event.client, event.document, event.ids.inserted);
}

void SessionGuarantees::shown(history::Party party, history::DocumentNumber number,
                              const client::IdRanges& ids) {
  const Client& client = clients_[party.number];
  if (!client.connected) return;
  Node& node = nodes_[client.node];
  if (node.life != client.life) return;  // What its predecessor sent is still arriving.
  const Document& document = this->document(number);
  IdSet& holds = held(node, number);
  for (const auto& [author, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) {
      if (document.durable.contains(author, {begin, end})) holds.add(author, {begin, end});
    }
  }
}

void SessionGuarantees::on(const history::ClientSynced& event) {
  Client& client = clients_[event.client.number];
  if (!client.offered.read(event.offered_state_vector)) {
    return violate(to_text(event.client) + " was offered a state vector that cannot be read");
  }
  if (!client.connected || nodes_[client.node].life != client.life) return;
  const Document& document = this->document(event.document);
  IdSet& holds = held(nodes_[client.node], event.document);
  for (const Known& known : client.offered.entries()) {
    holds.add(known.client, {0, std::min(known.clock, document.durable.prefix(known.client))});
  }
  const bool covered = std::ranges::all_of(client.owed, [&](const Known& owed) {
    return client.offered.clock_of(owed.client) >= owed.clock;
  });
  if (covered) return;
  const client::IdRanges ids = withheld(client, document);
  if (ids.empty()) return;
  violate(to_text(client.node) + " offers " + to_text(event.client) + " " +
          to_text(event.document) + " without " + ids.to_string({}) +
          ", which it must have had before");
}

client::IdRanges SessionGuarantees::withheld(const Client& client, const Document& document) const {
  client::IdRanges ids;
  for (const Known& owed : document.dependencies.settle(client.owed)) {
    const std::uint64_t clock = client.offered.clock_of(owed.client);
    if (clock < owed.clock) ids.add(owed.client, clock, owed.clock - clock);
  }
  return missing_in(ids, {&document.forgotten});
}

void SessionGuarantees::on(const history::ReplicaSeen& event) {
  if (event.party.kind != PartyKind::client || !vector_.read(event.state.state_vector)) return;
  Client& client = clients_[event.party.number];
  if (!client.connected) return;  // It may be another session by now.
  if (const Known* lost = vector_.first_beyond(client.had)) {
    violate(to_text(event.party) + " no longer has " + std::to_string(lost->client) + ":" +
            std::to_string(lost->clock - 1) + " of " + to_text(event.document));
  }
  std::swap(client.had, vector_);
}

void SessionGuarantees::on(const history::LogAppended& event) {
  if (client::scan_update(event.update, scan_).ok()) {
    document(event.document).durable.add(scan_.runs);
  }
}

void SessionGuarantees::on(const history::BufferAppended& event) {
  if (!client::scan_update(event.update, scan_).ok()) return;
  Document& document = this->document(event.document);
  document.durable.add(scan_.runs);
  document.buffer.append(event.offset, scan_);
}

void SessionGuarantees::on(const history::BufferTrimmed& event) {
  BufferModel& buffer = document(event.document).buffer;
  while (!buffer.entries().empty() && buffer.entries().front().offset <= event.offset) {
    buffer.drop_oldest();
  }
}

void SessionGuarantees::on(const history::BufferForgot& event) {
  Document& document = this->document(event.document);
  document.forgotten.add(document.buffer.forget(event.entries).inserted);
}

void SessionGuarantees::on(const history::ProcessStarted& event) {
  if (event.party.kind != PartyKind::node) return;
  Node& node = nodes_[event.party];
  ++node.life;
  node.holds.clear();
  for (const Document& document : documents_) node.holds.push_back(document.durable);
}

void SessionGuarantees::on(const history::ProcessEnded& event) {
  if (event.party.kind == PartyKind::node) ++nodes_[event.party].life;
}

}  // namespace syncline::checkers
