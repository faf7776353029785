#pragma once

#include <string>

#include "loadgen/run/options.h"
#include "loadgen/run/run.h"

namespace syncline::loadgen {

// What a run found, for people: a table of latencies, the counts, and the verdict last.
std::string text_report(const RunOptions& options, const RunResult& result);

// The same for programs: one JSON object; latencies in microseconds. docs/load-testing.md has the
// fields.
std::string json_report(const RunOptions& options, const RunResult& result);

// One line an acknowledged edit, tab-separated: insert or delete, client id, clock, length,
// document. A letter that was inserted may have been deleted by a later line.
std::string acknowledged_log(const RunResult& result);

}  // namespace syncline::loadgen
