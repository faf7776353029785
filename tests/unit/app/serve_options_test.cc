#include "server/app/serve_options.h"

#include <set>

#include <gtest/gtest.h>

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
