#include "sim/world.h"

#include <algorithm>

#include "faults/plan/option.h"
#include "faults/plan/probe.h"
#include "server/base/assert.h"
#include "server/core/checksum.h"
#include "server/crdt/update.h"
#include "sim/history/text.h"
#include "sim/replica_image.h"
#include "sim/tuning.h"

namespace syncline::sim {
namespace {

using faults::has_option;
using faults::Option;
using history::PartyKind;

constexpr Party gateway_party{PartyKind::gateway, 1};
constexpr Party postgres_party{PartyKind::postgres, 1};
constexpr Party redis_party{PartyKind::redis, 1};
constexpr Party store_party{PartyKind::store, 1};

constexpr Duration arrival_max = seconds(2);
constexpr Duration memory_interval = seconds(1);

// Of a hundred clients, how many ask for acknowledgements, and how many of a hot document's run
// open that.
constexpr unsigned acks_percent = 70;
constexpr unsigned hot_percent = 80;

// How wrong machines are by themselves: servers by an ordinary crystal and a time server, clients
// by whatever their users did.
MachineClock::Setting draw_clock(RandomStream random, bool careless) {
  MachineClock::Setting setting;
  setting.monotonic = {random.between(seconds(1), std::chrono::hours(24 * 40))};
  const auto ppm = static_cast<std::int64_t>(random.below(101));
  setting.ppm = ppm - 50;
  const Duration wrong = random.log_between(
      milliseconds(1), careless ? Duration(std::chrono::hours(24 * 365)) : Duration(seconds(1)));
  setting.wall = duration_cast<milliseconds>(random.chance(50) ? wrong : -wrong);
  return setting;
}

}  // namespace

World::World(const faults::FaultPlan& plan, const WorldOptions& options,
             const std::vector<history::EventSink*>& sinks, ProblemSink problem)
    : plan_(plan),
      options_(options),
      problem_(std::move(problem)),
      sinks_(sinks),
      scheduler_(RandomStream(plan.seed, "world", "ties").next()),
      tap_(scheduler_.trace()),
      chronicle_(scheduler_, *this),
      network_(scheduler_, plan.seed, network_setting(plan.cluster), this) {
  for (std::uint32_t number = 0; number < plan.cluster.documents; ++number) {
    auto name = DocumentName::parse("document-" + std::to_string(number));
    SYNCLINE_ASSERT(name.ok());
    names_.push_back(*name);
    documents_.number_of(*name);
  }
  add_services();
  add_nodes();
  add_clients();
}

World::~World() {
  sinks_.clear();
  // Nothing reaches a process any more when its memory goes.
  for (auto& [party, machine] : machines_) {
    if (machine->running()) machine->die();
  }
}

Machine& World::add_machine(Party party, bool careless) {
  const RandomStream random(plan_.seed, history::to_text(party), "clock");
  auto machine =
      std::make_unique<Machine>(party, scheduler_, network_, draw_clock(random, careless));
  machine->on_missed([this, party] {
    observe(party, {faults::FaultKind::pause, faults::FaultKind::suspend});
  });
  machine->clock().on_wrong_time([this, party] {
    observe(party, {faults::FaultKind::skew, faults::FaultKind::drift, faults::FaultKind::freeze,
                    faults::FaultKind::strobe});
  });
  // Redis's own leases go by its time of day.
  if (options_.true_wall_clocks && party != redis_party) machine->clock().keep_wall_true();
  return *machines_.emplace(party, std::move(machine)).first->second;
}

void World::add_services() {
  const faults::PlanCluster& cluster = plan_.cluster;
  ServiceReports& reports = *this;
  services_.emplace(Services{.network = network_, .documents = documents_, .reports = reports});
  if (cluster.embedded) {
    store_ = std::make_unique<EmbeddedStore>(store_party, plan_.seed, chronicle_, reports);
    services_->store = store_.get();
    if (forgets(cluster)) store_->date_entries();
    return;
  }
  add_machine(postgres_party, false);
  add_machine(redis_party, false);
  postgres_ = std::make_unique<Postgres>(postgres_party, plan_.seed, network_, chronicle_, reports);
  redis_ = std::make_unique<Redis>(redis_party, plan_.seed, redis_setting(cluster), network_,
                                   chronicle_, reports);
  if (forgets(cluster)) postgres_->date_entries();
  services_->postgres = postgres_.get();
  services_->redis = redis_.get();
  services_->buffer = cluster.durability == faults::Durability::buffer;
}

void World::add_nodes() {
  const faults::PlanCluster& cluster = plan_.cluster;
  std::vector<Gateway::Upstream> upstreams;
  std::optional<WorkerSetting> inner_worker;
  if (forgets(cluster) && !services_->buffer) inner_worker = worker_setting(cluster);
  for (std::uint32_t number = 1; number <= cluster.nodes; ++number) {
    Machine& machine = add_machine({PartyKind::node, number}, false);
    nodes_.push_back(std::make_unique<Node>(ShardSurroundings{.machine = machine,
                                                              .network = network_,
                                                              .chronicle = chronicle_,
                                                              .services = *services_,
                                                              .arrivals = *this,
                                                              .seed = plan_.seed},
                                            node_setting(cluster), inner_worker));
    upstreams.push_back({.party = machine.party(), .server = nodes_.back().get()});
  }
  if (cluster.gateway) {
    gateway_ = std::make_unique<Gateway>(add_machine(gateway_party, false), network_, chronicle_,
                                         upstreams);
  }
  if (!services_->buffer) return;
  for (std::uint32_t number = 1; number <= cluster.workers; ++number) {
    workers_.push_back(std::make_unique<Worker>(
        WorkerSurroundings{.machine = add_machine({PartyKind::worker, number}, false),
                           .chronicle = chronicle_,
                           .services = *services_,
                           .seed = plan_.seed},
        worker_setting(cluster)));
  }
}

void World::add_clients() {
  const faults::PlanCluster& cluster = plan_.cluster;
  std::vector<Party> servers;
  if (gateway_) {
    servers.push_back(gateway_party);
  } else {
    for (const auto& node : nodes_) servers.push_back(node->party());
  }
  for (std::uint32_t number = 1; number <= cluster.clients; ++number) {
    RandomStream random(plan_.seed, history::to_text({PartyKind::client, number}), "setting");
    const bool acks = random.chance(acks_percent);
    const bool hot = random.chance(hot_percent) && has_option(cluster, Option::hot_document);
    add_client({.document = names_[hot ? 0 : (number - 1) % names_.size()],
                .acks = acks,
                .typing = TypingStyle::of(cluster),
                .presence = has_option(cluster, Option::presence),
                .comes_and_goes = has_option(cluster, Option::coming_and_going),
                .edits_max = cluster.edits,
                .servers = servers});
  }
}

Client& World::add_client(ClientSetting setting) {
  const auto number = static_cast<std::uint32_t>(clients_.size() + 1);
  Machine& machine = add_machine({PartyKind::client, number}, true);
  clients_.push_back(std::make_unique<Client>(
      ClientSurroundings{.machine = machine,
                         .network = network_,
                         .chronicle = chronicle_,
                         .documents = documents_,
                         .server = [this](Party at) -> WebServer& { return server(at); },
                         .problem =
                             [this](Party client, const std::string& what) {
                               problem_(history::to_text(client) + " was sent " + what);
                             },
                         .probe = [this](std::string_view probe) { on_probe(probe); },
                         .seed = plan_.seed},
      std::move(setting)));
  return *clients_.back();
}

WebServer& World::server(Party party) {
  if (party.kind == PartyKind::gateway) return *gateway_;
  return *nodes_[party.number - 1];
}

// The course of a run.

void World::start() {
  if (postgres_) start_process(postgres_party);
  if (redis_) start_process(redis_party);
  for (const auto& node : nodes_) start_process(node->party());
  for (const auto& worker : workers_) start_process(worker->party());
  if (gateway_) start_process(gateway_party);
  for (const auto& client : clients_) {
    Machine& machine = this->machine(client->party());
    machine.start();
    RandomStream random(plan_.seed, history::to_text(client->party()), "arrival");
    machine.after(random.between(Duration::zero(), arrival_max),
                  [&client = *client] { client.open(); });
  }
  look_at_memory();
}

void World::start_typing() {
  for (const auto& client : clients_) client->start_typing();
}

void World::stop_typing() {
  for (const auto& client : clients_) client->stop_typing();
}

void World::open_late_clients() {
  for (const DocumentName& document : names_) {
    for (const auto& node : nodes_) {
      ClientSetting setting{.document = document, .typing = {}, .servers = {node->party()}};
      Client& client = add_client(std::move(setting));
      machine(client.party()).start();
      client.open();
    }
  }
}

void World::close_clients() {
  for (const auto& client : clients_) client->close();
}

std::uint64_t World::edits() const {
  std::uint64_t edits = 0;
  for (const auto& client : clients_) edits += client->edits();
  return edits;
}

// Looks.

void World::look_at_memory() {
  for (const auto& node : nodes_) {
    if (node->running()) tell(node->memory());
  }
  scheduler_.after(memory_interval, [this] { look_at_memory(); });
}

void World::tell_clients() {
  for (const auto& client : clients_) {
    if (client->is_open()) client->tell_final();
  }
}

const LogTables& World::tables() const { return store_ ? store_->tables() : postgres_->tables(); }

void World::tell_cold_reads(bool at_end) {
  for (std::uint64_t number = 0; number < documents_.count(); ++number) {
    read_cold(DocumentNumber{number}, at_end);
  }
}

// By nobody's cache: the log from its beginning, or, where it has forgotten that, what is left if
// the newest snapshot is damaged; and the newest snapshot that is whole, with the log after it.
void World::read_cold(DocumentNumber document, bool at_end) {
  const auto newest = newest_snapshot(document, Sequence{UINT64_MAX});
  std::optional<ports::Snapshot> second;
  if (newest && tables().forgotten(document) > Sequence{}) {
    second = newest_snapshot(document, newest->sequence);
  }
  const crdt::Doc whole = read_cold_from(document, second);
  const crdt::Doc shortened = read_cold_from(document, newest);
  const ReplicaImage from_log(whole);
  const ReplicaImage from_snapshot(shortened);
  tell(history::ColdRead{.document = document,
                         .from_log = from_log.state(),
                         .from_snapshot = from_snapshot.state(),
                         .at_end = at_end});
}

crdt::Doc World::read_cold_from(DocumentNumber document,
                                const std::optional<ports::Snapshot>& snapshot) const {
  crdt::Doc doc;
  Sequence after = tables().forgotten(document);
  if (snapshot) {
    after = std::max(after, snapshot->sequence);
    SYNCLINE_ASSERT(doc.apply_update(snapshot->state.view(), crdt::UpdateLimits::none()).ok());
  }
  for (const ports::LogRecord& record : tables().log(document)) {
    if (record.sequence <= after) continue;
    if (!doc.apply_update(record.update.view(), crdt::UpdateLimits::none()).ok()) {
      problem_("the log of " + history::to_text(document) + " cannot be read at " +
               std::to_string(record.sequence.value));
    }
  }
  return doc;
}

std::optional<ports::Snapshot> World::newest_snapshot(DocumentNumber document,
                                                      Sequence before) const {
  while (true) {
    auto snapshot = tables().read_snapshot(document, before);
    if (!snapshot || core::checksum(snapshot->state.view()) == snapshot->checksum) return snapshot;
    before = snapshot->sequence;
  }
}

void World::tell_left_behind() {
  std::size_t subscriptions = redis_ ? redis_->subscription_count() : 0;
  for (const auto& node : nodes_) {
    if (!node->running()) continue;
    std::int64_t bytes = 0;
    for (const ports::Gauge gauge :
         {ports::Gauge::document_memory_bytes, ports::Gauge::unlogged_bytes,
          ports::Gauge::undrained_bytes, ports::Gauge::ring_bytes}) {
      bytes += node->level(gauge);
    }
    SYNCLINE_ASSERT(bytes >= 0, bytes);
    // Redis does not tell whose they are.
    tell(history::LeftBehind{.party = node->party(),
                             .rooms = node->room_count(),
                             .connections = node->connection_count(),
                             .subscriptions = std::exchange(subscriptions, 0),
                             .bytes = static_cast<std::uint64_t>(bytes)});
  }
}

// What is told.

void World::on_event(const history::Event& event) {
  Trace& trace = scheduler_.trace();
  const std::size_t kind = event.content.index();
  if (const auto* frame = std::get_if<history::FrameSent>(&event.content)) {
    trace.note_bytes("frame", frame->frame);
  } else if (const auto* edited = std::get_if<history::ClientEdited>(&event.content)) {
    trace.note_bytes("edit", edited->update);
  } else if (const auto* appended = std::get_if<history::LogAppended>(&event.content)) {
    trace.note_bytes("log", appended->update);
  } else if (const auto* seen = std::get_if<history::ReplicaSeen>(&event.content)) {
    trace.note_bytes("replica", seen->state.encoded);
  } else {
    trace.note("history", kind);
  }
  for (history::EventSink* sink : sinks_) sink->on_event(event);
}

void World::on_message_sent(std::uint64_t message, Party from, Party to, std::string_view what) {
  if (!options_.tells_messages) return;
  tell(history::MessageSent{.message = message, .from = from, .to = to, .what = what});
}

void World::on_message_received(std::uint64_t message) {
  if (options_.tells_messages) tell(history::MessageReceived{.message = message});
}

void World::on_message_lost(std::uint64_t message) {
  if (options_.tells_messages) tell(history::MessageLost{.message = message});
}

void World::on_node_reached(Party client, std::uint64_t attempt, Party node) {
  machine(node).wall_now();  // Its access log has the time of day.
  clients_[client.number - 1]->on_node_reached(attempt, node);
}

}  // namespace syncline::sim
