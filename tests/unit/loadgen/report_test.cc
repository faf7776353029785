#include "loadgen/run/report.h"

#include <string>

#include <gtest/gtest.h>

namespace syncline::loadgen {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ReportTest : public testing::Test {
 protected:
  ReportTest() { options.targets.push_back({.text = "ws://a/ws", .host = "a", .path = "/ws"}); }

  RunOptions options;
  RunResult result;
};

TEST_F(ReportTest, TheVerdictComesLast) {
  result.verdict.documents = 1;
  const std::string text = text_report(options, result);
  EXPECT_TRUE(contains(text, "1 target, "));
  EXPECT_TRUE(contains(text, "\nconverged: yes (1 document, 20 clients, 0 copies"));
  EXPECT_TRUE(text.ends_with("\nacknowledged edits missing: 0 of 0\n"));
}

TEST_F(ReportTest, WhatWasFoundIsSaidInWords) {
  result.verdict.acknowledged_missing = 3;
  result.verdict.copies_differing = 1;
  result.verdict.note("d: something");
  result.troubles = {"client 5 was refused"};
  result.trouble_count = 7;
  EXPECT_FALSE(result.passed());
  const std::string text = text_report(options, result);
  EXPECT_TRUE(contains(text, "trouble: client 5 was refused\ntrouble: and 6 more\n"));
  EXPECT_TRUE(contains(text, "found: d: something\nconverged: NO "));
}

TEST_F(ReportTest, AGeneratorThatWasLateSaysSo) {
  for (int i = 0; i < 98; ++i) result.tally.lateness.record(milliseconds(1));
  result.tally.lateness.record(milliseconds(9));
  EXPECT_FALSE(result.kept_up());
  EXPECT_TRUE(contains(text_report(options, result), "WARNING: the generator could not keep up"));
  for (int i = 0; i < 100; ++i) result.tally.lateness.record(milliseconds(1));
  EXPECT_TRUE(result.kept_up());
  result.busiest_thread = 0.9;
  EXPECT_FALSE(result.kept_up());
}

TEST_F(ReportTest, JsonIsEscaped) {
  options.document_prefix = "a\"b\\c\n";
  EXPECT_TRUE(contains(json_report(options, result), R"("document_prefix": "a\"b\\c\u000a")"));
}

TEST_F(ReportTest, LatenciesAreInMicroseconds) {
  result.tally.acknowledged.record(milliseconds(2));
  const std::string json = json_report(options, result);
  EXPECT_TRUE(contains(json, R"("acknowledgement": {"count": 1, "min": 2000.0, "mean": 2000.0)"));
}

TEST_F(ReportTest, TheLogHasALineForEachAcknowledgedEdit) {
  result.acknowledged = {{7, 0, 3, false, "a b"}, {7, 2, 1, true, "a b"}};
  EXPECT_EQ(acknowledged_log(result), "insert\t7\t0\t3\ta b\ndelete\t7\t2\t1\ta b\n");
}

}  // namespace
}  // namespace syncline::loadgen
