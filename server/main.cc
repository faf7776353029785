#include <string>
#include <vector>

#include "server/app/command_line.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return syncline::app::run_command_line(arguments);
}
