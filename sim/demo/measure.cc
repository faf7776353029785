#include "sim/demo/measure.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include "sim/demo/cache.h"
#include "sim/random_stream.h"

namespace syncline::demo {
namespace {

constexpr Duration never = Duration::max();

std::string text_of(Duration time) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.2f s", std::chrono::duration<double>(time).count());
  return text.data();
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// The node on which a client was while `from` to `until`, if it did not leave in between.
const Stay* stay_of(const Observations& seen, std::uint32_t client, Duration from, Duration until) {
  for (const Stay& stay : seen.stays) {
    if (stay.client == client && stay.from <= from && stay.until >= until) return &stay;
  }
  return nullptr;
}

// Presses that are not in the document in the end, of those that `counts` wants.
template <class Counts>
std::vector<PressNumber> gone(const Observations& seen, Counts counts) {
  std::vector<PressNumber> gone;
  for (PressNumber i = 0; i < seen.fates.size(); ++i) {
    if (counts(seen.fates[i]) && !seen.fates[i].remains) gone.push_back(i);
  }
  return gone;
}

template <class Counts>
std::size_t count_fates(const Observations& seen, Counts counts) {
  return static_cast<std::size_t>(std::count_if(seen.fates.begin(), seen.fates.end(), counts));
}

}  // namespace

Measurement measure_visibility(const Observations& seen) {
  std::map<std::pair<PressNumber, std::uint32_t>, Duration> sighted;
  for (const Sighting& s : seen.sightings) sighted.try_emplace({s.press, s.client}, s.at);
  std::set<std::uint32_t> clients;
  for (const Stay& stay : seen.stays) clients.insert(stay.client);

  std::size_t looked = 0;
  std::size_t late = 0;
  std::size_t unseen = 0;
  Duration slowest{0};
  Measurement result;
  for (PressNumber i = 0; i < seen.fates.size(); ++i) {
    const auto& typed = seen.fates[i].typed;
    if (!typed) continue;
    const Press& press = seen.workload.presses[i];
    const Stay* author = stay_of(seen, press.client, *typed, *typed + at_once);
    for (const std::uint32_t client : clients) {
      // Only who is there, on another node, can be asked.
      const Stay* reader = stay_of(seen, client, *typed, *typed + at_once);
      if (author == nullptr || reader == nullptr || reader->node == author->node) continue;
      if (reader->document != press.document) continue;
      ++looked;
      const auto found = sighted.find({i, client});
      const Duration took = found == sighted.end() ? never : found->second - *typed;
      if (took != never) slowest = std::max(slowest, took);
      if (took <= at_once) continue;
      ++(took == never ? unseen : late);
      if (!result.press) result.press = i;
      if (!result.violated) result.at = *typed + at_once;
      result.violated = true;
    }
  }
  result.sentence = "of " + std::to_string(looked) +
                    " times that an edit was due on another node, " + std::to_string(late) +
                    " were late and " + std::to_string(unseen) +
                    " never came; the slowest that came took " + text_of(slowest);
  return result;
}

Measurement measure_acknowledged_edits(const Observations& seen) {
  const auto acknowledged = [](const Fate& fate) { return fate.acknowledged.has_value(); };
  const auto lost = gone(seen, acknowledged);
  Measurement result;
  result.violated = !lost.empty();
  result.sentence =
      std::to_string(lost.size()) + " of " +
      counted(count_fates(seen, acknowledged), "acknowledged edit is", "acknowledged edits are") +
      " not in the document in the end";
  if (result.violated) {
    result.press = lost.front();
    result.at = *seen.fates[lost.front()].acknowledged;
  }
  return result;
}

Measurement measure_continuity(const Observations& seen) {
  const auto typed = [](const Fate& fate) { return fate.typed.has_value(); };
  const auto lost = gone(seen, typed);
  std::set<std::uint32_t> reloaded;
  for (const Reload& reload : seen.reloads) reloaded.insert(reload.client);
  Measurement result;
  result.violated = !lost.empty() || !reloaded.empty();
  result.sentence = counted(reloaded.size(), "person", "people") + " had to reload the page, " +
                    std::to_string(lost.size()) + " of " +
                    std::to_string(count_fates(seen, typed)) + " edits are gone";
  if (!seen.reloads.empty()) result.at = seen.reloads.front().at;
  if (!lost.empty()) result.press = lost.front();
  return result;
}

Measurement measure_write_transactions(const Observations& seen) {
  const auto within = [&](Duration at) { return at <= seen.load; };
  const auto count =
      std::count_if(seen.write_transactions.begin(), seen.write_transactions.end(), within);
  const double load = std::chrono::duration<double>(seen.load).count();
  const double rate = static_cast<double>(count) / load;
  const double presses = static_cast<double>(seen.workload.presses.size()) / load;
  std::array<char, 128> text;
  std::snprintf(text.data(), text.size(),
                "%.1f write transactions a second for %.1f keystrokes a second", rate, presses);
  Measurement result;
  result.violated = rate > write_transactions_per_second_max;
  result.sentence = text.data();
  return result;
}

Measurement measure_freshness(const Observations& seen, std::string_view cache_control,
                              std::uint64_t seed) {
  std::uint32_t documents = 0;
  for (const Press& press : seen.workload.presses)
    documents = std::max(documents, press.document + 1);
  sim::RandomStream random(seed, "reader", "opens");
  Cache cache;
  std::size_t reads = 0;
  std::size_t stale = 0;
  Duration oldest{0};
  Measurement result;
  for (Duration now = seconds(5); now < seen.load; now += random.between(seconds(5), seconds(25))) {
    const auto document = static_cast<std::uint32_t>(random.below(std::max(documents, 1u)));
    const Duration answered =
        cache.get("/api/documents/" + std::to_string(document), now, cache_control);
    ++reads;
    bool is_stale = false;
    for (PressNumber i = 0; i < seen.fates.size(); ++i) {
      const Fate& fate = seen.fates[i];
      if (seen.workload.presses[i].document != document || !fate.acknowledged) continue;
      const bool due = *fate.acknowledged + at_once <= now;
      const bool shown = fate.stored && *fate.stored <= answered;
      if (!due || shown) continue;
      is_stale = true;
      if (now - *fate.acknowledged > oldest) {
        oldest = now - *fate.acknowledged;
        result.press = i;
        result.at = now;
      }
    }
    if (is_stale) ++stale;
  }
  result.violated = stale > 0;
  result.sentence = std::to_string(stale) + " of " + counted(reads, "look", "looks") +
                    " at a document showed an old one";
  if (stale > 0)
    result.sentence += ", at worst without what had been saved " + text_of(oldest) + " before";
  return result;
}

}  // namespace syncline::demo
