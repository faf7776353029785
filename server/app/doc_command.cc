#include "server/app/doc_command.h"

#include <array>
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include "server/adapters/beast/http_reply.h"
#include "server/adapters/system/system_clock.h"
#include "server/app/cluster_options.h"
#include "server/app/document_file.h"
#include "server/app/document_import.h"
#include "server/app/document_reader.h"
#include "server/app/document_text.h"
#include "server/app/environment.h"
#include "server/app/exit_code.h"
#include "server/app/option.h"

namespace syncline::app {
namespace {

constexpr std::string_view usage =
    R"(Work with the documents of a data folder, or of PostgreSQL. Servers may be running on
them, except for an import into a folder.

Usage: syncline-server doc list [FILTER]            [--json]
       syncline-server doc show NAME                [--root NAME] [--format FORMAT] [--check]
       syncline-server doc export NAME FILE         one Yjs update (v1) with everything; - is stdout
       syncline-server doc import NAME FILE         merges a Yjs update (v1) in; - is stdin
                                                    [--create-only]
)";

constexpr std::string_view examples = R"(
Examples:
  syncline-server doc list --data /var/lib/syncline
  syncline-server doc show notes/today --root default --format text
  syncline-server doc export notes/today notes.yjs
  syncline-server doc import notes/copy notes.yjs --create-only
  syncline-server doc list --postgres postgresql://syncline@db/syncline
)";

struct DocOptions {
  std::string data = "./syncline-data";
  ClusterOptions cluster;
  bool json = false;
  std::string root;
  std::string format = "auto";
  bool check = false;
  bool create_only = false;
};

std::vector<OptionGroup> doc_option_table(DocOptions& v) {
  return {
      {"Options",
       {{"data", "FOLDER", "Where the documents are kept", text_value(v.data)},
        postgres_option(v.cluster),
        {"json", "", "list: as JSON", switch_value(v.json), true},
        {"root", "NAME", "show: only this shared type", text_value(v.root), true},
        {"format", "FORMAT",
         "show: text, json, delta or state-vector; auto is text for a document that is one text, "
         "and json otherwise",
         choice_value(v.format, {"auto", "text", "json", "delta", "state-vector"}), true},
        {"check", "", "show: also verify every invariant of the document", switch_value(v.check),
         true},
        {"create-only", "", "import: refuse if the document exists", switch_value(v.create_only),
         true}}}};
}

int fail(int code, const std::string& line) {
  std::fprintf(stderr, "syncline-server: %s\n", line.c_str());
  return code;
}

// Errors of the data folder carry their whole line; others need to say what they are about.
int fail(const Error& error, const std::string& about) {
  const bool surroundings =
      error.code == ErrorCode::unsupported_version || error.code == ErrorCode::unavailable;
  return fail(surroundings ? exit_refused : exit_failed,
              about.empty() ? (error.detail.empty() ? error.message() : error.detail)
                            : about + ": " + error.message());
}

int write_out(BytesView bytes) {
  const bool whole = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() &&
                     std::fflush(stdout) == 0;
  return whole ? exit_success : fail(exit_failed, "stdout: cannot be written");
}

// A terminal's prompt wants a line of its own; a file wants the bytes and nothing else.
int write_text(std::string text) {
  if (::isatty(STDOUT_FILENO) != 0 && !text.ends_with('\n')) text += '\n';
  return write_out(as_bytes(text));
}

Result<std::vector<ports::DocumentEntry>> all_documents(ports::StoreReader& reader,
                                                        const std::string& filter) {
  constexpr std::size_t page = 1000;
  std::vector<ports::DocumentEntry> all;
  while (true) {
    const auto after = all.empty() ? std::nullopt : std::optional(all.back().name.text());
    SYNCLINE_ASSIGN(auto entries, reader.list(after, page, filter));
    const bool last = entries.size() < page;
    for (auto& entry : entries) all.push_back(std::move(entry));
    if (last) return all;
  }
}

using Arguments = std::span<const std::string>;

int list(ports::StoreReader& reader, const DocOptions& options, Arguments arguments) {
  const auto entries = all_documents(reader, arguments.empty() ? "" : arguments[0]);
  if (!entries.ok()) return fail(entries.error(), "");
  if (!options.json) return write_out(as_bytes(document_table(*entries)));
  const adapters::DocumentQuery query{.limit = entries->size(), .after = {}, .filter = {}};
  return write_out(as_bytes(adapters::documents_json(query, *entries)));
}

int show(ports::StoreReader& reader, const DocOptions& options, const DocumentName& name) {
  auto loaded = read_document(reader, name);
  if (!loaded.ok()) return fail(loaded.error(), name.text());
  if (loaded->damaged_snapshots > 0) {
    std::fprintf(stderr, "syncline-server: %s: %d damaged snapshots were passed over\n",
                 name.text().c_str(), loaded->damaged_snapshots);
  }
  if (options.check) {
    const auto checked = loaded->doc.check();
    if (!checked.ok()) return fail(checked.error(), name.text());
  }
  auto text = document_text(loaded->doc, options.root, options.format);
  if (!text.ok()) return fail(exit_refused, text.error().detail);
  return write_text(std::move(text).value());
}

int export_document(ports::StoreReader& reader, const DocumentName& name, const std::string& path) {
  const auto loaded = read_document(reader, name);
  if (!loaded.ok()) return fail(loaded.error(), name.text());
  const auto state = loaded->doc.encode_state_as_update(crdt::empty_state_vector());
  if (!state.ok()) return fail(state.error(), name.text());
  if (path == "-") return write_out(*state);
  const auto written = write_file(path, *state);
  return written.ok() ? exit_success : fail(exit_failed, written.error().detail);
}

int import(const DocOptions& options, const DocumentName& name, const std::string& path) {
  const auto update = read_file(path);
  if (!update.ok()) return fail(exit_failed, update.error().detail);
  const auto sequence =
      import_document(storage_options(options.cluster, options.data), name, *update,
                      options.create_only ? ImportMode::create_only : ImportMode::merge);
  if (!sequence.ok()) return fail(exit_failed, sequence.error().detail);
  std::printf("%s: update %llu, %zu bytes\n", name.text().c_str(),
              static_cast<unsigned long long>(sequence->value), update->size());
  return exit_success;
}

struct Command {
  std::string_view name;
  std::size_t arguments_min;
  std::size_t arguments_max;
};

constexpr std::array<Command, 4> commands = {
    {{"list", 0, 1}, {"show", 1, 1}, {"export", 2, 2}, {"import", 2, 2}}};

int run(std::string_view command, const DocOptions& options, Arguments arguments) {
  std::optional<DocumentName> name;
  if (command != "list") {
    auto parsed = DocumentName::parse(arguments[0]);
    if (!parsed.ok()) return fail(exit_refused, "NAME: " + parsed.error().message());
    name = std::move(parsed).value();
  }
  if (command == "import") return import(options, *name, arguments[1]);
  adapters::SystemClock clock;
  const auto reader = open_store_reader(storage_options(options.cluster, options.data), clock);
  if (!reader.ok()) {
    const Error& error = reader.error();
    return fail(exit_refused, error.detail.empty() ? error.message() : error.detail);
  }
  if (command == "list") return list(**reader, options, arguments);
  if (command == "show") return show(**reader, options, *name);
  return export_document(**reader, *name, arguments[1]);
}

}  // namespace

int doc_command(std::span<const std::string> arguments) {
  DocOptions options;
  auto table = doc_option_table(options);
  const auto parsed =
      read_options(table, {.arguments = arguments, .environment = environment_variable});
  if (!parsed.ok()) return fail(exit_refused, parsed.error().detail);
  if (parsed->help) {
    DocOptions defaults;
    const std::string help =
        std::string(usage) + options_help(doc_option_table(defaults)) + std::string(examples);
    return write_out(as_bytes(help));
  }
  const Arguments words = parsed->positional;
  if (words.empty())
    return fail(exit_refused, "doc: list, show, export or import? --help tells more");
  for (const Command& command : commands) {
    if (command.name != words[0]) continue;
    const std::size_t count = words.size() - 1;
    if (count < command.arguments_min || count > command.arguments_max) {
      return fail(exit_refused, "doc " + words[0] + ": " +
                                    (count < command.arguments_min ? "an argument is missing"
                                                                   : "too many arguments") +
                                    "; doc --help shows them");
    }
    return run(command.name, options, words.subspan(1));
  }
  return fail(exit_refused,
              "doc " + words[0] + ": unknown command; list, show, export and import exist");
}

}  // namespace syncline::app
