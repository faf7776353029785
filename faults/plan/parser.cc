#include "faults/plan/parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "faults/plan/duration_text.h"
#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/plan_line.h"
#include "faults/plan/probe.h"
#include "faults/plan/validate.h"

namespace syncline::faults {
namespace {

constexpr std::string_view a_duration = "a duration (2s, 500ms, 1.5min)";

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stop != end) return {};
  return number;
}

template <class Infos>
std::string names_of(const Infos& infos) {
  std::string names;
  for (const auto& info : infos) {
    if (!names.empty()) names += ", ";
    names += info.name;
  }
  return names;
}

Result<Duration> take_duration(PlanLine& line, bool with_sign) {
  const PlanWord word = line.take();
  const bool has_sign = word.text.starts_with('+') || word.text.starts_with('-');
  const std::optional<Duration> duration = parse_duration(word.text);
  if (!duration.has_value() || (has_sign && !with_sign)) {
    return line.expected(
        word, with_sign ? "a duration with its sign (+40s, -3s)" : std::string(a_duration));
  }
  return *duration;
}

// Reads the text line by line; the first error ends it.
class Parser {
 public:
  Result<void> take_line(PlanLine line);
  Result<FaultPlan> finish() &&;

 private:
  Result<void> take_seed(PlanLine& line);
  Result<void> take_cluster(PlanLine& line);
  Result<void> take_setting(PlanLine& line);
  Result<void> set(PlanLine& line, PlanWord word, std::string_view key, std::string_view value);
  Result<void> set_options(PlanLine& line, PlanWord word, std::string_view value);
  Result<void> take_fault(PlanLine& line);
  Result<std::uint32_t> take_id(PlanLine& line);
  Result<FaultTrigger> take_trigger(PlanLine& line);
  Result<void> take_target(PlanLine& line, Fault& fault);
  Result<void> take_parameter(PlanLine& line, Fault& fault);
  Result<void> take_end(PlanLine& line);

  FaultPlan plan_;
  bool has_seed_ = false;
  bool has_cluster_ = false;
  std::uint32_t last_id_ = 0;
  std::set<std::uint32_t> ids_;
};

Result<void> Parser::take_line(PlanLine line) {
  if (line.at_end()) return {};
  const PlanWord first = line.peek();
  if (first.text == "seed") return take_seed(line);
  if (first.text == "cluster") return take_cluster(line);
  const bool is_fault = first.text == "at" || first.text == "when" || first.text.ends_with(':');
  if (!is_fault) return line.expected(first, "'seed', 'cluster', 'at' or 'when'");
  return take_fault(line);
}

Result<void> Parser::take_end(PlanLine& line) {
  if (line.at_end()) return {};
  return line.expected(line.peek(), "the end of the line");
}

Result<void> Parser::take_seed(PlanLine& line) {
  const PlanWord keyword = line.take();
  if (has_seed_) return line.error(keyword, "there is a seed already");
  const PlanWord word = line.take();
  const auto seed = parse_number<std::uint64_t>(word.text);
  if (!seed.has_value()) return line.expected(word, "a number from 0 to 2^64 - 1");
  plan_.seed = *seed;
  has_seed_ = true;
  return take_end(line);
}

Result<void> Parser::take_cluster(PlanLine& line) {
  const PlanWord keyword = line.take();
  if (has_cluster_) return line.error(keyword, "there is a cluster already");
  if (!ids_.empty()) return line.error(keyword, "the cluster must stand before the first fault");
  std::set<std::string_view> given;
  while (!line.at_end()) {
    const PlanWord word = line.peek();
    const std::string_view key = word.text.substr(0, word.text.find('='));
    if (!given.insert(key).second) {
      return line.error(word, "'" + std::string(key) + "' is given twice");
    }
    SYNCLINE_TRY(take_setting(line));
  }
  if (const auto problem = problem_of(plan_.cluster)) return line.error(keyword, *problem);
  has_cluster_ = true;
  return {};
}

Result<void> Parser::take_setting(PlanLine& line) {
  const PlanWord word = line.take();
  const std::size_t equals = word.text.find('=');
  if (equals == std::string_view::npos) return line.expected(word, "a setting such as nodes=3");
  return set(line, word, word.text.substr(0, equals), word.text.substr(equals + 1));
}

Result<void> Parser::set(PlanLine& line, PlanWord word, std::string_view key,
                         std::string_view value) {
  PlanCluster& cluster = plan_.cluster;
  const PlanWord at_value{value, word.column + key.size() + 1};
  const auto set_flag = [&](bool& flag, std::string_view on, std::string_view off) -> Result<void> {
    flag = value == on;
    if (value == on || value == off) return {};
    return line.expected(at_value, "'" + std::string(on) + "' or '" + std::string(off) + "'");
  };
  const struct {
    std::string_view key;
    std::uint32_t* number;
  } numbers[] = {{"nodes", &cluster.nodes},     {"shards", &cluster.shards},
                 {"workers", &cluster.workers}, {"clients", &cluster.clients},
                 {"edits", &cluster.edits},     {"documents", &cluster.documents}};
  for (const auto& known : numbers) {
    if (key != known.key) continue;
    const auto number = parse_number<std::uint32_t>(value);
    if (!number.has_value()) return line.expected(at_value, "a number");
    *known.number = *number;
    return {};
  }
  if (key == "store") return set_flag(cluster.embedded, "embedded", "postgres");
  if (key == "gateway") return set_flag(cluster.gateway, "on", "off");
  if (key == "options") return set_options(line, at_value, value);
  if (key == "durability") {
    bool buffer = false;
    SYNCLINE_TRY(set_flag(buffer, "buffer", "commit"));
    cluster.durability = buffer ? Durability::buffer : Durability::commit;
    return {};
  }
  if (key == "load") {
    const std::optional<Duration> load = parse_duration(value);
    if (!load.has_value()) return line.expected(at_value, std::string(a_duration));
    cluster.load = *load;
    return {};
  }
  return line.expected(word,
                       "one of nodes=, shards=, workers=, durability=, store=, gateway=, clients=, "
                       "documents=, load=, edits=, options=");
}

Result<void> Parser::set_options(PlanLine& line, PlanWord word, std::string_view value) {
  std::vector<std::string>& options = plan_.cluster.options;
  while (!value.empty()) {
    const std::size_t length = std::min(value.find(','), value.size());
    const PlanWord option{value.substr(0, length), word.column};
    if (!parse_option(option.text).has_value()) {
      return line.expected(option, "an option (" + names_of(all_options()) + ")");
    }
    options.emplace_back(option.text);
    value.remove_prefix(std::min(length + 1, value.size()));
    word.column += length + 1;
  }
  std::sort(options.begin(), options.end());
  return {};
}

Result<void> Parser::take_fault(PlanLine& line) {
  Fault fault;
  SYNCLINE_ASSIGN(fault.id, take_id(line));
  SYNCLINE_ASSIGN(fault.trigger, take_trigger(line));

  const PlanWord kind_word = line.take();
  const std::optional<FaultKind> kind = parse_fault_kind(kind_word.text);
  if (!kind.has_value()) {
    return line.expected(kind_word, "a kind of fault (" + names_of(all_fault_kinds()) + ")");
  }
  fault.kind = *kind;
  const PlanWord target_word = line.peek();
  SYNCLINE_TRY(take_target(line, fault));
  SYNCLINE_TRY(take_parameter(line, fault));
  if (fault_kind_info(fault.kind).lasts) {
    const PlanWord word = line.take();
    if (word.text != "for") return line.expected(word, "'for' and how long it lasts");
    SYNCLINE_ASSIGN(fault.duration, take_duration(line, false));
  }
  SYNCLINE_TRY(take_end(line));
  if (const auto problem = problem_of(plan_.cluster, fault)) {
    return line.error(target_word, *problem);
  }
  ids_.insert(fault.id);
  last_id_ = fault.id;
  plan_.faults.push_back(std::move(fault));
  return {};
}

Result<std::uint32_t> Parser::take_id(PlanLine& line) {
  const PlanWord word = line.peek();
  std::uint32_t id = last_id_ + 1;
  if (word.text.ends_with(':')) {
    const auto number = parse_number<std::uint32_t>(word.text.substr(0, word.text.size() - 1));
    if (!number.has_value()) {
      return line.expected(word, "the fault's number and a colon");
    }
    id = *number;
    line.take();
  }
  if (ids_.contains(id)) {
    return line.error(word, "there is a fault " + std::to_string(id) + " already");
  }
  return id;
}

Result<FaultTrigger> Parser::take_trigger(PlanLine& line) {
  FaultTrigger trigger;
  const PlanWord keyword = line.take();
  if (keyword.text == "at") {
    SYNCLINE_ASSIGN(trigger.at, take_duration(line, false));
    return trigger;
  }
  if (keyword.text != "when") return line.expected(keyword, "'at' or 'when'");
  const PlanWord first = line.peek();
  if (!first.text.empty() && first.text.front() >= '0' && first.text.front() <= '9') {
    line.take();
    const std::size_t digits =
        std::min(first.text.find_first_not_of("0123456789"), first.text.size());
    const auto number = parse_number<std::uint32_t>(first.text.substr(0, digits));
    const std::string_view ending = first.text.substr(digits);
    const bool ordinal = ending == "st" || ending == "nd" || ending == "rd" || ending == "th";
    if (!number.has_value() || !ordinal) return line.expected(first, "a count such as 3rd");
    trigger.occurrence = *number;
  }
  const PlanWord probe = line.take();
  if (find_probe(probe.text) == nullptr) {
    return line.expected(probe, "an event (" + names_of(all_probes()) + ")");
  }
  trigger.probe = std::string(probe.text);
  if (line.take_if("after")) {
    SYNCLINE_ASSIGN(trigger.at, take_duration(line, false));
  }
  return trigger;
}

Result<void> Parser::take_target(PlanLine& line, Fault& fault) {
  const auto take_party = [&line](std::string& party) -> Result<void> {
    const PlanWord word = line.take();
    if (!parse_party(word.text).has_value()) {
      return line.expected(word, "somebody (node-1, worker-1, client-1, nodes, redis, ...)");
    }
    party = std::string(word.text);
    return {};
  };
  SYNCLINE_TRY(take_party(fault.target));
  if (!hits_link(fault.kind)) return {};
  const bool one_way = fault_kind_info(fault.kind).hits == Hits::direction;
  const PlanWord sign = line.take();
  if (sign.text != (one_way ? ">" : "-")) {
    return line.expected(sign, one_way ? "'>' and the other end" : "'-' and the other end");
  }
  return take_party(fault.other);
}

Result<void> Parser::take_parameter(PlanLine& line, Fault& fault) {
  const Parameter parameter = fault_kind_info(fault.kind).parameter;
  if (parameter == Parameter::amount || parameter == Parameter::signed_amount) {
    SYNCLINE_ASSIGN(fault.amount, take_duration(line, parameter == Parameter::signed_amount));
  } else if (parameter == Parameter::ppm) {
    const PlanWord word = line.take();
    std::string_view digits = word.text;
    if (digits.ends_with("ppm")) digits.remove_suffix(3);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto ppm = parse_number<std::int64_t>(digits);
    if (!ppm.has_value() || digits.size() == word.text.size()) {
      return line.expected(word, "a drift such as 200ppm or -500ppm");
    }
    fault.ppm = *ppm;
  } else if (parameter == Parameter::every && line.take_if("every")) {
    const PlanWord word = line.take();
    const auto every = parse_number<std::uint32_t>(word.text);
    if (!every.has_value()) return line.expected(word, "a number");
    fault.every = *every;
  }
  return {};
}

Result<FaultPlan> Parser::finish() && {
  sort_by_time(plan_);
  if (!has_seed_) {
    return Error{ErrorCode::invalid_argument, "the plan has no line 'seed NUMBER'"};
  }
  return std::move(plan_);
}

}  // namespace

Result<FaultPlan> parse_plan(std::string_view text) {
  Parser parser;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    SYNCLINE_TRY(parser.take_line(PlanLine(text.substr(0, length), number)));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return std::move(parser).finish();
}

}  // namespace syncline::faults
