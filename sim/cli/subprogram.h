#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::sim {

// How a program's memory is laid out: as usual, or so that everything lies elsewhere and is full of
// something else when it is handed out. Whatever a program's output depends on it for is a bug.
enum class Memory : std::uint8_t { usual, elsewhere };

// Runs a program and hands over its output line by line, until it ends or `on_line` returns false;
// then it is ended. Returns its exit code; nothing good is -1.
int run_program(const std::vector<std::string>& arguments, Memory memory,
                const std::function<bool(std::string_view line)>& on_line);

// Its whole output.
std::vector<std::string> lines_of_program(const std::vector<std::string>& arguments, Memory memory);

// A program beside this one, by its name.
std::string program_beside(const std::string& name);

}  // namespace syncline::sim
