#pragma once

#include <string>

#include "sim/history/event.h"

// How people are told of events: in violations, in notes beside pictures, in recorded histories.

namespace syncline::history {

// "node-2", "redis".
std::string to_text(Party party);
// "document-0".
std::string to_text(DocumentNumber document);
// "12.345 s", of true time.
std::string to_text(Duration at);
// "12.345 s  client-3 wrote document-0: edit 17, 9:0-4", on one line.
std::string to_text(const Event& event);

}  // namespace syncline::history
