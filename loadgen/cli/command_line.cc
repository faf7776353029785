#include "loadgen/cli/command_line.h"

#include <cstdio>
#include <iomanip>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "loadgen/cli/option_text.h"
#include "loadgen/cli/run_command.h"

namespace syncline::loadgen {
namespace {

constexpr const char* description =
    "Types as thousands of people into a Syncline server or cluster, measures how long their edits "
    "take, and finds out whether everybody ends up with the same documents.";

constexpr const char* footer =
    R"(Exit codes: 0 all documents converged and no acknowledged edit is missing; 1 not so, or the
server could not be reached; 2 wrong usage.

Examples:
  syncline-load run --target ws://127.0.0.1:8080/ws
  syncline-load run --target ws://10.0.0.1:8080/ws,ws://10.0.0.2:8080/ws \
      --clients 1000 --documents 100 --rate 2000 --duration 60s --json result.json
)";

// "30s", "250 ms" cannot be read back, so defaults are written by hand.
void add_duration(CLI::App& command, const std::string& name, Duration& value,
                  const std::string& help) {
  const std::string preset = std::to_string(value / milliseconds(1) / 1000);
  command
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const auto parsed = parse_duration(text);
            if (!parsed.has_value()) {
              throw CLI::ValidationError(name,
                                         "expected a duration such as 30s, not '" + text + "'");
            }
            value = *parsed;
          },
          help + " [" + preset + "s]")
      ->option_text("TIME");
}

// "4", "0.1".
template <class Number>
void add_number(CLI::App& command, const std::string& name, Number& value, double min, double max,
                const std::string& help) {
  std::ostringstream preset;
  preset << value;
  command.add_option(name, value, help + " [" + preset.str() + "]")
      ->check([min, max](const std::string& text) -> std::string {
        const auto number = parse_number(text);
        if (number.has_value() && *number >= min && *number <= max) return {};
        std::ostringstream expected;
        expected << std::setprecision(16) << "expected a number from " << min << " to " << max
                 << ", not '" << text << "'";
        return expected.str();
      })
      ->option_text("N");
}

void add_switch(CLI::App& command, const std::string& name, bool& value, const std::string& help) {
  command.add_option(name, value, help + (value ? " [on]" : " [off]"))
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, bool>{{"on", true}, {"off", false}}))
      ->option_text("on|off");
}

void add_targets(CLI::App& command, RunOptions& options) {
  command
      .add_option_function<std::string>(
          "--target",
          [&options](const std::string& text) {
            auto targets = parse_targets(text);
            if (!targets.ok()) throw CLI::ValidationError("--target", targets.error().detail);
            options.targets = std::move(targets).value();
          },
          "Where to connect; clients of a document are spread over several")
      ->required()
      ->option_text("ws://HOST:PORT/ws[,ws://...]");
}

void add_people(CLI::App& command, RunOptions& options) {
  add_number(command, "--clients", options.clients, 1, 1'000'000,
             "How many, of all documents together");
  add_number(command, "--documents", options.documents, 1, 1'000'000,
             "Clients are spread over them");
  add_number(command, "--readers", options.readers, 0.0, 1.0,
             "Share of a document's clients that only read");
  command
      .add_option("--document-prefix", options.document_prefix,
                  "Documents are called this and a number [load-, something new, and -]")
      ->option_text("TEXT");
}

void add_typing(CLI::App& command, RunOptions& options) {
  add_number(command, "--rate", options.edits_per_second, 0.0, 1e7,
             "Edits a second, of all clients together");
  command
      .add_option("--arrivals", options.arrivals,
                  "Edits come at random, or at equal distances [poisson]")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Arrivals>{
          {"poisson", Arrivals::poisson}, {"uniform", Arrivals::uniform}}))
      ->option_text("poisson|uniform");
  add_duration(command, "--duration", options.duration, "How long to type and measure");
  add_duration(command, "--warm-up", options.warm_up, "Type so long before that, unmeasured");
  add_number(command, "--edit-bytes", options.manners.letters_per_edit, 1, 100'000,
             "Letters an edit writes");
  add_number(command, "--deletes", options.deletes, 0.0, 1.0,
             "Share of edits that delete a letter");
  add_number(command, "--seed", options.seed, 0, 9e15, "Who types what when follows from it");
}

void add_judgement(CLI::App& command, RunCommand& run) {
  RunOptions& options = run.options;
  add_switch(command, "--acks", options.manners.acks,
             "Ask for acknowledgements, and hold the server to them");
  add_switch(command, "--heal", options.manners.heals,
             "After a reconnect send again even what was acknowledged, as yjs does; off shows what "
             "a server has lost");
  add_switch(command, "--audit", options.audits,
             "In the end read each document from each target with a fresh client");
  command.add_flag("--keep-going", options.keeps_going,
                   "A lost connection does not end the run: the client reconnects");
  command.add_flag("--fail-over", options.fails_over,
                   "A client that cannot reconnect tries the next target");
  add_duration(command, "--join-timeout", options.join_timeout,
               "For all clients to connect and sync");
  add_duration(command, "--converge-timeout", options.converge_timeout,
               "For everything to arrive after the typing, and again for the audit");
  add_duration(command, "--silence-timeout", options.silence_timeout,
               "A client that hears nothing for so long reconnects");
  command.add_option("--json", run.json, "Write the results there as JSON; - for stdout")
      ->option_text("FILE");
  command
      .add_option("--acked", run.acknowledged,
                  "Write every acknowledged edit there: insert or delete, client, clock, length, "
                  "document; - for stdout")
      ->option_text("FILE");
}

void add_run(CLI::App& app, RunCommand& run) {
  CLI::App& command = *app.add_subcommand("run", "Type, measure, judge");
  add_targets(command, run.options);
  add_people(command, run.options);
  add_typing(command, run.options);
  add_number(command, "--threads", run.options.threads, 1, 256,
             "All clients of a document are in one");
  add_judgement(command, run);
}

std::string new_prefix(std::uint32_t run_id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string prefix = "load-";
  for (int shift = 28; shift >= 0; shift -= 4) prefix += digits[(run_id >> shift) & 15];
  return prefix + '-';
}

// Takes as many open files as the system lets it. Returns how many that are.
rlim_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return RLIM_INFINITY;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// What one option alone cannot tell. Empty: all is well.
std::string contradiction(const RunOptions& options) {
  if (options.documents > options.clients) {
    return "--documents " + std::to_string(options.documents) + ": more than --clients " +
           std::to_string(options.clients);
  }
  constexpr std::size_t other_files = 64;  // The audit's sockets, the loops', the results.
  const rlim_t files = raise_open_files();
  if (options.clients + options.threads * other_files > files) {
    return "--clients " + std::to_string(options.clients) + ": only " + std::to_string(files) +
           " files may be open here; raise the limit (ulimit -n)";
  }
  return {};
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app(description, "syncline-load");
  app.footer(footer);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "syncline-load " SYNCLINE_VERSION);
  RunCommand run;
  add_run(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "syncline-load: %s\n", error.what());
    return exit_usage;
  }
  if (app.get_subcommands().empty()) {
    std::fputs("syncline-load: a command is missing: syncline-load run (see --help)\n", stderr);
    return exit_usage;
  }
  const std::string wrong = contradiction(run.options);
  if (!wrong.empty()) {
    std::fprintf(stderr, "syncline-load: %s\n", wrong.c_str());
    return exit_usage;
  }
  run.options.run_id = std::random_device()();
  if (run.options.document_prefix.empty()) {
    run.options.document_prefix = new_prefix(run.options.run_id);
  }
  return run_command(run);
}

}  // namespace syncline::loadgen
