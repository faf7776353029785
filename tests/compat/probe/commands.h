#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "server/crdt/doc.h"
#include "tests/compat/probe/message.h"

namespace syncline::probe {

// What the probe keeps between requests: documents under numbers that the caller chooses.
struct Session {
  std::map<std::uint64_t, crdt::Doc> docs;
};

// Carries out one request. The response begins with "ok" or "error".
Message respond(Session& session, const Message& request);

// The names of all commands, one a line with their arguments, for --help.
std::string command_list();

}  // namespace syncline::probe
