#include "sim/node.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/base/assert.h"
#include "sim/history/text.h"

namespace syncline::sim {
namespace {

// How often a process that is told to end looks whether it may.
constexpr Duration drain_look = milliseconds(20);
// What is left of the drain's time to those who were closed at once in the end.
constexpr Duration last_words = seconds(3);
// Tells a node's own worker from its shards, and from workers.
constexpr std::uint64_t inner_worker_origin = std::uint64_t{1} << 33;

}  // namespace

Node::Node(const ShardSurroundings& surroundings, const NodeSetting& setting,
           std::optional<WorkerSetting> worker)
    : surroundings_(surroundings), setting_(setting), worker_(std::move(worker)) {}

Node::~Node() = default;

void Node::start() {
  SYNCLINE_ASSERT(!running());
  ++lives_;
  draining_ = false;
  Machine& machine = surroundings_.machine;
  machine.start();
  surroundings_.chronicle.tell(history::ProcessStarted{.party = party()});
  if (surroundings_.services.store != nullptr) {
    surroundings_.services.store->start(machine, party());
  }
  life_ = std::make_unique<Life>();
  for (std::uint32_t shard = 0; shard < setting_.shards; ++shard) {
    const std::string name =
        history::to_text(party()) + '/' + std::to_string(shard) + '#' + std::to_string(lives_);
    const std::uint64_t origin = std::uint64_t{party().number} << 16 | shard;
    life_->shards.push_back(std::make_unique<ShardActor>(
        surroundings_, setting_, name, origin, [this](LinkId link) { life_->places.erase(link); }));
  }
  if (worker_) {
    life_->worker = std::make_unique<WorkerActor>(
        WorkerSurroundings{.machine = machine,
                           .chronicle = surroundings_.chronicle,
                           .services = surroundings_.services,
                           .seed = surroundings_.seed},
        *worker_, history::to_text(party()) + "/worker#" + std::to_string(lives_),
        inner_worker_origin | party().number);
  }
  surroundings_.network.listen(party(), this);
}

void Node::crash() {
  SYNCLINE_ASSERT(running());
  surroundings_.chronicle.tell(history::ProcessEnded{.party = party(), .crashed = true});
  end();
}

void Node::end() {
  // First nothing reaches the process any more, then its memory goes.
  surroundings_.machine.die();
  if (surroundings_.services.store != nullptr) surroundings_.services.store->crash();
  life_.reset();
  draining_ = false;
  ended_ = nullptr;
}

void Node::drain(std::function<void()> ended) {
  SYNCLINE_ASSERT(running());
  if (draining_) return;
  draining_ = true;
  ended_ = std::move(ended);
  for (const auto& shard : life_->shards) shard->drain();
  Machine& machine = surroundings_.machine;
  machine.after(setting_.drain_timeout, [this] {
    for (const auto& shard : life_->shards) shard->drain_expired();
  });
  machine.after(setting_.drain_timeout + last_words, [this] { finish(); });
  machine.after(drain_look, [this] { watch_drain(); });
}

void Node::watch_drain() {
  const auto& shards = life_->shards;
  if (std::all_of(shards.begin(), shards.end(), [](const auto& s) { return s->drained(); })) {
    return finish();
  }
  surroundings_.machine.after(drain_look, [this] { watch_drain(); });
}

void Node::finish() {
  surroundings_.chronicle.tell(history::ProcessEnded{.party = party(), .crashed = false});
  const std::function<void()> ended = std::exchange(ended_, nullptr);
  end();
  ended();
}

LinkEvents* Node::on_link_arrives(LinkId, Party) { return this; }

void Node::on_upgrade(LinkId link, const UpgradeRequest& request, WebSocketEnd& from) {
  const std::size_t shard = stable_hash(request.document) % life_->shards.size();
  ShardActor& actor = *life_->shards[shard];
  const ConnectionId connection{++life_->last_connection};
  life_->places.emplace(link, Life::Place{.shard = &actor, .connection = connection});
  send_web_socket(surroundings_.network, link, Side::accepter, from,
                  {.step = WebSocketStep::upgraded});
  surroundings_.arrivals.on_node_reached(request.client, request.attempt, party());
  actor.open(connection, link, from, request);
}

void Node::on_web_socket(LinkId link, const WebSocketMessage& message) {
  const auto place = life_->places.find(link);
  if (place == life_->places.end()) return;
  if (message.step == WebSocketStep::frame) {
    return place->second.shard->on_frame(place->second.connection, message.frame);
  }
  // A close frame: answered by closing.
  on_link_end(link, LinkEnd::closed);
  surroundings_.network.close(link, Side::accepter);
}

void Node::on_link_end(LinkId link, LinkEnd) {
  const auto place = life_->places.find(link);
  if (place == life_->places.end()) return;
  place->second.shard->on_lost(place->second.connection);
  life_->places.erase(place);
}

void Node::on_link_writable(LinkId link) {
  const auto place = life_->places.find(link);
  if (place != life_->places.end()) {
    place->second.shard->on_writable(place->second.connection);
  }
}

// Observers.

std::size_t Node::connection_count() const {
  std::size_t count = 0;
  for (const auto& shard : life_->shards) count += shard->shard().connection_count();
  return count;
}

std::size_t Node::room_count() const {
  std::size_t count = 0;
  for (const auto& shard : life_->shards) count += shard->shard().room_count();
  return count;
}

std::int64_t Node::level(ports::Gauge gauge) const {
  std::int64_t level = 0;
  for (const auto& shard : life_->shards) level += shard->metrics().level(gauge);
  return level;
}

std::uint64_t Node::count(ports::Counter counter) const {
  std::uint64_t count = 0;
  for (const auto& shard : life_->shards) count += shard->metrics().count(counter);
  return count;
}

history::MemorySeen Node::memory() const {
  history::MemorySeen seen{.party = party(),
                           .ring_bytes = 0,
                           .unlogged_bytes = 0,
                           .pending_bytes = 0,
                           .send_queue_bytes_max = 0,
                           .document_bytes = 0};
  for (const auto& shard : life_->shards) {
    seen.ring_bytes += shard->metrics().bytes(ports::Gauge::ring_bytes);
    seen.unlogged_bytes += shard->metrics().bytes(ports::Gauge::unlogged_bytes);
    seen.document_bytes += shard->metrics().bytes(ports::Gauge::document_memory_bytes);
    seen.send_queue_bytes_max = std::max(seen.send_queue_bytes_max, shard->queued_bytes_max());
  }
  return seen;
}

}  // namespace syncline::sim
