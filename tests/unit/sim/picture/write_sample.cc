// Writes the page of the sample story, for the browser test:
//
//   syncline_picture_sample FILE [edits per client]

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "sim/picture/page.h"
#include "tests/unit/sim/picture/sample_story.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: syncline_picture_sample FILE [edits per client]\n";
    return 2;
  }
  namespace picture = syncline::picture;
  const auto edits = argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 8;
  std::ofstream out(argv[1], std::ios::binary);
  out << picture::page_of(
      picture::cut_around_violation(picture::sample_story(edits), picture::page_items_max));
  return out.good() ? 0 : 1;
}
