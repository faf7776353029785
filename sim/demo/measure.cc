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

// What had been acknowledged a second before `now`, and is not in an answer of `answered`. The one
// that was acknowledged first comes first.
std::vector<PressNumber> missing_at(const Observations& seen, std::uint32_t document, Duration now,
                                    Duration answered) {
  std::vector<PressNumber> missing;
  for (PressNumber i = 0; i < seen.fates.size(); ++i) {
    const Fate& fate = seen.fates[i];
    if (seen.workload.presses[i].document != document || !fate.acknowledged) continue;
    const bool shown = fate.stored && *fate.stored <= answered;
    if (*fate.acknowledged + at_once <= now && !shown) missing.push_back(i);
  }
  std::stable_sort(missing.begin(), missing.end(), [&](PressNumber a, PressNumber b) {
    return *seen.fates[a].acknowledged < *seen.fates[b].acknowledged;
  });
  return missing;
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
      // What never came says more than what was late.
      const bool first = took == never ? unseen == 0 : unseen + late == 0;
      ++(took == never ? unseen : late);
      if (!first) continue;
      result.press = i;
      result.at = *typed + at_once;
    }
  }
  result.broken = late + unseen;
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
  result.broken = lost.size();
  result.sentence =
      std::to_string(lost.size()) + " of " +
      counted(count_fates(seen, acknowledged), "acknowledged edit is", "acknowledged edits are") +
      " not in the document in the end";
  if (result.violated()) {
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
  result.broken = lost.size() + reloaded.size();
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
  result.broken = rate > write_transactions_per_second_max ? 1 : 0;
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
  Duration oldest{0};
  Measurement result;
  for (Duration now = seconds(5); now < seen.load; now += random.between(seconds(5), seconds(25))) {
    const auto document = static_cast<std::uint32_t>(random.below(std::max(documents, 1u)));
    const Duration answered =
        cache.get("/api/documents/" + std::to_string(document), now, cache_control);
    Look look{now, document, answered, missing_at(seen, document, now, answered)};
    if (!look.missing.empty()) {
      ++result.broken;
      // The first acknowledged is the oldest.
      const Duration age = now - *seen.fates[look.missing.front()].acknowledged;
      if (age > oldest) {
        oldest = age;
        result.press = look.missing.front();
        result.at = now;
      }
    }
    result.looks.push_back(std::move(look));
  }
  result.sentence = std::to_string(result.broken) + " of " +
                    counted(result.looks.size(), "look", "looks") +
                    " at a document showed an old one";
  if (result.violated())
    result.sentence += ", at worst without what had been saved " + text_of(oldest) + " before";
  return result;
}

}  // namespace syncline::demo
