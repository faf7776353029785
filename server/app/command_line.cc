#include "server/app/command_line.h"

#include <cstdio>
#include <string_view>

#include "server/app/doc_command.h"
#include "server/app/exit_code.h"
#include "server/app/migrate_command.h"
#include "server/app/serve.h"
#include "server/app/version.h"
#include "server/app/worker_command.h"

namespace syncline::app {
namespace {

constexpr std::string_view usage =
    R"(Syncline: a server for documents that many people edit at once (Yjs).

Usage: syncline-server COMMAND [OPTIONS]

Commands:
  serve     Serve documents to editors, and the web editor to browsers
  worker    Move edits from Redis' write buffer into PostgreSQL (serve --durability buffer)
  migrate   Bring PostgreSQL's tables to this program's version
  doc       List, show, export and import documents

  --help    Also after a command
  --version

Examples:
  syncline-server serve
      Serve on http://127.0.0.1:8080/ and keep the documents in ./syncline-data
  syncline-server serve --listen :80 --data /var/lib/syncline --config /etc/syncline.toml
  syncline-server doc list --data /var/lib/syncline
)";

}  // namespace

int run_command_line(std::span<const std::string> arguments) {
  if (arguments.empty()) {
    std::fputs("syncline-server: which command? serve, worker, migrate or doc; --help tells more\n",
               stderr);
    return exit_refused;
  }
  const std::string& command = arguments.front();
  const auto rest = arguments.subspan(1);
  if (command == "serve") return serve_command(rest);
  if (command == "worker") return worker_command(rest);
  if (command == "migrate") return migrate_command(rest);
  if (command == "doc") return doc_command(rest);
  if (command == "--help" || command == "-h" || command == "help") {
    std::fwrite(usage.data(), 1, usage.size(), stdout);
    return exit_success;
  }
  if (command == "--version") {
    std::printf("syncline-server %s\n", std::string(version).c_str());
    return exit_success;
  }
  std::fprintf(
      stderr,
      "syncline-server: '%s': unknown command; serve, worker, migrate and doc exist, --help "
      "tells more\n",
      command.c_str());
  return exit_refused;
}

}  // namespace syncline::app
