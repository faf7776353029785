#include "sim/cli/run_summary.h"

#include <gtest/gtest.h>

#include "sim/cli/exit_code.h"

namespace syncline::sim {
namespace {

TEST(RunSummary, IsReadAsItWasPrinted) {
  RunSummary summary;
  summary.ending = Ending::liveness;
  summary.checker = "presence";
  summary.what = "client-1 does not\tsee\nclient-2";
  summary.failed_at = seconds(3);
  summary.edits = 5;
  summary.events = UINT64_MAX;
  summary.virtual_time = seconds(400);
  summary.real_time = milliseconds(20);
  summary.hash = "0123";
  summary.documents_digest = 77;
  summary.faults[3] = {.armed = 4, .fired = 3, .observed = 2, .healed = 1};
  const std::string line = print_summary(summary);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = parse_summary(line);
  ASSERT_TRUE(read);
  EXPECT_EQ(print_summary(*read), line);
  EXPECT_EQ(read->what, "client-1 does not see client-2");
  EXPECT_EQ(read->faults[3].observed, 2u);
}

TEST(RunSummary, RefusesWhatIsNone) {
  const std::string line = print_summary({});
  EXPECT_FALSE(parse_summary(""));
  EXPECT_FALSE(parse_summary("hello"));
  EXPECT_FALSE(parse_summary(line.substr(0, line.size() - 2)));
  EXPECT_FALSE(parse_summary(line + "\t1"));
}

TEST(RunSummary, EveryEndingHasItsCode) {
  EXPECT_EQ(exit_code_of(Ending::passed), 0);
  EXPECT_EQ(exit_code_of(Ending::correctness), 1);
  EXPECT_EQ(exit_code_of(Ending::liveness), 3);
  EXPECT_EQ(exit_code_of(Ending::crash), 4);
  EXPECT_EQ(exit_code_of(Ending::vacuous), 5);
  EXPECT_EQ(exit_code_of(Ending::timeout), 6);
}

}  // namespace
}  // namespace syncline::sim
