#include "sim/demo/demo.h"

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <vector>

#include "sim/demo/failure.h"
#include "sim/demo/sides.h"
#include "sim/picture/page.h"

namespace syncline::demo {
namespace {

constexpr int name_width = 23;
constexpr int promise_width = 68;

struct Tally {
  std::uint64_t usual = 0;
  std::uint64_t syncline = 0;
  // The seed that illustrates the failure: the first in which Syncline failed, else the usual
  // architecture.
  std::uint64_t seed = 0;
  std::string usual_sentence;
  std::string syncline_sentence;
};

void note(Tally& tally, std::uint64_t seed, const SideResult& usual, const SideResult& syncline) {
  if (usual.violated) ++tally.usual;
  if (syncline.violated) ++tally.syncline;
  const bool first = tally.seed == 0 || (syncline.violated && tally.syncline == 1) ||
                     (usual.violated && tally.usual == 1 && tally.syncline == 0);
  if (!first) return;
  tally.seed = seed;
  tally.usual_sentence = usual.sentence;
  tally.syncline_sentence = syncline.sentence;
}

Tally run_failure(const Failure& failure, const DemoOptions& options) {
  Tally tally;
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.first_seed + i;
    const SynclineResult syncline = run_syncline(failure, seed, false);
    const SideResult usual = run_usual(failure, seed, syncline.workload, false);
    note(tally, seed, usual, syncline.result);
  }
  return tally;
}

void print_header(std::ostream& out, const DemoOptions& options) {
  out << "How many of " << options.seeds << " seeds broke the promise. Both sides get the same "
      << "keystrokes and the same faults.\n\n  # " << std::left << std::setw(name_width)
      << "failure" << std::setw(promise_width) << "promise" << std::right << std::setw(7) << "usual"
      << std::setw(10) << "Syncline"
      << "\n";
}

void print_row(std::ostream& out, const Failure& failure, const Tally& tally) {
  out << "\n  " << failure.number << ' ' << std::left << std::setw(name_width) << failure.name
      << std::setw(promise_width) << failure.promise << std::right << std::setw(7) << tally.usual
      << std::setw(10) << tally.syncline << "\n    seed " << tally.seed
      << ", usual: " << tally.usual_sentence << "\n    seed " << tally.seed
      << ", Syncline: " << tally.syncline_sentence << "\n";
}

void print_later(std::ostream& out, int number, std::string_view name) {
  out << "\n  " << number << ' ' << std::left << std::setw(name_width) << name
      << "comes with sessions and rights\n";
}

bool write_page(std::ostream& out, const Failure& failure, std::string_view side,
                picture::Scene scene, const DemoOptions& options, std::uint64_t seed) {
  const auto number = std::to_string(failure.number);
  scene.title = "Failure " + number + ", " + std::string(failure.name) + ": " +
                (side == "usual" ? "the usual architecture" : "Syncline") + ", seed " +
                std::to_string(seed);
  scene.replay = "syncline-sim demo --failure " + number + " --seed " + std::to_string(seed) +
                 " --seeds 1 --pictures " + options.pictures;
  const auto path = std::filesystem::path(options.pictures) /
                    ("failure-" + number + "-" + std::string(side) + ".html");
  std::ofstream file(path, std::ios::binary);
  file << picture::page_of(
      picture::cut_around_violation(std::move(scene), picture::page_items_max));
  file.flush();
  out << "    " << (file.good() ? "wrote " : "could not write ") << path.string() << "\n";
  return file.good();
}

bool write_pages(std::ostream& out, const Failure& failure, const DemoOptions& options,
                 std::uint64_t seed) {
  std::error_code ignored;  // Then the file cannot be written either.
  std::filesystem::create_directories(options.pictures, ignored);
  SynclineResult syncline = run_syncline(failure, seed, true);
  SideResult usual = run_usual(failure, seed, syncline.workload, true);
  const bool first = write_page(out, failure, "usual", std::move(*usual.scene), options, seed);
  const bool second =
      write_page(out, failure, "syncline", std::move(*syncline.result.scene), options, seed);
  return first && second;
}

}  // namespace

bool run_demo(const DemoOptions& options, std::ostream& out) {
  bool as_promised = true;
  print_header(out, options);
  for (const Failure* failure : all_failures()) {
    if (options.failure != 0 && options.failure != failure->number) continue;
    const Tally tally = run_failure(*failure, options);
    print_row(out, *failure, tally);
    out.flush();
    as_promised = as_promised && tally.usual > 0 && tally.syncline == 0;
    if (!options.pictures.empty()) {
      as_promised = write_pages(out, *failure, options, tally.seed) && as_promised;
    }
  }
  if (options.failure == 0) {
    print_later(out, 7, "a stolen session");
    print_later(out, 8, "an open upgrade");
  }
  out << "\n"
      << (as_promised ? "The usual architecture fails in each, Syncline in none."
                      : "This is not as it should be.")
      << "\n";
  return as_promised;
}

}  // namespace syncline::demo
