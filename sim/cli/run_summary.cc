#include "sim/cli/run_summary.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "server/base/assert.h"
#include "sim/cli/exit_code.h"

namespace syncline::sim {
namespace {

constexpr std::array<std::string_view, 6> ending_names = {"passed",   "vacuous",     "timeout",
                                                          "liveness", "correctness", "crash"};
constexpr char separator = '\t';

// Reads fields one after the other; once one is wrong, so is all that follows.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  std::string_view text() {
    if (ended_) {
      good_ = false;
      return {};
    }
    const std::size_t end = rest_.find(separator);
    const std::string_view field = rest_.substr(0, end);
    ended_ = end == std::string_view::npos;
    if (!ended_) rest_.remove_prefix(end + 1);
    return field;
  }
  std::uint64_t number() {
    const std::string_view field = text();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) good_ = false;
    return value;
  }
  Duration duration() { return Duration(static_cast<Duration::rep>(number())); }
  bool good() const { return good_ && ended_; }

 private:
  std::string_view rest_;
  bool ended_ = false;
  bool good_ = true;
};

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == separator; }, ' ');
  return text;
}

}  // namespace

std::string_view name(Ending ending) { return ending_names[static_cast<std::size_t>(ending)]; }

int exit_code_of(Ending ending) {
  switch (ending) {
    case Ending::passed:
      return exit_success;
    case Ending::vacuous:
      return exit_vacuous;
    case Ending::timeout:
      return exit_timeout;
    case Ending::liveness:
      return exit_liveness;
    case Ending::correctness:
      return exit_correctness;
    case Ending::crash:
      return exit_crash;
  }
  return exit_crash;
}

std::string print_summary(const RunSummary& summary) {
  std::string line;
  const auto add = [&](std::string_view field) {
    if (!line.empty()) line += separator;
    line += field;
  };
  const auto add_number = [&](std::uint64_t number) { add(std::to_string(number)); };
  const auto add_duration = [&](Duration duration) {
    add_number(static_cast<std::uint64_t>(duration.count()));
  };
  add(name(summary.ending));
  add(summary.checker);
  add(one_line(summary.what));
  add_duration(summary.failed_at);
  add_number(summary.edits);
  add_number(summary.events);
  add_duration(summary.virtual_time);
  add_duration(summary.real_time);
  add(summary.hash);
  add_number(summary.documents_digest);
  for (const faults::FaultCounts& counts : summary.faults) {
    add_number(counts.armed);
    add_number(counts.fired);
    add_number(counts.observed);
    add_number(counts.healed);
  }
  return line;
}

std::optional<RunSummary> parse_summary(std::string_view line) {
  Fields fields(line);
  RunSummary summary;
  const auto ending = std::find(ending_names.begin(), ending_names.end(), fields.text());
  if (ending == ending_names.end()) return {};
  summary.ending = static_cast<Ending>(ending - ending_names.begin());
  summary.checker = fields.text();
  summary.what = fields.text();
  summary.failed_at = fields.duration();
  summary.edits = fields.number();
  summary.events = fields.number();
  summary.virtual_time = fields.duration();
  summary.real_time = fields.duration();
  summary.hash = fields.text();
  summary.documents_digest = fields.number();
  for (faults::FaultCounts& counts : summary.faults) {
    counts.armed = fields.number();
    counts.fired = fields.number();
    counts.observed = fields.number();
    counts.healed = fields.number();
  }
  if (!fields.good()) return {};
  return summary;
}

}  // namespace syncline::sim
