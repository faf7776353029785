#include "loadgen/cli/command_line.h"

#include <map>
#include <random>
#include <string>

#include <CLI/CLI.hpp>

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
  command.add_option("--clients", options.clients, "How many, of all documents together")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--documents", options.documents, "Clients are spread over them")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--readers", options.readers, "Share of a document's clients that only read")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--document-prefix", options.document_prefix,
                  "Documents are called this and a number [load-, something new, and -]")
      ->option_text("TEXT");
}

void add_typing(CLI::App& command, RunOptions& options) {
  command.add_option("--rate", options.edits_per_second, "Edits a second, of all clients together")
      ->check(CLI::Range(0.0, 1e7))
      ->capture_default_str();
  command
      .add_option("--arrivals", options.arrivals,
                  "Edits come at random, or at equal distances [poisson]")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Arrivals>{
          {"poisson", Arrivals::poisson}, {"uniform", Arrivals::uniform}}))
      ->option_text("poisson|uniform");
  add_duration(command, "--duration", options.duration, "How long to type and measure");
  add_duration(command, "--warm-up", options.warm_up, "Type so long before that, unmeasured");
  command.add_option("--edit-bytes", options.manners.letters_per_edit, "Letters an edit writes")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--deletes", options.deletes, "Share of edits that delete a letter")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Who types what when follows from it")
      ->capture_default_str();
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
  command.add_option("--threads", run.options.threads, "All clients of a document are in one")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  add_judgement(command, run);
}

std::string new_prefix(std::uint32_t run_id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string prefix = "load-";
  for (int shift = 28; shift >= 0; shift -= 4) prefix += digits[(run_id >> shift) & 15];
  return prefix + '-';
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
  if (run.options.documents > run.options.clients) {
    std::fprintf(stderr, "syncline-load: --documents %zu: more than --clients %zu\n",
                 run.options.documents, run.options.clients);
    return exit_usage;
  }
  run.options.run_id = std::random_device()();
  if (run.options.document_prefix.empty()) {
    run.options.document_prefix = new_prefix(run.options.run_id);
  }
  return run_command(run);
}

}  // namespace syncline::loadgen
