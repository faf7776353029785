// Carrying out faults: each kind on each party, and what of them was noticed.

#include <algorithm>
#include <utility>

#include "faults/plan/party_name.h"
#include "faults/plan/probe.h"
#include "server/base/assert.h"
#include "sim/world.h"

namespace syncline::sim {
namespace {

using faults::Fault;
using faults::FaultKind;
using history::PartyKind;

constexpr Party nobody{PartyKind::cold_reader, 0};

// How often a strobing clock jumps.
constexpr Duration strobe_period = milliseconds(400);

PartyKind kind_of(faults::Role role) {
  switch (role) {
    case faults::Role::client:
      return PartyKind::client;
    case faults::Role::gateway:
      return PartyKind::gateway;
    case faults::Role::node:
      return PartyKind::node;
    case faults::Role::worker:
      return PartyKind::worker;
    case faults::Role::redis:
      return PartyKind::redis;
    case faults::Role::postgres:
      return PartyKind::postgres;
    case faults::Role::store:
      return PartyKind::store;
  }
  return PartyKind::cold_reader;
}

Party party_of(const std::string& name) {
  if (name.empty()) return nobody;
  const auto party = faults::parse_party(name);
  SYNCLINE_ASSERT(party && !party->is_group(), name);
  return {kind_of(party->role), party->number};
}

// Keeps the process from running while it lasts.
bool holds_down(FaultKind kind) {
  return kind == FaultKind::crash || kind == FaultKind::restart || kind == FaultKind::lose_tail ||
         kind == FaultKind::failover;
}

}  // namespace

bool World::begin(const Fault& fault) {
  const Active active{.kind = fault.kind,
                      .target = party_of(fault.target),
                      .other = party_of(fault.other),
                      .fault = fault.id,
                      .wire = 0};
  // A fault that lasts on the same already: twice is not more, and its end would end both.
  for (const Active& other : active_) {
    if (other.kind == active.kind && other.target == active.target && other.other == active.other) {
      return false;
    }
  }
  // First: it may be noticed at once.
  active_.push_back(active);
  if (carry_out(fault, active_.back())) return true;
  std::erase_if(active_, [&](const Active& other) {
    return other.kind == active.kind && other.target == active.target &&
           other.other == active.other;
  });
  return false;
}

bool World::carry_out(const Fault& fault, Active& active) {
  switch (fault.kind) {
    case FaultKind::cut:
    case FaultKind::partition:
    case FaultKind::one_way:
    case FaultKind::delay:
    case FaultKind::stall:
      begin_wire_fault(fault, active);
      return true;
    case FaultKind::crash:
    case FaultKind::restart:
    case FaultKind::pause:
    case FaultKind::suspend:
      return begin_process_fault(fault, active.target);
    case FaultKind::skew:
    case FaultKind::drift:
    case FaultKind::freeze:
    case FaultKind::strobe:
      begin_clock_fault(fault, active.target);
      return true;
    case FaultKind::disk_full:
    case FaultKind::slow_disk:
    case FaultKind::lost_answers:
    case FaultKind::serialization:
    case FaultKind::pool_exhausted:
    case FaultKind::torn_snapshot:
      set_store_fault(fault.kind, fault.amount, fault.every, true);
      return true;
    case FaultKind::lose_tail:
    case FaultKind::failover:
    case FaultKind::flush:
    case FaultKind::drop_messages:
      return begin_redis_fault(fault);
    case FaultKind::slow_reader:
    case FaultKind::reconnect_storm:
    case FaultKind::malformed:
    case FaultKind::offline:
    case FaultKind::stale:
      return begin_client_fault(fault, *clients_[active.target.number - 1]);
    case FaultKind::rolling_restart:
    case FaultKind::count_:
      break;
  }
  SYNCLINE_ASSERT(false, static_cast<int>(fault.kind));
  return false;
}

void World::begin_wire_fault(const Fault& fault, Active& active) {
  WireFault wire{.id = ++wires_made_,
                 .kind = WireFault::Kind::partition,
                 .from = {active.target},
                 .to = {active.other},
                 .both_ways = fault.kind != FaultKind::one_way,
                 .delay = fault.amount};
  if (fault.kind == FaultKind::cut) wire.kind = WireFault::Kind::cut;
  if (fault.kind == FaultKind::delay) wire.kind = WireFault::Kind::delay;
  if (fault.kind == FaultKind::stall) wire.kind = WireFault::Kind::stall;
  active.wire = wire.id;
  network_.begin_fault(std::move(wire));
}

bool World::begin_process_fault(const Fault& fault, Party target) {
  if (!is_running(target)) return false;
  if (fault.kind == FaultKind::pause) {
    machine(target).pause(true);
  } else if (fault.kind == FaultKind::suspend) {
    machine(target).suspend(true);
  } else {
    if (network_.has_links(target) || target.kind == PartyKind::client) report_observed(fault.id);
    if (fault.kind == FaultKind::restart) return drain_process(target);
    kill_process(target);
  }
  return true;
}

void World::begin_clock_fault(const Fault& fault, Party target) {
  MachineClock& clock = machine(target).clock();
  const auto amount = duration_cast<milliseconds>(fault.amount);
  if (fault.kind == FaultKind::skew) clock.skew_wall(amount);
  if (fault.kind == FaultKind::drift) clock.set_drift(fault.ppm);
  if (fault.kind == FaultKind::freeze) clock.freeze_wall(true);
  if (fault.kind == FaultKind::strobe) clock.strobe_wall(amount, strobe_period);
}

bool World::begin_redis_fault(const Fault& fault) {
  const Party redis{PartyKind::redis, 1};
  if (fault.kind == FaultKind::drop_messages) {
    redis_->drop_messages_every(fault.every);
    return true;
  }
  if (!redis_->running()) return false;
  if (fault.kind == FaultKind::flush) {
    redis_->flush();
    return true;
  }
  tell(history::ProcessEnded{.party = redis, .crashed = true});
  machine(redis).die();
  if (fault.kind == FaultKind::lose_tail) {
    redis_->lose_tail(fault.amount);
  } else {
    redis_->failover(fault.amount);
  }
  return true;
}

bool World::begin_client_fault(const Fault& fault, Client& client) {
  if (!client.is_open()) return false;
  switch (fault.kind) {
    case FaultKind::slow_reader:
      client.set_slow_reader(true);
      return true;
    case FaultKind::reconnect_storm:
      if (!client.connected()) return false;
      client.reconnect_now();
      break;
    case FaultKind::malformed:
      if (!client.connected()) return false;
      client.send_malformed();
      break;
    case FaultKind::offline:
      if (!client.connected()) return false;
      client.set_offline(true);
      break;
    default:
      client.remember();
      break;
  }
  report_observed(fault.id);
  return true;
}

void World::set_store_fault(FaultKind kind, Duration amount, std::uint32_t every, bool on) {
  const Duration slower = on ? amount : Duration::zero();
  const std::uint32_t each = on ? every : 0;
  if (store_) {
    if (kind == FaultKind::disk_full) store_->set_disk_full(on);
    if (kind == FaultKind::slow_disk) store_->slow(slower);
    if (kind == FaultKind::torn_snapshot) store_->tear_snapshots_every(each);
    return;
  }
  if (kind == FaultKind::disk_full) postgres_->set_disk_full(on);
  if (kind == FaultKind::slow_disk) postgres_->slow(slower);
  if (kind == FaultKind::lost_answers) postgres_->lose_answers_every(each);
  if (kind == FaultKind::serialization) postgres_->serialization_every(each);
  if (kind == FaultKind::pool_exhausted) postgres_->exhaust_pool(on);
  if (kind == FaultKind::torn_snapshot) postgres_->tear_snapshots_every(each);
}

void World::end(const Fault& fault) {
  const Party target = party_of(fault.target);
  const Party other = party_of(fault.other);
  const auto found = std::find_if(active_.begin(), active_.end(), [&](const Active& active) {
    return active.fault == fault.id && active.kind == fault.kind && active.target == target &&
           active.other == other;
  });
  SYNCLINE_ASSERT(found != active_.end(), fault.id);
  const Active active = *found;
  active_.erase(found);
  if (active.wire != 0) return network_.end_fault(active.wire);
  end_fault(active, fault);
}

void World::end_fault(const Active& active, const Fault& fault) {
  const Party target = active.target;
  switch (active.kind) {
    case FaultKind::crash:
    case FaultKind::restart:
    case FaultKind::lose_tail:
    case FaultKind::failover:
      if (is_held_down(target)) return;
      if (active.kind == FaultKind::restart && is_running(target)) kill_process(target);
      return start_process(target);
    case FaultKind::pause:
      return machine(target).pause(false);
    case FaultKind::suspend:
      return machine(target).suspend(false);
    case FaultKind::skew:
      return machine(target).clock().skew_wall(-duration_cast<milliseconds>(fault.amount));
    case FaultKind::drift:
      return machine(target).clock().set_drift(0);
    case FaultKind::freeze:
      return machine(target).clock().freeze_wall(false);
    case FaultKind::strobe:
      return machine(target).clock().strobe_wall({}, {});
    case FaultKind::drop_messages:
      return redis_->drop_messages_every(0);
    case FaultKind::slow_reader:
      return clients_[target.number - 1]->set_slow_reader(false);
    case FaultKind::offline:
      return clients_[target.number - 1]->set_offline(false);
    case FaultKind::stale:
      return clients_[target.number - 1]->come_back_stale();
    case FaultKind::flush:
    case FaultKind::reconnect_storm:
    case FaultKind::malformed:
      return;
    default:
      return set_store_fault(active.kind, {}, 0, false);
  }
}

void World::heal() {
  SYNCLINE_ASSERT(active_.empty(), active_.size());
  for (auto& [party, machine] : machines_) {
    if (party.kind != PartyKind::client && !is_running(party)) start_process(party);
  }
  for (const auto& client : clients_) client->reload_if_stopped();
}

// Processes.

bool World::is_running(Party party) const { return machines_.at(party)->running(); }

bool World::is_held_down(Party party) const {
  return std::any_of(active_.begin(), active_.end(), [&](const Active& active) {
    return active.target == party && holds_down(active.kind);
  });
}

void World::start_process(Party party) {
  if (is_running(party)) return;
  switch (party.kind) {
    case PartyKind::node:
      nodes_[party.number - 1]->start();
      return on_probe(faults::probe::node_starts);
    case PartyKind::worker:
      return workers_[party.number - 1]->start();
    case PartyKind::gateway:
      return gateway_->start();
    case PartyKind::client:
      machine(party).start();
      return clients_[party.number - 1]->open();
    case PartyKind::postgres:
      machine(party).start();
      tell(history::ProcessStarted{.party = party});
      return postgres_->start(machine(party));
    case PartyKind::redis:
      machine(party).start();
      tell(history::ProcessStarted{.party = party});
      return redis_->start(machine(party));
    case PartyKind::store:
    case PartyKind::cold_reader:
      SYNCLINE_ASSERT(false);
  }
}

void World::kill_process(Party party) {
  switch (party.kind) {
    case PartyKind::node:
      nodes_[party.number - 1]->crash();
      break;
    case PartyKind::worker:
      workers_[party.number - 1]->crash();
      break;
    case PartyKind::gateway:
      return gateway_->crash();
    case PartyKind::client:
      machine(party).die();
      return clients_[party.number - 1]->crash();
    case PartyKind::postgres:
      tell(history::ProcessEnded{.party = party, .crashed = true});
      machine(party).die();
      postgres_->crash();
      break;
    case PartyKind::redis:
      tell(history::ProcessEnded{.party = party, .crashed = true});
      machine(party).die();
      redis_->crash();
      break;
    case PartyKind::store:
    case PartyKind::cold_reader:
      SYNCLINE_ASSERT(false);
  }
  // What a server took with it is not what somebody was told to be saved.
  tell_cold_reads(false);
}

bool World::drain_process(Party party) {
  if (party.kind == PartyKind::worker) {
    workers_[party.number - 1]->drain([] {});
    return true;
  }
  Node& node = *nodes_[party.number - 1];
  if (node.draining()) return false;
  on_probe(faults::probe::node_drains);
  node.drain([] {});
  return true;
}

// Reports.

void World::observe(Party party, std::initializer_list<FaultKind> kinds) {
  for (const Active& active : active_) {
    if (active.target != party) continue;
    if (std::find(kinds.begin(), kinds.end(), active.kind) != kinds.end()) {
      report_observed(active.fault);
    }
  }
}

void World::on_observed(Party service, FaultKind kind) { observe(service, {kind}); }

void World::on_message_held(Party receiver) {
  observe(receiver, {FaultKind::pause, FaultKind::suspend, FaultKind::slow_reader});
}

void World::on_fault_noticed(std::uint32_t wire) {
  for (const Active& active : active_) {
    if (active.wire == wire) report_observed(active.fault);
  }
}

// Never from within the call that made it so: the executor may be in the middle of one.
void World::report_observed(std::uint32_t fault) {
  observed_.push_back(fault);
  deliver_later();
}

void World::on_probe(std::string_view probe) {
  probes_.push_back(probe);
  deliver_later();
}

void World::deliver_later() {
  if (std::exchange(reports_scheduled_, true)) return;
  scheduler_.after(Duration::zero(), [this] {
    reports_scheduled_ = false;
    const std::vector<std::uint32_t> observed = std::exchange(observed_, {});
    const std::vector<std::string_view> probes = std::exchange(probes_, {});
    if (reports_ == nullptr) return;
    for (const std::uint32_t fault : observed) reports_->on_observed(fault);
    for (const std::string_view probe : probes) reports_->on_probe(probe);
  });
}

}  // namespace syncline::sim
