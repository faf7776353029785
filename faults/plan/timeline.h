#pragma once

#include <map>
#include <string>
#include <vector>

#include "faults/plan/plan.h"

namespace syncline::faults {

// When whom a plan leaves in peace. A system under faults without a pause proves little: it never
// gets as far as the next interesting state. So after each fault of a party, of a link or of a
// clock it is left alone for a while, none of them is faulty for more than a third of the load, and
// what stops everybody at once (Redis, PostgreSQL, the gateway, all nodes, all clients) does so for
// no more than half of it in all.
class Timeline {
 public:
  Timeline(const PlanCluster& cluster, Duration healthy_min);

  // Takes the fault's time for all that it hits; false, and nothing is taken, if that leaves one of
  // them too little peace. A fault that waits for an event takes the time from its `after` on.
  bool reserve(const Fault& fault);

 private:
  struct Span {
    Duration begin;
    Duration end;
  };
  struct Claim {
    std::string whom;
    Span span;
    Duration most;  // Of the time of `whom`, in all.
  };

  std::vector<Claim> claims_of(const Fault& fault) const;
  bool has_room_for(const Claim& claim) const;

  PlanCluster cluster_;
  Duration healthy_min_;
  std::map<std::string, std::vector<Span>> taken_;
};

}  // namespace syncline::faults
