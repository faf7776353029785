#include "loadgen/cli/command_line.h"

int main(int argc, char** argv) { return syncline::loadgen::run_command_line(argc, argv); }
