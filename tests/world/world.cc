#include "tests/world/world.h"

#include <algorithm>

#include "server/crdt/text.h"
#include "tests/world/frames.h"

namespace syncline::world {
namespace {

// y-websocket's back-off.
constexpr Duration reconnect_delay_min = milliseconds(100);
constexpr Duration reconnect_delay_max = milliseconds(2500);
// y-protocols looks at its timers this often.
constexpr Duration client_tick = seconds(3);
// How long Transport::close waits for a peer that does not read.
constexpr Duration close_patience = seconds(5);
constexpr std::uint16_t abnormal_closure = 1006;

}  // namespace

World::World(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      history_(options.keep_lines),
      buffer_(
          [this](const DocumentName& document, ports::BufferPosition position,
                 const SharedBytes& update) { publish_from_buffer(document, position, update); }),
      broker_loss_percent_(options.broker_loss_percent),
      slow_percent_(options.slow_percent) {
  Surroundings& surroundings = *this;
  for (std::size_t number = 0; number < options.nodes; ++number) {
    drivers_.emplace_back();
    nodes_.push_back(std::make_unique<Node>(surroundings, events_, number, random_.next(),
                                            options.config, options.workers > 0));
    nodes_.back()->start();
  }
  for (std::size_t number = 0; number < options.workers; ++number) {
    workers_.push_back(std::make_unique<WorkerNode>(surroundings, events_, options.nodes + number,
                                                    random_.next(), options.worker_config));
    start_worker(number);
  }
}

void World::note(std::size_t node, std::string line) {
  const auto at = duration_cast<microseconds>(events_.now().since_start).count();
  history_.note(std::to_string(at) + " node" + std::to_string(node) + ' ' + std::move(line));
}

void World::violate(std::string what) {
  const auto at = duration_cast<milliseconds>(events_.now().since_start).count();
  violations_.push_back("at " + std::to_string(at) + " ms: " + std::move(what));
  history_.note("VIOLATION " + violations_.back());
}

// Mostly short; now and then some seconds, if the world is asked to be slow.
Duration World::latency(Duration low, Duration high) {
  if (random_.chance(slow_percent_)) return random_.between(high, high + seconds(3));
  return random_.between(low, high);
}

// Driving a node.

void World::input(std::size_t node, const std::function<void(core::Shard&)>& call) {
  SYNCLINE_ASSERT(!inside_);
  SYNCLINE_ASSERT(nodes_[node]->alive());
  inside_ = true;
  call(nodes_[node]->shard());
  inside_ = false;
  schedule_flush(node);
  schedule_deadline(node);
}

void World::input_later(std::size_t node, Duration delay, std::function<void(core::Shard&)> call) {
  const std::uint64_t life = nodes_[node]->life();
  events_.after(delay, [this, node, life, call = std::move(call)] {
    if (nodes_[node]->alive() && nodes_[node]->life() == life) input(node, call);
  });
}

void World::schedule_flush(std::size_t node) {
  Driver& driver = drivers_[node];
  if (driver.flush_scheduled || !nodes_[node]->shard().needs_flush()) return;
  driver.flush_scheduled = true;
  // A turn of the event loop takes in whatever has arrived.
  events_.after(random_.between(Duration::zero(), microseconds(500)), [this, node] {
    drivers_[node].flush_scheduled = false;
    if (nodes_[node]->alive()) input(node, [](core::Shard& shard) { shard.flush(); });
  });
}

void World::schedule_deadline(std::size_t node) {
  Driver& driver = drivers_[node];
  const Instant due = nodes_[node]->shard().next_deadline();
  if (due == Instant::never() || (driver.deadline && *driver.deadline <= due)) return;
  driver.deadline = due;
  events_.at(due, [this, node, due] {
    if (drivers_[node].deadline != due) return;  // An earlier one came after this was set.
    drivers_[node].deadline.reset();
    if (nodes_[node]->alive()) on_deadline(node);
  });
}

void World::on_deadline(std::size_t node) {
  if (nodes_[node]->shard().next_deadline() > events_.now()) return schedule_deadline(node);
  Driver& driver = drivers_[node];
  driver.deadlines_at_once =
      driver.last_deadline_at == events_.now() ? driver.deadlines_at_once + 1 : 0;
  driver.last_deadline_at = events_.now();
  if (driver.deadlines_at_once == 100) {
    return violate("node" + std::to_string(node) + " has a deadline that never passes");
  }
  input(node, [](core::Shard& shard) { shard.on_deadline(); });
}

void World::crash(std::size_t node) {
  if (!nodes_[node]->alive()) return;
  note(node, "CRASH");
  inside_ = true;
  nodes_[node]->crash();
  inside_ = false;
  drivers_[node] = {.flush_scheduled = drivers_[node].flush_scheduled};
  std::erase_if(subscriptions_, [node](const auto& entry) { return entry.first == node; });
  for (auto& [connection, link] : links_) {
    if (link.node != node || !link.server_open) continue;
    link.server_open = false;
    link.outbound.clear();
    events_.after(random_.between(Duration::zero(), milliseconds(50)),
                  [this, id = connection] { client_lost(id, abnormal_closure); });
  }
}

void World::start(std::size_t node) {
  if (nodes_[node]->alive()) return;
  note(node, "START");
  nodes_[node]->start();
}

void World::drain(std::size_t node) {
  if (!nodes_[node]->alive()) return;
  note(node, "DRAIN");
  drivers_[node].draining = true;
  input(node, [](core::Shard& shard) { shard.drain(); });
}

void World::evict(std::size_t node, const DocumentName& document) {
  if (!nodes_[node]->alive()) return;
  note(node, "EVICT " + document.text());
  input(node, [&](core::Shard& shard) { shard.evict(document); });
}

void World::revoke(ClientIndex client) {
  if (!clients_[client].link) return;
  const ConnectionId connection = *clients_[client].link;
  const std::size_t node = links_.at(connection).node;
  if (!nodes_[node]->alive()) return;
  note(node, "REVOKE " + clients_[client].name);
  input(node, [&](core::Shard& shard) { shard.revoke_connection(connection); });
}

// Workers.

void World::start_worker(std::size_t number) {
  if (workers_[number]->alive()) return;
  note(nodes_.size() + number, "START");
  workers_[number]->start();
  input_worker(number, [](core::Worker&) {});
}

void World::crash_worker(std::size_t number) {
  if (!workers_[number]->alive()) return;
  note(nodes_.size() + number, "CRASH");
  workers_[number]->crash();
}

// Every input may change the deadline; an alarm that comes too early finds nothing due.
void World::input_worker(std::size_t number, const std::function<void(core::Worker&)>& call) {
  SYNCLINE_ASSERT(!inside_);
  WorkerNode& worker = *workers_[number];
  inside_ = true;
  call(worker.worker());
  inside_ = false;
  const Instant due = worker.worker().next_deadline();
  if (due == Instant::never()) return;
  events_.at(due, [this, number, life = worker.life(), due] {
    WorkerNode& then = *workers_[number];
    if (!then.alive() || then.life() != life || then.worker().next_deadline() != due) return;
    input_worker(number, [](core::Worker& awake) { awake.on_deadline(); });
  });
}

void World::execute_for_worker(std::size_t number, std::uint64_t life, const StoreRequest& request,
                               StoreFault fault) {
  const WorkerNode& worker = *workers_[number];
  const bool same_life = worker.alive() && worker.life() == life;
  if (!same_life && random_.chance(50)) return;
  StoreAnswer answer = carry_out(request, fault);
  if (!same_life) return;
  events_.after(latency(Duration::zero(), milliseconds(2)),
                [this, number, life, token = request.token, answer = std::move(answer)] {
                  const WorkerNode& then = *workers_[number];
                  if (!then.alive() || then.life() != life) return;
                  input_worker(number, [&](core::Worker& asked) { deliver(asked, token, answer); });
                });
}

// The write buffer.

void World::publish_from_buffer(const DocumentName& document, ports::BufferPosition position,
                                const SharedBytes& update) {
  const auto ids = client::read_update_ids(update.view());
  SYNCLINE_ASSERT(ids.ok(), "an unreadable update was appended");
  once_buffered_[document].add_all(*ids);
  for (const auto& [node, subscribed] : subscriptions_) {
    if (document != subscribed || random_.chance(broker_loss_percent_)) continue;
    input_later(node, latency(microseconds(50), milliseconds(3)),
                [document, position, update](core::Shard& shard) {
                  shard.on_buffer_update(document, position, update);
                });
  }
}

void World::crash_buffer() {
  history_.note("BUFFER CRASH");
  buffer_.crash();
  reconnect_to_buffer();
}

void World::flush_buffer() {
  history_.note("BUFFER FLUSH");
  buffer_.flush();
  reconnect_to_buffer();
}

void World::reconnect_to_buffer() {
  loaded_.clear();
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node]->alive()) continue;
    input_later(node, latency(milliseconds(1), milliseconds(200)),
                [](core::Shard& shard) { shard.on_buffer_reconnected(); });
  }
}

UpdateIds World::durable_ids(const DocumentName& document) const {
  UpdateIds ids = store_.logged_ids(document);
  ids.add_all(buffer_.buffered_ids(document));
  return ids;
}

// The store.

StoreAnswer World::carry_out(const StoreRequest& request, StoreFault fault) {
  if (fault == StoreFault::unknown_late) {
    events_.after(random_.between(milliseconds(1), seconds(3)), [this, request] {
      if (request.step == StoreStep::append) store_.commit(request);
      if (request.step == StoreStep::drain) store_.commit_drain(request);
      if (request.step == StoreStep::buffer_append) buffer_.append(request);
    });
  }
  return MemoryBuffer::is_buffer_step(request.step) ? buffer_.execute(request, fault, events_.now())
                                                    : store_.execute(request, fault);
}

void World::on_store_request(std::size_t node, StoreRequest request) {
  const std::uint64_t step = store_steps_++;
  const StoreFault fault = choose_fault_ ? choose_fault_(request, step) : StoreFault::none;
  note(node, std::string(name(request.step)) + " step=" + std::to_string(step) + " " +
                 request.document.text() + " sequence=" + std::to_string(request.sequence.value) +
                 " bytes=" + std::to_string(request.bytes.size()) +
                 " fault=" + std::string(name(fault)));
  history_.note_bytes(request.bytes.view());
  Instant due = events_.now() + latency(microseconds(100), milliseconds(5));
  if (request.step == StoreStep::append || request.step == StoreStep::buffer_append) {
    // Appends of one shard to one document are committed in the order of the calls.
    Instant& last = last_append_[{node, request.document}];
    due = last = std::max(due, last);
  }
  if (node >= nodes_.size()) {
    const std::size_t worker = node - nodes_.size();
    events_.at(due, [this, worker, life = workers_[worker]->life(), request = std::move(request),
                     fault] { execute_for_worker(worker, life, request, fault); });
    return;
  }
  events_.at(due, [this, node, life = nodes_[node]->life(), request = std::move(request), fault] {
    execute(node, life, request, fault);
  });
}

void World::execute(std::size_t node, std::uint64_t life, const StoreRequest& request,
                    StoreFault fault) {
  const bool same_life = nodes_[node]->alive() && nodes_[node]->life() == life;
  // What a dead node asked for may or may not have left it.
  if (!same_life && random_.chance(50)) return;
  StoreAnswer answer = carry_out(request, fault);
  if (!same_life) return;
  input_later(node, latency(Duration::zero(), milliseconds(2)),
              [token = request.token, answer = std::move(answer)](core::Shard& shard) {
                deliver(shard, token, answer);
              });
}

// The broker.

void World::on_subscription(std::size_t node, const DocumentName& document, bool on) {
  note(node, (on ? "subscribe " : "unsubscribe ") + document.text());
  if (on) {
    subscriptions_.emplace(node, document);
    loaded_[{node, document}] = durable_ids(document);
  } else {
    subscriptions_.erase({node, document});
  }
}

void World::on_publish(std::size_t node, Publication publication) {
  note(node, "publish " + publication.document.text() +
                 " sequence=" + std::to_string(publication.sequence.value));
  history_.note_bytes(publication.bytes.view());
  for (const auto& [other, document] : subscriptions_) {
    if (other == node || document != publication.document) continue;
    if (random_.chance(broker_loss_percent_)) continue;
    input_later(other, latency(microseconds(50), milliseconds(3)),
                [publication](core::Shard& shard) {
                  switch (publication.kind) {
                    case Publication::Kind::update:
                      return shard.on_broker_update(publication.document, publication.sequence,
                                                    publication.bytes);
                    case Publication::Kind::awareness:
                      return shard.on_broker_awareness(publication.document, publication.bytes);
                    case Publication::Kind::awareness_query:
                      return shard.on_broker_awareness_query(publication.document);
                  }
                });
  }
}

void World::on_reject(std::size_t node, ports::Rejection reason) {
  note(node, "reject " + std::string(ports::rejection_names[static_cast<std::size_t>(reason)]));
}

void World::on_log(std::size_t node, ports::LogLevel, std::string_view event,
                   std::initializer_list<ports::LogField> fields) {
  std::string line = "log " + std::string(event);
  for (const ports::LogField& field : fields) {
    line += ' ' + std::string(field.key) + '=' + std::string(field.value);
  }
  note(node, std::move(line));
}

// Sockets, the server's end.

World::Link* World::link_of(ConnectionId connection) {
  const auto found = links_.find(connection);
  return found == links_.end() ? nullptr : &found->second;
}

void World::on_send(std::size_t node, ConnectionId connection, SharedBytes frame) {
  Link& link = links_.at(connection);
  SYNCLINE_ASSERT(link.server_open && !link.closing);
  note(node, "send " + clients_[link.client].name + ' ' + describe_frame(frame.view(), names_));
  history_.note_bytes(frame.view());
  link.outbound.push_back(std::move(frame));
  link.last_out =
      std::max(link.last_out, events_.now() + latency(microseconds(100), milliseconds(10)));
  events_.at(link.last_out, [this, connection] { deliver_out(connection); });
}

void World::deliver_out(ConnectionId connection) {
  Link* link = link_of(connection);
  if (link == nullptr || link->outbound.empty() || clients_[link->client].stalled) return;
  const SharedBytes frame = std::move(link->outbound.front());
  link->outbound.pop_front();
  const ClientIndex client = link->client;
  if (link->server_open) {
    input(link->node, [&](core::Shard& shard) { shard.on_sent(connection, frame.size()); });
  }
  link = link_of(connection);
  if (link != nullptr && link->client_open) {
    Client& who = clients_[client];
    const bool was_synced = who.yjs->synced();
    who.yjs->on_frame(frame.view(), events_.now());
    // Of a connection that the server has closed, what is read now may be old.
    if (who.yjs->synced() && !was_synced && link->server_open) check_synced(who, link->node);
    after_client(client);
  }
  if (link != nullptr && link->closing) finish_close(connection);
}

void World::on_set_reading(std::size_t node, ConnectionId connection, bool reading) {
  Link& link = links_.at(connection);
  note(node, "reading " + clients_[link.client].name + (reading ? " on" : " off"));
  link.may_slip_through = link.reading && !reading && random_.chance(50);
  link.reading = reading;
  if (!reading) return;
  for (std::size_t i = 0; i < link.inbound.size(); ++i) {
    events_.at(link.last_in, [this, connection] { deliver_in(connection); });
  }
}

void World::on_close(std::size_t node, ConnectionId connection, std::uint16_t code,
                     std::string_view reason) {
  Link& link = links_.at(connection);
  SYNCLINE_ASSERT(link.server_open);
  note(node, "close " + clients_[link.client].name + ' ' + std::to_string(code) + ' ' +
                 std::string(reason));
  link.server_open = false;
  link.closing = code;
  events_.after(milliseconds(1), [this, connection] { finish_close(connection); });
  events_.after(close_patience, [this, connection] { client_lost(connection, abnormal_closure); });
}

void World::finish_close(ConnectionId connection) {
  Link* link = link_of(connection);
  if (link == nullptr || !link->closing || !link->outbound.empty()) return;
  client_lost(connection, *link->closing);
}

void World::deliver_in(ConnectionId connection) {
  Link* link = link_of(connection);
  if (link == nullptr || !link->server_open || link->inbound.empty()) return;
  if (!link->reading && !std::exchange(link->may_slip_through, false)) return;
  const Bytes message = std::move(link->inbound.front());
  link->inbound.pop_front();
  input(link->node, [&](core::Shard& shard) { shard.on_message(connection, message); });
}

// Sockets, the client's end.

World::ClientIndex World::add_client(const std::string& name, const std::string& document,
                                     bool acks) {
  const crdt::ClientId id = clients_.size() + 1;
  names_[id] = name;
  clients_.push_back({.name = name,
                      .document = DocumentName::parse(document).value(),
                      .acks = acks,
                      .yjs = std::make_unique<YjsClient>(id),
                      .link = {}});
  tick(clients_.size() - 1);
  return clients_.size() - 1;
}

void World::tick(ClientIndex client) {
  clients_[client].yjs->on_timer(events_.now());
  after_client(client);
  events_.after(client_tick, [this, client] { tick(client); });
}

void World::connect(ClientIndex client, std::size_t node) {
  clients_[client].wants_connection = true;
  clients_[client].stopped = false;
  if (!clients_[client].link) open(client, node);
}

void World::open(ClientIndex client, std::size_t node) {
  if (!nodes_[node]->alive()) return open_somewhere(client);
  const ConnectionId connection{++last_connection_};
  links_.emplace(connection, Link{.client = client, .node = node});
  clients_[client].link = connection;
  const std::uint64_t life = nodes_[node]->life();
  events_.after(random_.between(microseconds(100), milliseconds(20)), [this, connection, life] {
    Link* link = link_of(connection);
    if (link == nullptr) return;
    if (!link->client_open) return static_cast<void>(links_.erase(connection));
    Node& at = *nodes_[link->node];
    if (!at.alive() || at.life() != life) return client_lost(connection, abnormal_closure);
    link->server_open = true;
    Client& who = clients_[link->client];
    who.yjs->on_open(events_.now());
    after_client(link->client);
    input(link->node, [&](core::Shard& shard) {
      shard.on_connect(connection, {.document = who.document.text(), .acks = who.acks});
    });
  });
}

void World::open_somewhere(ClientIndex client) {
  Client& who = clients_[client];
  const Duration delay = std::min<Duration>(reconnect_delay_min * (1 << std::min(who.attempts, 5u)),
                                            reconnect_delay_max);
  ++who.attempts;
  events_.after(delay, [this, client] {
    const Client& again = clients_[client];
    if (!again.wants_connection || again.stopped || again.link) return;
    open(client, random_.below(nodes_.size()));
  });
}

void World::client_lost(ConnectionId connection, std::uint16_t code) {
  Link* link = link_of(connection);
  if (link == nullptr) return;
  const ClientIndex client = link->client;
  const bool was_open = link->client_open;
  links_.erase(connection);
  if (!was_open) return;
  Client& who = clients_[client];
  who.link.reset();
  who.last_close = code;
  if (code >= 4400 && code <= 4499 && !healed_) who.stopped = true;
  who.yjs->on_close(events_.now());
  after_client(client);
  if (who.wants_connection && !who.stopped) open_somewhere(client);
}

void World::disconnect(ClientIndex client) {
  Client& who = clients_[client];
  who.wants_connection = false;
  if (!who.link) return;
  const ConnectionId connection = *who.link;
  Link& link = links_.at(connection);
  who.link.reset();
  who.yjs->on_close(events_.now());
  link.client_open = false;
  // The socket's last messages arrive before its end, or never.
  if (random_.chance(50)) link.inbound.clear();
  const Instant end =
      std::max(events_.now() + random_.between(microseconds(10), milliseconds(20)), link.last_in);
  events_.at(end, [this, connection] {
    Link* ended = link_of(connection);
    if (ended == nullptr) return;
    const bool tell = ended->server_open;
    const std::size_t node = ended->node;
    links_.erase(connection);
    if (tell) input(node, [&](core::Shard& shard) { shard.on_disconnect(connection); });
  });
}

void World::after_client(ClientIndex client) {
  Client& who = clients_[client];
  std::vector<Bytes> frames = who.yjs->take_outbox();
  for (Bytes& frame : frames) send_raw(client, std::move(frame));
  for (const std::string& problem : who.yjs->take_problems()) {
    violate(who.name + " was sent " + problem);
  }
  check_saved(who, who.yjs->take_saved());
}

void World::send_raw(ClientIndex client, Bytes frame) {
  Client& who = clients_[client];
  if (!who.link) return;
  Link& link = links_.at(*who.link);
  link.inbound.push_back(std::move(frame));
  link.last_in =
      std::max(link.last_in, events_.now() + random_.between(microseconds(100), milliseconds(10)));
  events_.at(link.last_in, [this, connection = *who.link] { deliver_in(connection); });
}

void World::stall(ClientIndex client, bool stalled) {
  Client& who = clients_[client];
  who.stalled = stalled;
  if (stalled || !who.link) return;
  const ConnectionId connection = *who.link;
  for (std::size_t i = 0; i < links_.at(connection).outbound.size(); ++i) {
    events_.after(Duration::zero(), [this, connection] { deliver_out(connection); });
  }
}

void World::insert(ClientIndex client, std::size_t position, const std::string& text) {
  clients_[client].yjs->edit([&](crdt::Doc& doc) {
    SYNCLINE_ASSERT(doc.text("t").insert(position, text).ok(), position);
  });
  after_client(client);
}

void World::erase(ClientIndex client, std::size_t position, std::size_t length) {
  clients_[client].yjs->edit([&](crdt::Doc& doc) {
    SYNCLINE_ASSERT(doc.text("t").remove(position, length).ok(), position, length);
  });
  after_client(client);
}

void World::set_state(ClientIndex client, const std::string& json) {
  clients_[client].yjs->set_state(json, events_.now());
  after_client(client);
}

}  // namespace syncline::world
