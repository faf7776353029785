#include "loadgen/run/report.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

namespace syncline::loadgen {
namespace {

struct NamedHistogram {
  std::string_view key;
  std::string_view title;
  Histogram Tally::*histogram;
};
constexpr std::array<NamedHistogram, 8> histograms{{
    {"propagation_same_target", "edit to others, same target", &Tally::same_target},
    {"propagation_cross_target", "edit to others, across targets", &Tally::cross_target},
    {"propagation_through_reconnect", "  through a reconnect", &Tally::through_reconnect},
    {"acknowledgement", "edit to acknowledgement", &Tally::acknowledged},
    {"acknowledgement_after_reconnect", "  through a reconnect",
     &Tally::acknowledged_after_reconnect},
    {"join", "connect and first sync", &Tally::joining},
    {"reconnect", "loss to synced again", &Tally::reconnecting},
    {"lateness", "the generator's own lateness", &Tally::lateness},
}};

struct NamedCount {
  std::string_view key;
  std::uint64_t Tally::*count;
};
constexpr std::array<NamedCount, 13> counts{{
    {"edits", &Tally::edits},
    {"edits_measured", &Tally::measured_edits},
    {"edits_acknowledged", &Tally::edits_acknowledged},
    {"deliveries", &Tally::deliveries},
    {"deliveries_due", &Tally::deliveries_due},
    {"frames_sent", &Tally::frames_sent},
    {"bytes_sent", &Tally::bytes_sent},
    {"frames_received", &Tally::frames_received},
    {"bytes_received", &Tally::bytes_received},
    {"connections_lost", &Tally::connections_lost},
    {"attempts_failed", &Tally::attempts_failed},
    {"problems", &Tally::problems},
    {"letters_withheld", &Tally::letters_withheld},
}};

struct NamedFinding {
  std::string_view key;
  std::uint64_t Verdict::*count;
};
constexpr std::array<NamedFinding, 10> findings{{
    {"documents", &Verdict::documents},
    {"documents_differing", &Verdict::documents_differing},
    {"acknowledged_missing", &Verdict::acknowledged_missing},
    {"unacknowledged_missing", &Verdict::unacknowledged_missing},
    {"unacknowledged", &Verdict::unacknowledged},
    {"clients_not_synced", &Verdict::clients_not_synced},
    {"clients_confused", &Verdict::clients_confused},
    {"copies_read", &Verdict::copies_read},
    {"copies_missing", &Verdict::copies_missing},
    {"copies_differing", &Verdict::copies_differing},
}};

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double in_microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...) {
  std::array<char, 512> line{};
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line.data(), line.size(), format, arguments);
  va_end(arguments);
  out += line.data();
}

// "340 us", "1.25 ms", "2.00 s".
std::string short_time(Duration duration) {
  const double us = in_microseconds(duration);
  std::string out;
  if (us < 1000) {
    print(out, "%.0f us", us);
  } else if (us < 1e6) {
    print(out, "%.2f ms", us / 1e3);
  } else {
    print(out, "%.2f s", us / 1e6);
  }
  return out;
}

// "1 target", "3 targets".
std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      print(out, "\\u%04x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + json_string(text);
  return out + "]";
}

const char* as_json(bool value) { return value ? "true" : "false"; }

void print_latencies(std::string& out, const Tally& tally) {
  print(out, "%-32s %10s %10s %10s %10s %10s %10s\n", "", "count", "median", "p90", "p99", "p99.9",
        "max");
  for (const NamedHistogram& named : histograms) {
    const Histogram& histogram = tally.*named.histogram;
    if (histogram.count() == 0) continue;
    print(out, "%-32s %10llu", std::string(named.title).c_str(),
          static_cast<unsigned long long>(histogram.count()));
    for (const double fraction : {0.5, 0.9, 0.99, 0.999, 1.0}) {
      print(out, " %10s", short_time(histogram.quantile(fraction)).c_str());
    }
    out += '\n';
  }
}

void print_health(std::string& out, const RunResult& result) {
  print(out, "generator: %.1f CPU s, busiest thread %.0f %%, %.0f MB at most\n", result.cpu_seconds,
        result.busiest_thread * 100, static_cast<double>(result.memory_bytes_max) / 1e6);
  if (!result.kept_up()) {
    out +=
        "WARNING: the generator could not keep up, so the latencies are its own in part; give it "
        "more --threads, a machine of its own, or a lower --rate\n";
  }
  if (result.interrupted) out += "interrupted: the typing ended early\n";
  for (const std::string& trouble : result.troubles) out += "trouble: " + trouble + '\n';
  if (result.trouble_count > result.troubles.size()) {
    print(out, "trouble: and %llu more\n",
          static_cast<unsigned long long>(result.trouble_count - result.troubles.size()));
  }
}

void print_verdict(std::string& out, const RunOptions& options, const RunResult& result) {
  const Verdict& verdict = result.verdict;
  for (const std::string& finding : verdict.findings) out += "found: " + finding + '\n';
  print(out, "converged: %s (%s, %s, %llu copies read by fresh clients)\n",
        verdict.converged() ? "yes" : "NO", counted(verdict.documents, "document").c_str(),
        counted(options.clients, "client").c_str(),
        static_cast<unsigned long long>(verdict.copies_read));
  if (!options.manners.acks) return;
  print(out, "acknowledged edits missing: %llu of %llu\n",
        static_cast<unsigned long long>(verdict.acknowledged_missing),
        static_cast<unsigned long long>(result.tally.edits_acknowledged));
}

void print_json_histogram(std::string& out, const NamedHistogram& named, const Tally& tally) {
  const Histogram& histogram = tally.*named.histogram;
  print(out, "    \"%s\": {\"count\": %llu, \"min\": %.1f, \"mean\": %.1f",
        std::string(named.key).c_str(), static_cast<unsigned long long>(histogram.count()),
        in_microseconds(histogram.min()), in_microseconds(histogram.mean()));
  constexpr std::array<std::pair<const char*, double>, 5> quantiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}};
  for (const auto& [key, fraction] : quantiles) {
    print(out, ", \"%s\": %.1f", key, in_microseconds(histogram.quantile(fraction)));
  }
  out += '}';
}

template <class Names, class Holder>
void print_json_counts(std::string& out, const Names& names, const Holder& holder) {
  for (const auto& named : names) {
    print(out, "    \"%s\": %llu,\n", std::string(named.key).c_str(),
          static_cast<unsigned long long>(holder.*named.count));
  }
}

void print_json_options(std::string& out, const RunOptions& options) {
  std::vector<std::string> targets;
  for (const Target& target : options.targets) targets.push_back(target.text);
  out += "  \"options\": {\n    \"targets\": " + quoted_list(targets) + ",\n";
  out += "    \"document_prefix\": " + json_string(options.document_prefix) + ",\n";
  print(out, "    \"clients\": %zu, \"documents\": %zu, \"threads\": %zu, \"seed\": %llu,\n",
        options.clients, options.documents, options.threads,
        static_cast<unsigned long long>(options.seed));
  print(out, "    \"rate\": %g, \"duration_s\": %g, \"warm_up_s\": %g, \"arrivals\": \"%s\",\n",
        options.edits_per_second, in_seconds(options.duration), in_seconds(options.warm_up),
        options.arrivals == Arrivals::poisson ? "poisson" : "uniform");
  print(out, "    \"deletes\": %g, \"readers\": %g, \"edit_bytes\": %u,\n", options.deletes,
        options.readers, options.manners.letters_per_edit);
  print(out, "    \"acks\": %s, \"heal\": %s, \"keep_going\": %s, \"fail_over\": %s\n  },\n",
        as_json(options.manners.acks), as_json(options.manners.heals), as_json(options.keeps_going),
        as_json(options.fails_over));
}

}  // namespace

std::string text_report(const RunOptions& options, const RunResult& result) {
  const Tally& tally = result.tally;
  std::string out;
  print(out, "%s, %s, %s, %g edits/s for %g s after %g s (seed %llu)\n",
        counted(options.clients, "client").c_str(), counted(options.documents, "document").c_str(),
        counted(options.targets.size(), "target").c_str(), options.edits_per_second,
        in_seconds(options.duration), in_seconds(options.warm_up),
        static_cast<unsigned long long>(options.seed));
  out += "documents: " + options.document_prefix + "0 ...\n\n";
  print_latencies(out, tally);
  print(out, "\nedits: %llu made (%.0f/s), %llu acknowledged; %llu of %llu deliveries\n",
        static_cast<unsigned long long>(tally.edits),
        result.typing_time > Duration(0)
            ? static_cast<double>(tally.edits) / in_seconds(result.typing_time)
            : 0.0,
        static_cast<unsigned long long>(tally.edits_acknowledged),
        static_cast<unsigned long long>(tally.deliveries),
        static_cast<unsigned long long>(tally.deliveries_due));
  print(out, "traffic: %.2f MB in %llu frames sent, %.2f MB in %llu frames received\n",
        static_cast<double>(tally.bytes_sent) / 1e6,
        static_cast<unsigned long long>(tally.frames_sent),
        static_cast<double>(tally.bytes_received) / 1e6,
        static_cast<unsigned long long>(tally.frames_received));
  if (tally.connections_lost + tally.attempts_failed + tally.letters_withheld > 0) {
    print(out,
          "connections: %llu lost, %llu attempts failed; %llu acknowledged letters were not there "
          "when their writer came back\n",
          static_cast<unsigned long long>(tally.connections_lost),
          static_cast<unsigned long long>(tally.attempts_failed),
          static_cast<unsigned long long>(tally.letters_withheld));
  }
  print_health(out, result);
  print_verdict(out, options, result);
  return out;
}

std::string json_report(const RunOptions& options, const RunResult& result) {
  std::string out = "{\n";
  print(out, "  \"passed\": %s, \"converged\": %s, \"kept_up\": %s, \"interrupted\": %s,\n",
        as_json(result.passed()), as_json(result.verdict.converged()), as_json(result.kept_up()),
        as_json(result.interrupted));
  print_json_options(out, options);
  print(out, "  \"typing_s\": %.3f, \"measured_s\": %.3f,\n", in_seconds(result.typing_time),
        in_seconds(result.measured_time));
  out += "  \"latency_us\": {\n";
  for (const NamedHistogram& named : histograms) {
    print_json_histogram(out, named, result.tally);
    out += &named == &histograms.back() ? "\n" : ",\n";
  }
  out += "  },\n  \"counts\": {\n";
  print_json_counts(out, counts, result.tally);
  print(out, "    \"troubles\": %llu\n  },\n",
        static_cast<unsigned long long>(result.trouble_count));
  print(out,
        "  \"generator\": {\"cpu_s\": %.3f, \"busiest_thread\": %.3f, \"memory_bytes\": %llu},\n",
        result.cpu_seconds, result.busiest_thread,
        static_cast<unsigned long long>(result.memory_bytes_max));
  out += "  \"verdict\": {\n";
  print_json_counts(out, findings, result.verdict);
  out += "    \"findings\": " + quoted_list(result.verdict.findings) + "\n  },\n";
  out += "  \"troubles\": " + quoted_list(result.troubles) + "\n}\n";
  return out;
}

std::string acknowledged_log(const RunResult& result) {
  std::string out;
  for (const AcknowledgedEdit& edit : result.acknowledged) {
    print(out, "%s\t%llu\t%llu\t%llu\t", edit.deletes ? "delete" : "insert",
          static_cast<unsigned long long>(edit.client), static_cast<unsigned long long>(edit.clock),
          static_cast<unsigned long long>(edit.length));
    out += edit.document + '\n';
  }
  return out;
}

}  // namespace syncline::loadgen
