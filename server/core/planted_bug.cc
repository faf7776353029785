#include "server/base/planted_bug.h"

namespace syncline {
namespace {

PlantedBug the_bug = PlantedBug::none;

}  // namespace

bool planted(PlantedBug bug) { return bug == the_bug; }

void plant(PlantedBug bug) { the_bug = bug; }

}  // namespace syncline
