#include "faults/plan/option.h"

#include <algorithm>
#include <array>

#include "server/base/assert.h"

namespace syncline::faults {
namespace {

constexpr std::array<OptionInfo, option_count> options = {{
    {Option::big_pastes, "big-pastes", "now and then somebody pastes some tens of kilobytes"},
    {Option::coming_and_going, "coming-and-going", "clients leave by themselves and come back"},
    {Option::commit_without_buffer, "commit-without-buffer",
     "while the write buffer takes nothing, updates are committed to the log directly"},
    {Option::deletes, "deletes", "as much is deleted as is typed"},
    {Option::everysec, "everysec",
     "Redis syncs its file every second, so that a crash loses up to a second that it had "
     "acknowledged"},
    {Option::formats, "formats", "people format ranges of text, overlapping each other's"},
    {Option::hot_document, "hot-document", "nearly everybody is in the first document"},
    {Option::presence, "presence", "cursors move many times a second"},
    {Option::same_position, "same-position", "everybody types at the same place"},
    {Option::short_history, "short-history",
     "logs forget what is older than a few seconds, once snapshots hold it"},
    {Option::short_intervals, "short-intervals",
     "snapshots, eviction, folding and anti-entropy come every few seconds"},
    {Option::slow_links, "slow-links", "every message takes tens to hundreds of milliseconds"},
    {Option::slow_shards, "slow-shards", "what one shard hands to another takes a while"},
    {Option::surrogates, "surrogates", "the text is full of characters outside the basic plane"},
    {Option::tiny_limits, "tiny-limits",
     "rings, windows, pages and queues hold a few kilobytes, so that each of them overflows"},
    {Option::zero_client_latency, "zero-client-latency",
     "nothing lies between clients and the cluster: latency hides what goes wrong"},
}};

constexpr bool in_order() {
  for (std::size_t at = 0; at < options.size(); ++at) {
    if (static_cast<std::size_t>(options[at].option) != at) return false;
    if (at > 0 && options[at - 1].name >= options[at].name) return false;
  }
  return true;
}
static_assert(in_order(), "the registry is alphabetical, as the enum is");

}  // namespace

std::span<const OptionInfo> all_options() { return options; }

std::string_view name(Option option) {
  SYNCLINE_ASSERT(option < Option::count_, static_cast<int>(option));
  return options[static_cast<std::size_t>(option)].name;
}

std::optional<Option> parse_option(std::string_view name) {
  for (const OptionInfo& known : options) {
    if (known.name == name) return known.option;
  }
  return {};
}

bool has_option(const PlanCluster& cluster, Option option) {
  return std::find(cluster.options.begin(), cluster.options.end(), name(option)) !=
         cluster.options.end();
}

void add_option(PlanCluster& cluster, Option option) {
  const std::string_view added = name(option);
  const auto at = std::lower_bound(cluster.options.begin(), cluster.options.end(), added);
  if (at != cluster.options.end() && *at == added) return;
  cluster.options.insert(at, std::string(added));
}

}  // namespace syncline::faults
