#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::sim {

// Runs a program and hands over its output line by line, until it ends or `on_line` returns false;
// then it is ended. Returns its exit code; nothing good is -1.
int run_program(const std::vector<std::string>& arguments,
                const std::function<bool(std::string_view line)>& on_line);

// A program beside this one, by its name.
std::string program_beside(const std::string& name);

}  // namespace syncline::sim
