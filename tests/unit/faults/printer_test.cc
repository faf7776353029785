#include "faults/plan/printer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "faults/plan/parser.h"
#include "tests/unit/faults/random_plan.h"

namespace syncline::faults {
namespace {

TEST(printer, prints_one_screen) {
  FaultPlan plan{.seed = 4711};
  plan.cluster.durability = Durability::buffer;
  plan.cluster.options = {"deletes"};
  plan.faults = {
      {.id = 1,
       .kind = FaultKind::crash,
       .target = "node-1",
       .trigger = {seconds(10)},
       .duration = seconds(2)},
      {.id = 2,
       .kind = FaultKind::one_way,
       .target = "node-1",
       .other = "redis",
       .trigger = {seconds(5), "append-arrives", 22},
       .duration = milliseconds(1500)},
      {.id = 5,
       .kind = FaultKind::skew,
       .target = "node-3",
       .trigger = {Duration{0}, "trim"},
       .duration = seconds(10),
       .amount = seconds(40)},
  };
  EXPECT_EQ(print_plan(plan), R"(seed 4711
cluster nodes=3 shards=1 workers=2 durability=buffer clients=6 documents=2 load=30s options=deletes

at 10s crash node-1 for 2s
when 22nd append-arrives after 5s one-way node-1 > redis for 1.5s
5: when trim skew node-3 +40s for 10s
)");
}

TEST(printer, prints_ordinals) {
  EXPECT_EQ(print_ordinal(1), "1st");
  EXPECT_EQ(print_ordinal(2), "2nd");
  EXPECT_EQ(print_ordinal(3), "3rd");
  EXPECT_EQ(print_ordinal(11), "11th");
  EXPECT_EQ(print_ordinal(112), "112th");
  EXPECT_EQ(print_ordinal(121), "121st");
}

RC_GTEST_PROP(printer, what_is_printed_reads_back, ()) {
  const FaultPlan plan = *random_plan();
  const std::string text = print_plan(plan);
  const Result<FaultPlan> read = parse_plan(text);
  RC_LOG() << text << (read.ok() ? "" : read.error().detail);
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == plan);
}

}  // namespace
}  // namespace syncline::faults
