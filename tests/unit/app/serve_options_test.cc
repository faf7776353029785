#include "server/app/serve_options.h"

#include <set>

#include <gtest/gtest.h>

#include "server/base/node_name.h"

namespace syncline::app {
namespace {

TEST(ServeOptions, EveryOptionIsNamedOnceAndExplained) {
  ServeOptions options = default_serve_options();
  std::set<std::string_view> names;
  for (const OptionGroup& group : serve_option_table(options)) {
    for (const Option& option : group.options) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name;
      EXPECT_FALSE(option.help.empty()) << option.name;
      EXPECT_EQ(option.placeholder.empty(), option.value.is_switch) << option.name;
    }
  }
}

TEST(ServeOptions, EveryDefaultIsAccepted) {
  ServeOptions options = default_serve_options();
  for (const OptionGroup& group : serve_option_table(options)) {
    for (const Option& option : group.options) {
      const std::string text = option.value.text();
      if (text.empty()) continue;
      const auto result = option.value.set(text);
      EXPECT_TRUE(result.ok()) << option.name << " " << text;
      EXPECT_EQ(option.value.text(), text) << option.name;
    }
  }
}

TEST(ServeOptions, ANodeAloneGoesAtOnceAndComparesNothing) {
  ServeOptions options = default_serve_options();
  ASSERT_TRUE(settle_serve_options(options).ok());
  EXPECT_EQ(options.drain_notice, Duration::zero());
  EXPECT_EQ(options.core.handoff_spread, Duration::zero());
  EXPECT_EQ(options.core.anti_entropy_interval, Duration::zero());
}

TEST(ServeOptions, ANodeAmongOthersComparesAndGoesSlowlyUnlessToldOtherwise) {
  ServeOptions options = default_serve_options();
  options.cluster.postgres = "postgresql://db/syncline";
  options.cluster.redis = "redis://cache";
  options.handoff_spread = seconds(1);
  ASSERT_TRUE(settle_serve_options(options).ok());
  EXPECT_EQ(options.drain_notice, seconds(3));
  EXPECT_EQ(options.core.handoff_spread, seconds(1));
  EXPECT_EQ(options.core.anti_entropy_interval, seconds(5));
}

TEST(ServeOptions, ANodeWithoutANameGetsOneThatNoOtherHas) {
  ServeOptions options = default_serve_options();
  ASSERT_TRUE(settle_serve_options(options).ok());
  EXPECT_TRUE(is_node_name(options.node_name)) << options.node_name;
  EXPECT_NE(unique_node_name(), unique_node_name());
  options.node_name = "web-1";
  ASSERT_TRUE(settle_serve_options(options).ok());
  EXPECT_EQ(options.node_name, "web-1");
}

TEST(ServeOptions, ANameHasNothingThatNeedsQuotes) {
  std::string name;
  OptionValue value = node_name_value(name);
  EXPECT_TRUE(value.set("Web_1.example-2").ok());
  EXPECT_EQ(value.text(), "Web_1.example-2");
  for (const auto* text : {"", "a/b", "a b", "ä", "a{b}"})
    EXPECT_FALSE(value.set(text).ok()) << text;
  EXPECT_TRUE(value.set(std::string(64, 'a')).ok());
  EXPECT_FALSE(value.set(std::string(65, 'a')).ok());
}

TEST(ServeOptions, WhatCannotWorkTogetherIsRefusedWithALine) {
  const auto refusal = [](const std::string& postgres, const std::string& redis,
                          const std::string& durability, bool with_worker) {
    ServeOptions options = default_serve_options();
    options.cluster.postgres = postgres;
    options.cluster.redis = redis;
    options.durability = durability;
    options.with_worker = with_worker;
    const auto settled = settle_serve_options(options);
    return settled.ok() ? "" : settled.error().detail;
  };
  const std::string db = "postgresql://db/syncline";
  const std::string cache = "redis://cache";
  EXPECT_EQ(refusal("", cache, "commit", false),
            "--redis: needs --postgres URL as well: nodes must share their documents");
  EXPECT_EQ(refusal(db, "", "buffer", false),
            "--durability buffer: needs --redis URL, where the write buffer is");
  EXPECT_EQ(refusal(db, cache, "commit", true),
            "--with-worker: there is nothing to do for it without --durability buffer");
  EXPECT_EQ(refusal(db, cache, "buffer", true), "");
}

TEST(ServeOptions, HistoryEndsWhereAWorkerRuns) {
  const auto options_for = [](const std::string& postgres, bool with_worker) {
    ServeOptions options = default_serve_options();
    options.cluster.postgres = postgres;
    options.with_worker = with_worker;
    options.worker.history_retention = std::chrono::hours(1);
    return options;
  };
  const std::string db = "postgresql://db/syncline";
  ServeOptions alone = options_for("", false);
  EXPECT_TRUE(settle_serve_options(alone).ok());
  EXPECT_TRUE(alone.runs_worker());
  ServeOptions inside = options_for(db, true);
  EXPECT_TRUE(settle_serve_options(inside).ok());
  EXPECT_TRUE(inside.runs_worker());
  ServeOptions nowhere = options_for(db, false);
  EXPECT_FALSE(settle_serve_options(nowhere).ok());
  alone.worker.history_retention = Duration::zero();
  EXPECT_FALSE(alone.runs_worker());
}

TEST(ServeOptions, ANodesLimitsAreSharedOut) {
  ServeOptions options;
  options.threads = 4;
  options.core.connections_max = 10;
  options.core.documents_max = 8;
  EXPECT_EQ(shard_config(options).connections_max, 3U);
  EXPECT_EQ(shard_config(options).documents_max, 2U);
}

}  // namespace
}  // namespace syncline::app
