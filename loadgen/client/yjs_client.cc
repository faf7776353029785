#include "loadgen/client/yjs_client.h"

#include <utility>
#include <variant>

#include "server/lib0/decoder.h"
#include "server/protocol/y_websocket.h"

namespace syncline::client {
namespace {

namespace y_websocket = protocol::y_websocket;

// y-protocols' awareness timers.
constexpr Duration state_renewed_after = seconds(15);
constexpr Duration state_outdated_after = seconds(30);

constexpr std::uint64_t message_acknowledgement = 110;

}  // namespace

YjsClient::YjsClient(crdt::ClientId id, bool gc) : id_(id), doc_({.client_id = id, .gc = gc}) {
  // The constructor of Awareness sets an empty state, at clock 0.
  states_[id_] = "{}";
  meta_[id_] = {.clock = 0, .updated_at = {}};
}

void YjsClient::on_open(Instant) {
  connected_ = true;
  synced_ = false;
  messages_.clear();
  acknowledged_ = 0;
  send(make_step1());
  if (states_.contains(id_)) send(make_awareness());
}

void YjsClient::on_close(Instant) {
  connected_ = false;
  synced_ = false;
  outbox_.clear();
  // All others are gone as far as we know; their clocks stay known.
  std::erase_if(states_, [this](const auto& state) { return state.first != id_; });
}

void YjsClient::on_frame(BytesView frame, Instant now) {
  const auto message = y_websocket::parse(frame);
  if (!message.ok()) return on_server_message(frame);
  if (const auto* step1 = std::get_if<y_websocket::SyncStep1>(&*message)) {
    if (observer_ != nullptr) observer_->on_offered(step1->state_vector);
    send(make_step2(step1->state_vector));
  } else if (const auto* step2 = std::get_if<y_websocket::SyncStep2>(&*message)) {
    apply(step2->update);
    synced_ = true;
    if (observer_ != nullptr) observer_->on_synced();
  } else if (const auto* update = std::get_if<y_websocket::Update>(&*message)) {
    apply(update->update);
  } else if (const auto* awareness = std::get_if<y_websocket::Awareness>(&*message)) {
    on_awareness(awareness->awareness_update, now);
  } else {
    send_states({id_});
  }
}

void YjsClient::on_server_message(BytesView frame) {
  lib0::Decoder in(frame);
  std::uint64_t type = 0;
  std::uint64_t durable = 0;
  if (in.take_var_uint(type) && type == message_acknowledgement && in.take_var_uint(durable)) {
    return on_acknowledgement(durable);
  }
  problems_.push_back("a frame that no client understands");
}

void YjsClient::on_acknowledgement(std::uint64_t durable) {
  if (durable > messages_.size()) problems_.push_back("an acknowledgement of what was never sent");
  if (durable < acknowledged_) problems_.push_back("an acknowledgement that goes back");
  for (; acknowledged_ < durable && acknowledged_ < messages_.size(); ++acknowledged_) {
    for (const std::size_t edit : messages_[acknowledged_]) mark_saved(edit);
  }
}

void YjsClient::apply(BytesView update) {
  const auto ids = read_update_ids(update);
  if (!ids.ok() || !doc_.apply_update(update).ok()) {
    problems_.push_back("an update that cannot be read");
    if (observer_ != nullptr) observer_->on_applied(ids.ok() ? *ids : UpdateIds(), false);
    return;
  }
  if (observer_ != nullptr) observer_->on_applied(*ids, true);
  mark_returned(*ids);
}

void YjsClient::note_saved(const UpdateIds& ids) {
  if (ids.empty()) return;
  saved_.add_all(ids);
  if (observer_ != nullptr) observer_->on_saved(ids);
}

void YjsClient::mark_saved(std::size_t edit) {
  if (unsaved_.erase(edit) == 1) note_saved(edits_[edit]);
}

void YjsClient::mark_returned(const UpdateIds& ids) {
  for (auto at = unsaved_.begin(); at != unsaved_.end();) {
    note_saved(at->second.intersection(ids));
    at->second = at->second.without(ids);
    at = at->second.empty() ? unsaved_.erase(at) : std::next(at);
  }
}

void YjsClient::edit(const std::function<void(crdt::Doc&)>& change) {
  const Bytes before = observer_ != nullptr ? doc_.encode_state_vector() : Bytes();
  const Bytes update = doc_.transact(change);
  const auto ids = read_update_ids(update);
  SYNCLINE_ASSERT(ids.ok());
  if (ids->empty()) return;
  if (observer_ != nullptr) observer_->on_edited(*ids, update, before);
  edits_.push_back(*ids);
  unsaved_.emplace(edits_.size() - 1, *ids);
  if (!connected_) return;
  messages_.push_back({edits_.size() - 1});
  send(y_websocket::update(update));
}

Bytes YjsClient::make_step1() const { return y_websocket::sync_step1(doc_.encode_state_vector()); }

Bytes YjsClient::make_step2(BytesView server_state_vector) {
  const auto missing = doc_.encode_state_as_update(server_state_vector);
  if (!missing.ok()) {
    problems_.push_back("a state vector that cannot be read");
    return y_websocket::sync_step2(crdt::empty_update());
  }
  // Whatever is not in the message, the server said it has: so the message stands for all edits.
  auto& brought = messages_.emplace_back();
  for (std::size_t edit = 0; edit < edits_.size(); ++edit) brought.push_back(edit);
  return y_websocket::sync_step2(*missing);
}

// Awareness, as in y-protocols.

Bytes YjsClient::make_awareness() const {
  const protocol::AwarenessEntry own{
      .client = id_, .clock = meta_.at(id_).clock, .state = own_state()};
  return y_websocket::awareness(protocol::encode_awareness({&own, 1}));
}

std::string YjsClient::own_state() const {
  const auto own = states_.find(id_);
  return own == states_.end() ? "null" : own->second;
}

void YjsClient::set_state(std::string json, Instant now) {
  Meta& own = meta_.at(id_);
  own = {.clock = own.clock + 1, .updated_at = now};
  if (json == "null") {
    states_.erase(id_);
  } else {
    states_[id_] = std::move(json);
  }
  if (connected_) send(make_awareness());
}

void YjsClient::on_timer(Instant now) {
  if (states_.contains(id_) && now - meta_.at(id_).updated_at >= state_renewed_after) {
    set_state(own_state(), now);
  }
  std::vector<std::uint64_t> outdated;
  for (const auto& [client, state] : states_) {
    if (client != id_ && now - meta_.at(client).updated_at >= state_outdated_after) {
      outdated.push_back(client);
    }
  }
  for (const std::uint64_t client : outdated) states_.erase(client);
  send_states(outdated);
}

void YjsClient::on_awareness(BytesView update, Instant now) {
  const auto entries = protocol::decode_awareness(update, {.entries_max = 100'000});
  if (!entries.ok()) {
    problems_.push_back("an awareness update that cannot be read");
    return;
  }
  std::vector<std::uint64_t> changed;
  for (const protocol::AwarenessEntry& entry : *entries) {
    if (apply_entry(entry, now)) changed.push_back(entry.client);
  }
  send_states(changed);
}

bool YjsClient::apply_entry(const protocol::AwarenessEntry& entry, Instant now) {
  const auto known = meta_.find(entry.client);
  const std::uint64_t known_clock = known == meta_.end() ? 0 : known->second.clock;
  const bool ends = entry.clock == known_clock && entry.gone() && states_.contains(entry.client);
  if (entry.clock <= known_clock && !ends) return false;
  std::uint64_t clock = entry.clock;
  if (!entry.gone()) {
    states_[entry.client] = entry.state;
  } else if (entry.client == id_ && states_.contains(id_)) {
    ++clock;  // Nobody else can make us leave.
  } else {
    states_.erase(entry.client);
  }
  // As in y-protocols, nobody is told that a client has gone that was never here.
  const bool is_news = known != meta_.end() || !entry.gone();
  meta_[entry.client] = {.clock = clock, .updated_at = now};
  return is_news;
}

void YjsClient::send_states(const std::vector<std::uint64_t>& clients) {
  if (!connected_ || clients.empty()) return;
  std::vector<protocol::AwarenessEntry> entries;
  for (const std::uint64_t client : clients) {
    const auto state = states_.find(client);
    entries.push_back({.client = client,
                       .clock = meta_.at(client).clock,
                       .state = state == states_.end() ? "null" : state->second});
  }
  send(y_websocket::awareness(protocol::encode_awareness(entries)));
}

std::vector<Bytes> YjsClient::take_outbox() { return std::exchange(outbox_, {}); }
UpdateIds YjsClient::take_saved() { return std::exchange(saved_, {}); }
std::vector<std::string> YjsClient::take_problems() { return std::exchange(problems_, {}); }

}  // namespace syncline::client
