#include "tests/transcripts/stage.h"

#include <algorithm>
#include <utility>

#include "server/core/checksum.h"
#include "server/core/document_loader.h"
#include "server/crdt/text.h"
#include "server/protocol/y_websocket.h"
#include "tests/world/frames.h"

namespace syncline::transcripts {
namespace {

using world::StoreFault;
using world::StoreRequest;
using world::StoreStep;

constexpr std::string_view usual_document = "d";
constexpr crdt::ClientId remote_id = 1000;

StoreFault fault_of(const Command& command) {
  for (const StoreFault fault :
       {StoreFault::refused, StoreFault::storage_full, StoreFault::unknown_committed,
        StoreFault::unknown_lost, StoreFault::error, StoreFault::corrupt, StoreFault::lacking}) {
    if (command.has(world::name(fault))) return fault;
  }
  return StoreFault::none;
}

// Lineages as their epochs: 1, 2, ...
std::string position_text(ports::BufferPosition position) {
  return std::to_string(position.lineage >> 32) + '/' + std::to_string(position.offset);
}

void edit_text(crdt::Doc& doc, const Command& command, std::size_t verb) {
  crdt::Text text = doc.text("t");
  const std::size_t position = std::stoul(command.word(verb + 1));
  if (command.word(verb) == "insert") {
    std::string inserted = unquote(command.word(verb + 2));
    // `times=1000` makes a long text of a short one.
    if (const auto times = command.option("times")) {
      const std::string once = inserted;
      for (unsigned long i = 1; i < std::stoul(*times); ++i) inserted += once;
    }
    SYNCLINE_ASSERT(text.insert(position, inserted).ok(), position);
  } else {
    SYNCLINE_ASSERT(text.remove(position, std::stoul(command.word(verb + 2))).ok(), position);
  }
}

}  // namespace

Stage::Stage()
    : buffer_([this](const DocumentName&, ports::BufferPosition position,
                     const SharedBytes& update) { publications_[position] = update; }),
      remote_(remote_id) {
  names_[remote_id] = "remote";
}

core::Shard& Stage::shard() {
  if (!node_) {
    node_ = std::make_unique<world::Node>(static_cast<world::Surroundings&>(*this), events_, 0, 1,
                                          config_, buffered_);
  }
  if (!node_->alive()) node_->start();
  return node_->shard();
}

std::vector<std::string> Stage::play(const Block& block) {
  for (const Command& command : block.commands()) run(command);
  if (node_ && node_->alive()) settle();
  if (said_.empty()) say("ok");
  return std::exchange(said_, {});
}

void Stage::run(const Command& command) {
  if (run_node_command(command) || run_store_command(command) || run_broker_command(command) ||
      run_buffer_command(command)) {
    return;
  }
  run_client_command(command);
}

bool Stage::run_node_command(const Command& command) {
  const std::string& verb = command.word(0);
  if (verb == "config") {
    SYNCLINE_ASSERT(!node_);
    configure(config_, command);
  } else if (verb == "durability-buffer") {
    SYNCLINE_ASSERT(!node_);
    buffered_ = true;
  } else if (verb == "advance") {
    advance(parse_duration(command.word(1)));
  } else if (verb == "turn") {
    settle();  // What comes after it is another turn of the event loop.
  } else if (verb == "drain") {
    shard().drain();
  } else if (verb == "drain-expired") {
    shard().drain_expired();
  } else if (verb == "evict") {
    shard().evict(DocumentName::parse(usual_document).value());
  } else if (verb == "revoke") {
    shard().revoke_connection(*actor(command.word(1)).connection);
  } else if (verb == "revoke-user") {
    shard().revoke_user(command.word(1));
  } else if (verb == "sessions") {
    say_sessions();
  } else if (verb == "status") {
    const std::uint64_t folds = node_->metrics().count(ports::Counter::folds);
    say("connections=" + std::to_string(shard().connection_count()) +
        " rooms=" + std::to_string(shard().room_count()) +
        (folds > 0 ? " folds=" + std::to_string(folds) : "") +
        (shard().drained() ? " drained" : ""));
  } else if (verb == "crash") {
    node_->crash();
    requests_.clear();
    done_.clear();
    connections_.clear();
    for (auto& [name, who] : actors_) {
      if (who.connection) who.yjs->on_close(events_.now());
      who.connection.reset();
      who.unread.clear();
    }
  } else {
    return false;
  }
  return true;
}

void Stage::say_sessions() {
  const auto& entries = node_->sessions().entries();
  for (const auto& [id, entry] : entries) {
    say("session " + name_of(id) + " document=" + entry.document.text() +
        (entry.user.empty() ? "" : " user=" + entry.user));
  }
  if (entries.empty()) say("no sessions");
}

void Stage::advance(Duration by) {
  settle();
  const Instant until = events_.now() + by;
  while (shard().next_deadline() <= until) {
    events_.run_until(shard().next_deadline());
    shard().on_deadline();
    settle();
  }
  events_.run_until(until);
}

// The end of a turn.

void Stage::settle() {
  do {
    if (shard().needs_flush()) shard().flush();
  } while (let_sockets_take() || shard().needs_flush());
}

bool Stage::let_sockets_take() {
  bool any = false;
  for (auto& [name, who] : actors_) {
    if (who.stalled || who.unread.empty()) continue;
    take_frame(name, who);
    any = true;
  }
  return any;
}

void Stage::take_frame(const std::string& name, Actor& who) {
  SYNCLINE_ASSERT(!who.unread.empty(), name);
  const SharedBytes frame = who.unread.front();
  who.unread.pop_front();
  who.yjs->on_frame(frame.view(), events_.now());
  collect(who);
  for (const std::string& problem : who.yjs->take_problems()) {
    say("PROBLEM " + name + ' ' + problem);
  }
  if (who.connection) shard().on_sent(*who.connection, frame.size());
}

// Clients.

Stage::Actor& Stage::actor(const std::string& name) {
  const auto found = actors_.find(name);
  SYNCLINE_ASSERT(found != actors_.end(), name);
  return found->second;
}

const std::string& Stage::name_of(ConnectionId connection) const {
  return connections_.at(connection);
}

void Stage::collect(Actor& actor) {
  for (Bytes& frame : actor.yjs->take_outbox()) actor.held.push_back(std::move(frame));
}

void Stage::connect(const Command& command) {
  const std::string& name = command.word(1);
  const auto [at, is_new] = actors_.try_emplace(name);
  Actor& who = at->second;
  if (is_new) {
    const crdt::ClientId id = actors_.size();
    who.yjs = std::make_unique<client::YjsClient>(id);
    names_[id] = name;
  }
  who.document = command.option("document").value_or(std::string(usual_document));
  who.connection = ConnectionId{++last_connection_};
  who.held.clear();
  connections_[*who.connection] = name;
  who.yjs->on_open(events_.now());
  collect(who);
  shard().on_connect(*who.connection, {.document = who.document,
                                       .acks = command.has("acks"),
                                       .client = name,
                                       .user = command.option("user").value_or("")});
}

void Stage::disconnect(const std::string& name) {
  Actor& who = actor(name);
  SYNCLINE_ASSERT(who.connection.has_value(), name);
  const ConnectionId connection = *std::exchange(who.connection, std::nullopt);
  who.unread.clear();
  who.yjs->on_close(events_.now());
  shard().on_disconnect(connection);
  connections_.erase(connection);
}

void Stage::send_held(Actor& actor, std::string_view word) {
  while (let_sockets_take()) {
  }
  const auto held = std::find_if(actor.held.begin(), actor.held.end(), [&](const Bytes& frame) {
    return world::describe_frame(frame, names_).starts_with(word);
  });
  SYNCLINE_ASSERT(held != actor.held.end(), word);
  const Bytes frame = std::move(*held);
  actor.held.erase(held);
  if (actor.connection) shard().on_message(*actor.connection, frame);
}

void Stage::send_new(Actor& actor) {
  for (const Bytes& frame : actor.yjs->take_outbox()) {
    if (actor.connection) shard().on_message(*actor.connection, frame);
  }
}

void Stage::send_all_held(Actor& actor) {
  while (let_sockets_take()) {
  }
  for (const Bytes& frame : std::exchange(actor.held, {})) {
    if (actor.connection) shard().on_message(*actor.connection, frame);
  }
}

void Stage::run_client_command(const Command& command) {
  if (command.word(0) == "connect") return connect(command);
  if (command.word(0) == "disconnect") return disconnect(command.word(1));
  Actor& who = actor(command.word(0));
  const std::string& verb = command.word(1);
  if (verb == "insert" || verb == "delete") {
    collect(who);
    who.yjs->edit([&](crdt::Doc& doc) { edit_text(doc, command, 1); });
    send_new(who);
  } else if (verb == "says") {
    collect(who);
    who.yjs->set_state(command.word(2), events_.now());
    send_new(who);
  } else if (verb == "answers") {
    send_all_held(who);
  } else if (verb == "query-awareness") {
    shard().on_message(*who.connection, parse_hex("03"));
  } else if (verb == "raw") {
    shard().on_message(*who.connection, parse_hex(command.word(2)));
  } else if (verb == "text-frame") {
    shard().on_frame_fault(*who.connection, core::FrameFault::text_frame);
  } else if (verb == "too-large-frame") {
    shard().on_frame_fault(*who.connection, core::FrameFault::too_large);
  } else if (verb == "stalls" || verb == "reads") {
    who.stalled = verb == "stalls";
  } else if (verb == "reads-one") {
    take_frame(command.word(0), who);
  } else if (verb == "text") {
    say(command.word(0) + " has \"" + who.yjs->doc().text_of("t") + "\"");
  } else {
    send_held(who, verb);
  }
}

// The store.

std::string Stage::label(const DocumentName& document) const {
  return document.text() == usual_document ? "" : " document=" + document.text();
}

std::string Stage::describe(const StoreRequest& request) const {
  std::string line(world::name(request.step));
  line += label(request.document) + " token=" + std::to_string(request.token.value);
  switch (request.step) {
    case StoreStep::read_heads:
    case StoreStep::buffer_heads:
      return std::string(world::name(request.step)) +
             " token=" + std::to_string(request.token.value) +
             " documents=" + std::to_string(request.documents.size());
    case StoreStep::buffer_read:
      return line + " after=" + position_text(request.position);
    case StoreStep::append:
    case StoreStep::buffer_append: {
      const auto ids = client::read_update_ids(request.bytes.view());
      return line + ' ' + (ids.ok() ? ids->to_string(names_) : "unreadable");
    }
    case StoreStep::read_log:
      return line + " after=" + std::to_string(request.sequence.value);
    case StoreStep::read_snapshot:
      if (request.sequence.value == UINT64_MAX) return line + " newest";
      return line + " before=" + std::to_string(request.sequence.value);
    case StoreStep::write_snapshot: {
      const auto ids = client::read_update_ids(request.bytes.view());
      return line + " sequence=" + std::to_string(request.sequence.value) + ' ' +
             (ids.ok() ? ids->to_string(names_) : "unreadable");
    }
    default:
      break;
  }
  return line;
}

void Stage::on_store_request(std::size_t, StoreRequest request) {
  say(describe(request));
  requests_.push_back(std::move(request));
}

void Stage::answer(StoreRequest request, StoreFault fault) {
  if (full_ && request.step == StoreStep::append) fault = StoreFault::storage_full;
  auto done = done_.extract(request.token);
  world::deliver(shard(), request.token, done ? std::move(done.mapped()) : execute(request, fault));
}

world::StoreAnswer Stage::execute(const StoreRequest& request, StoreFault fault) {
  return world::MemoryBuffer::is_buffer_step(request.step)
             ? buffer_.execute(request, fault, events_.now())
             : store_.execute(request, fault);
}

StoreRequest Stage::take_request(const Command& command, StoreStep step) {
  const auto token = command.option("token");
  const auto found = std::find_if(requests_.begin(), requests_.end(), [&](const auto& request) {
    return request.step == step && (!token || std::to_string(request.token.value) == *token);
  });
  SYNCLINE_ASSERT(found != requests_.end(), world::name(step));
  StoreRequest request = std::move(*found);
  requests_.erase(found);
  return request;
}

void Stage::answer_everything() {
  settle();
  while (!requests_.empty()) {
    StoreRequest request = std::move(requests_.front());
    requests_.erase(requests_.begin());
    answer(std::move(request), StoreFault::none);
    settle();
  }
}

bool Stage::run_store_command(const Command& command) {
  const std::string& verb = command.word(0);
  const DocumentName document = DocumentName::parse(usual_document).value();
  if (verb == "store") {
    answer_everything();
  } else if (verb == "store-full" || verb == "store-has-space") {
    full_ = verb == "store-full";
  } else if (verb == "store-works") {
    for (const StoreRequest& request : requests_) {
      done_.try_emplace(request.token, execute(request, StoreFault::none));
    }
  } else if (verb == "damage-record") {
    store_.damage_record(document, Sequence{std::stoul(command.word(1))});
  } else if (verb == "log-goes-back") {
    store_.lose_after(document, Sequence{std::stoul(command.word(1))});
  } else if (verb == "damage-snapshot") {
    store_.damage_newest_snapshot(document);
  } else if (verb == "damage-all-snapshots") {
    store_.damage_all_snapshots(document);
  } else if (verb == "history-ends") {
    forget_history(document, std::stoul(command.word(1)));
  } else if (verb == "log") {
    for (const auto& record : store_.log(document)) {
      const auto ids = client::read_update_ids(record.update.view());
      say("record " + std::to_string(record.sequence.value) + ' ' +
          (ids.ok() ? ids->to_string(names_) : "unreadable"));
    }
  } else {
    for (const StoreStep step :
         {StoreStep::append, StoreStep::read_log, StoreStep::read_heads, StoreStep::read_snapshot,
          StoreStep::write_snapshot, StoreStep::buffer_append, StoreStep::buffer_read,
          StoreStep::buffer_heads}) {
      if (verb != std::string(world::name(step)) + "-done") continue;
      answer(take_request(command, step), fault_of(command));
      return true;
    }
    return false;
  }
  return true;
}

// As a worker does: two snapshots, at `through` and at the head, and nothing before them.
void Stage::forget_history(const DocumentName& document, std::size_t through) {
  const auto& log = store_.log(document);
  SYNCLINE_ASSERT(through < log.size(), through);
  crdt::Doc doc;
  std::vector<ports::SnapshotId> made;
  for (const ports::LogRecord& record : log) {
    SYNCLINE_ASSERT(doc.apply_update(record.update.view()).ok());
    if (record.sequence.value != through && record.sequence.value != log.size()) continue;
    const ports::Snapshot snapshot = core::snapshot_of(doc, record.sequence);
    made.push_back({.sequence = snapshot.sequence, .checksum = snapshot.checksum});
    store_.execute({.step = StoreStep::write_snapshot,
                    .token = {},
                    .document = document,
                    .bytes = snapshot.state,
                    .checksum = snapshot.checksum,
                    .sequence = snapshot.sequence},
                   StoreFault::none);
  }
  store_.execute({.step = StoreStep::forget,
                  .token = {},
                  .document = document,
                  .forgetting = {.older = made[0],
                                 .newer = made[1],
                                 .through = made[0].sequence,
                                 .retention = Duration(-1)}},
                 StoreFault::none);
  say("forgotten " + std::to_string(store_.forgotten(document)) + " of " +
      std::to_string(log.size()));
}

// The broker.

bool Stage::run_broker_command(const Command& command) {
  if (command.word(0) != "remote") return false;
  act_as_another_node(command);
  return true;
}

void Stage::act_as_another_node(const Command& command) {
  const std::string& verb = command.word(1);
  const DocumentName document = DocumentName::parse(usual_document).value();
  if (verb == "writes-through-a-buffer") {
    shard().on_buffer_update(document, {.lineage = std::uint64_t{1} << 32, .offset = 1},
                             SharedBytes(as_bytes("any")));
  } else if (buffered_ && (verb == "insert" || verb == "delete")) {
    const SharedBytes update = write_as_another_node(command, 1);
    const auto position = buffer_.append({.step = StoreStep::buffer_append,
                                          .token = {},
                                          .document = document,
                                          .bytes = update,
                                          .checksum = core::checksum(update.view())});
    say("buffered elsewhere position=" + position_text(position));
  } else if (verb == "insert" || verb == "delete" || verb == "commits") {
    const SharedBytes update = write_as_another_node(command, verb == "commits" ? 2 : 1);
    const Sequence sequence = store_.commit({.step = StoreStep::append,
                                             .token = {},
                                             .document = document,
                                             .bytes = update,
                                             .checksum = core::checksum(update.view())});
    remote_updates_[sequence] = update;
    say("committed elsewhere sequence=" + std::to_string(sequence.value));
  } else if (verb == "publishes") {
    const Sequence sequence{std::stoul(command.word(2))};
    shard().on_broker_update(document, sequence, remote_updates_.at(sequence));
  } else if (verb == "says") {
    remote_.set_state(command.word(2), events_.now());
    const Bytes frame = remote_.make_awareness();
    const auto message = protocol::y_websocket::parse(frame);
    shard().on_broker_awareness(
        document,
        SharedBytes(std::get<protocol::y_websocket::Awareness>(*message).awareness_update));
  } else {
    SYNCLINE_ASSERT(verb == "asks-for-awareness", verb);
    shard().on_broker_awareness_query(document);
  }
}

SharedBytes Stage::write_as_another_node(const Command& command, std::size_t verb) {
  // It has read the log up to here.
  const DocumentName document = DocumentName::parse(usual_document).value();
  for (const auto& record : store_.log(document)) remote_.apply(record.update.view());
  remote_.on_open(events_.now());
  remote_.take_outbox();
  remote_.edit([&](crdt::Doc& doc) { edit_text(doc, command, verb); });
  const Bytes frame = remote_.take_outbox().at(0);
  // Past the message's two type bytes and its length.
  const auto message = protocol::y_websocket::parse(frame);
  return SharedBytes(std::get<protocol::y_websocket::Update>(*message).update);
}

// The write buffer.

bool Stage::run_buffer_command(const Command& command) {
  const std::string& verb = command.word(0);
  const DocumentName document = DocumentName::parse(usual_document).value();
  if (verb == "buffer-publishes") {
    for (const auto& [position, update] : std::exchange(publications_, {})) {
      shard().on_buffer_update(document, position, update);
    }
  } else if (verb == "buffer-loses-publications") {
    publications_.clear();
  } else if (verb == "buffer-syncs") {
    buffer_.sync();
  } else if (verb == "buffer-crashes" || verb == "buffer-is-flushed") {
    verb == "buffer-crashes" ? buffer_.crash() : buffer_.flush();
  } else if (verb == "buffer-reconnected") {
    shard().on_buffer_reconnected();
  } else if (verb == "subscription-stands") {
    shard().on_broker_subscribed(document);
  } else if (verb == "buffer-fills" || verb == "buffer-has-room") {
    shard().on_buffer_filling(verb == "buffer-fills");
  } else if (verb == "worker-drains") {
    drain_buffer();
  } else {
    return false;
  }
  return true;
}

// As a worker does, all at once.
void Stage::drain_buffer() {
  const DocumentName document = DocumentName::parse(usual_document).value();
  const StoreRequest read{
      .step = StoreStep::buffer_read, .token = {}, .document = document, .bytes_max = SIZE_MAX};
  const auto page =
      std::get<Result<ports::BufferPage>>(buffer_.execute(read, StoreFault::none, events_.now()));
  SYNCLINE_ASSERT(page.ok());
  const auto heads = store_.commit_drain({.step = StoreStep::drain,
                                          .token = {},
                                          .document = document,
                                          .batches = {{document, page->records}}});
  say("drained up to sequence=" + std::to_string(heads.at(0).value));
  buffer_.execute({.step = StoreStep::buffer_trim,
                   .token = {},
                   .document = document,
                   .position = {page->head.lineage, page->head.head}},
                  StoreFault::none, events_.now());
}

void Stage::on_publish(std::size_t, world::Publication publication) {
  switch (publication.kind) {
    case world::Publication::Kind::update: {
      const auto ids = client::read_update_ids(publication.bytes.view());
      return say("publish" + label(publication.document) +
                 " sequence=" + std::to_string(publication.sequence.value) + ' ' +
                 (ids.ok() ? ids->to_string(names_) : "unreadable"));
    }
    case world::Publication::Kind::awareness:
      return say("publish-awareness" + label(publication.document) + ' ' +
                 world::describe_awareness(publication.bytes.view(), names_));
    case world::Publication::Kind::awareness_query:
      return say("query-awareness" + label(publication.document));
  }
}

void Stage::on_subscription(std::size_t, const DocumentName& document, bool on) {
  say((on ? "subscribe" : "unsubscribe") + label(document));
}

// What the core asks of sockets, metrics and the log.

void Stage::on_send(std::size_t, ConnectionId connection, SharedBytes frame) {
  const std::string& name = name_of(connection);
  say("send " + name + ' ' + world::describe_frame(frame.view(), names_));
  actor(name).unread.push_back(std::move(frame));
}

void Stage::on_set_reading(std::size_t, ConnectionId connection, bool reading) {
  say((reading ? "read-from " : "stop-reading-from ") + name_of(connection));
}

void Stage::on_close(std::size_t, ConnectionId connection, std::uint16_t code,
                     std::string_view reason) {
  const std::string name = name_of(connection);
  say("close " + name + ' ' + std::to_string(code) + " \"" + std::string(reason) + "\"");
  Actor& who = actor(name);
  who.connection.reset();
  who.yjs->on_close(events_.now());
  connections_.erase(connection);
}

void Stage::on_reject(std::size_t, ports::Rejection reason) {
  say("count " + std::string(ports::rejection_names[static_cast<std::size_t>(reason)]));
}

void Stage::on_log(std::size_t, ports::LogLevel level, std::string_view event,
                   std::initializer_list<ports::LogField> fields) {
  if (level < ports::LogLevel::warning) return;
  std::string line = level == ports::LogLevel::warning ? "warn" : "error";
  line += " \"" + std::string(event) + "\"";
  for (const ports::LogField& field : fields) {
    if (field.key == "document" && field.value == usual_document) continue;
    line += ' ' + std::string(field.key) + "=\"" + std::string(field.value) + "\"";
  }
  say(std::move(line));
}

}  // namespace syncline::transcripts
