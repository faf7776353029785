#pragma once

#include "faults/plan/plan.h"

namespace syncline::faults {

// How long a healthy cluster needs until what one fault destroyed has its copies again: nodes find
// Redis, append again what it forgot, and workers drain it.
inline constexpr Duration recovery_window = seconds(10);

// Whether the plan leaves of every acknowledged edit one copy that the system is obliged to use.
//
// With durability=buffer an acknowledged edit that is not yet in the log has copies in Redis, in
// the node that took it, and in its author's open document. Redis may forget what it acknowledged:
// that is what the node's copy is for. Nobody promises anything if Redis and the node lose theirs
// at the same time, and a plan that does it would find "bugs" that are none. So in a plan that is
// recoverable
//   a fault after which Redis has forgotten something (lose-tail, failover, flush; a crash of it
//   with the option everysec)
// and
//   a fault that destroys another copy (crash or restart of a node; a client that is closed for
//   good, or comes back without what it had)
// are at least a recovery window apart, counted from the end of the earlier one, and longer while
// other faults keep the cluster from recovering (Redis or PostgreSQL away or out of reach, nodes or
// workers standing still). When a fault waits for an event, it may happen at any time from its
// `after` on.
//
// With durability=commit every plan is recoverable: the log forgets nothing. The generator makes
// only recoverable plans; plans written by hand may ask for more.
bool is_recoverable(const FaultPlan& plan);

}  // namespace syncline::faults
