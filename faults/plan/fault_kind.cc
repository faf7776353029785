#include "faults/plan/fault_kind.h"

#include <array>

#include "server/base/assert.h"

namespace syncline::faults {
namespace {

constexpr RoleSet any_link = {};
constexpr RoleSet processes = {Role::client, Role::gateway, Role::node,
                               Role::worker, Role::redis,   Role::postgres};
constexpr RoleSet servers = {Role::node, Role::worker};
constexpr RoleSet clocks = {Role::client, Role::node, Role::worker, Role::redis};
constexpr RoleSet disks = {Role::postgres, Role::store};
constexpr RoleSet postgres = {Role::postgres};
constexpr RoleSet redis = {Role::redis};
constexpr RoleSet clients = {Role::client};
constexpr RoleSet nodes = {Role::node};

constexpr std::array<FaultKindInfo, fault_kind_count> kinds = {{
    {FaultKind::cut, "cut", Hits::link, any_link, Parameter::none, true,
     "connections are reset and new ones refused"},
    {FaultKind::partition, "partition", Hits::link, any_link, Parameter::none, true,
     "nothing arrives, in neither direction, and nobody is told"},
    {FaultKind::one_way, "one-way", Hits::direction, any_link, Parameter::none, true,
     "nothing arrives in this direction, and nobody is told"},
    {FaultKind::delay, "delay", Hits::link, any_link, Parameter::amount, true,
     "every message takes so much longer"},
    {FaultKind::stall, "stall", Hits::link, any_link, Parameter::none, true,
     "bytes stop, and all arrive when it ends"},

    {FaultKind::crash, "crash", Hits::party, processes, Parameter::none, true,
     "killed, memory lost, and started again when it ends; a client is a tab that is closed for "
     "good and opened anew"},
    {FaultKind::restart, "restart", Hits::party, servers, Parameter::none, true,
     "asked to end, drains, and is started again when it ends"},
    {FaultKind::pause, "pause", Hits::party, processes, Parameter::none, true,
     "stopped and continued: memory stays, all clocks go on"},
    {FaultKind::suspend, "suspend", Hits::party, servers, Parameter::none, true,
     "its machine stands still: the monotonic clock too, and the wall clock jumps afterwards"},

    {FaultKind::skew, "skew", Hits::party, clocks, Parameter::signed_amount, true,
     "its wall clock is wrong by so much"},
    {FaultKind::drift, "drift", Hits::party, clocks, Parameter::ppm, true,
     "its clocks run so many millionths fast, or slow"},
    {FaultKind::freeze, "freeze", Hits::party, clocks, Parameter::none, true,
     "its wall clock stands still"},
    {FaultKind::strobe, "strobe", Hits::party, clocks, Parameter::amount, true,
     "its wall clock jumps to and fro by so much"},

    {FaultKind::disk_full, "disk-full", Hits::party, disks, Parameter::none, true,
     "writes are refused"},
    {FaultKind::slow_disk, "slow-disk", Hits::party, disks, Parameter::amount, true,
     "every operation takes so much longer"},
    {FaultKind::lost_answers, "lost-answers", Hits::party, postgres, Parameter::every, true,
     "every so-many-th write is done or not, and its answer is lost with the connection"},
    {FaultKind::serialization, "serialization", Hits::party, postgres, Parameter::every, true,
     "every so-many-th transaction fails and must be tried again"},
    {FaultKind::pool_exhausted, "pool-exhausted", Hits::party, postgres, Parameter::none, true,
     "no connection is free"},
    {FaultKind::torn_snapshot, "torn-snapshot", Hits::party, disks, Parameter::every, true,
     "every so-many-th snapshot is stored damaged"},

    {FaultKind::lose_tail, "lose-tail", Hits::party, redis, Parameter::amount, true,
     "crashes, and comes back without the last so-much of what it had acknowledged"},
    {FaultKind::failover, "failover", Hits::party, redis, Parameter::amount, true,
     "a replica that is so much behind takes over when it ends"},
    {FaultKind::flush, "flush", Hits::party, redis, Parameter::none, false, "is empty at once"},
    {FaultKind::drop_messages, "drop-messages", Hits::party, redis, Parameter::every, true,
     "every so-many-th published message does not arrive"},

    {FaultKind::slow_reader, "slow-reader", Hits::party, clients, Parameter::none, true,
     "takes nothing from its socket"},
    {FaultKind::reconnect_storm, "reconnect-storm", Hits::party, clients, Parameter::none, false,
     "loses its connection and comes back at once, without waiting"},
    {FaultKind::malformed, "malformed", Hits::party, clients, Parameter::none, false,
     "sends a frame that nobody can read"},
    {FaultKind::offline, "offline", Hits::party, clients, Parameter::none, true,
     "goes on typing without a connection"},
    {FaultKind::stale, "stale", Hits::party, clients, Parameter::none, true,
     "comes back, when it ends, with the state of when it began and under a new identity"},

    {FaultKind::rolling_restart, "rolling-restart", Hits::all_nodes, nodes, Parameter::none, true,
     "one node after the other drains, ends and is started again"},
}};

constexpr bool in_order() {
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    if (static_cast<std::size_t>(kinds[at].kind) != at) return false;
  }
  return true;
}
static_assert(in_order(), "the registry has a kind's entry at the kind's own number");

}  // namespace

std::span<const FaultKindInfo> all_fault_kinds() { return kinds; }

const FaultKindInfo& fault_kind_info(FaultKind kind) {
  SYNCLINE_ASSERT(kind < FaultKind::count_, static_cast<int>(kind));
  return kinds[static_cast<std::size_t>(kind)];
}

std::optional<FaultKind> parse_fault_kind(std::string_view name) {
  for (const FaultKindInfo& info : kinds) {
    if (info.name == name) return info.kind;
  }
  return {};
}

}  // namespace syncline::faults
