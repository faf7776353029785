#include <cstdio>
#include <string_view>

#include "tests/compat/probe/commands.h"

// syncline-crdt-probe: the document engine behind a pipe, so that programs in other languages can
// compare it with other implementations. The bytes on the pipe are described in message.h.
int main(int argc, char** argv) {
  using syncline::probe::command_list;
  if (argc > 1) {
    const bool help = std::string_view(argv[1]) == "--help";
    std::fprintf(help ? stdout : stderr,
                 "usage: syncline-crdt-probe < requests > responses\n\ncommands:\n%s",
                 command_list().c_str());
    return help ? 0 : 2;
  }
  syncline::probe::Session session;
  while (auto request = syncline::probe::read_message(stdin)) {
    syncline::probe::write_message(stdout, syncline::probe::respond(session, *request));
    std::fflush(stdout);
  }
  return 0;
}
