#pragma once

#include <span>
#include <string>

namespace syncline::app {

// `syncline-server migrate`: brings PostgreSQL's tables to this program's version. Returns the exit
// code.
int migrate_command(std::span<const std::string> arguments);

}  // namespace syncline::app
