#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/party_name.h"
#include "faults/plan/probe.h"

namespace syncline::faults {
namespace {

TEST(fault_kind, every_kind_is_found_by_its_name) {
  std::set<std::string_view> names;
  for (const FaultKindInfo& info : all_fault_kinds()) {
    EXPECT_EQ(parse_fault_kind(info.name), info.kind);
    EXPECT_EQ(fault_kind_info(info.kind).name, info.name);
    EXPECT_FALSE(info.help.empty());
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_EQ(names.size(), fault_kind_count);
  EXPECT_FALSE(parse_fault_kind("earthquake").has_value());
}

TEST(probe, every_probe_is_found_by_its_name) {
  std::set<std::string_view> names;
  for (const ProbeInfo& info : all_probes()) {
    EXPECT_EQ(find_probe(info.name), &info);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_EQ(find_probe("append"), nullptr);
}

TEST(option, every_option_is_found_by_its_name) {
  for (const OptionInfo& info : all_options()) {
    EXPECT_EQ(parse_option(info.name), info.option);
    EXPECT_EQ(name(info.option), info.name);
  }
  EXPECT_FALSE(parse_option("turbo").has_value());
}

TEST(option, are_kept_in_alphabetical_order) {
  PlanCluster cluster;
  add_option(cluster, Option::tiny_limits);
  add_option(cluster, Option::deletes);
  add_option(cluster, Option::tiny_limits);
  EXPECT_EQ(cluster.options, (std::vector<std::string>{"deletes", "tiny-limits"}));
  EXPECT_TRUE(has_option(cluster, Option::deletes));
  EXPECT_FALSE(has_option(cluster, Option::everysec));
}

TEST(party_name, reads_what_it_prints) {
  for (const char* text : {"client-1", "clients", "gateway", "node-3", "nodes", "worker-12",
                           "workers", "redis", "postgres", "store"}) {
    const std::optional<PartyName> party = parse_party(text);
    ASSERT_TRUE(party.has_value()) << text;
    EXPECT_EQ(print_party(*party), text);
  }
}

TEST(party_name, refuses_other_names) {
  for (const char* text : {"", "node", "node-", "node-0", "node-01", "node-x", "node-1x", "redis-1",
                           "gateways", "server", "node-99999999999", "node--1"}) {
    EXPECT_FALSE(parse_party(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace syncline::faults
