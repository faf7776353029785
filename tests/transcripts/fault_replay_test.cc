// Each transcript again, once for each step of the store and each way in which that step can fail:
// whatever goes wrong in the middle, nothing acknowledged is lost and everybody converges.

#include "tests/transcripts/fault_replay.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/transcripts/transcript.h"

namespace syncline::transcripts {
namespace {

using world::StoreFault;
using world::StoreRequest;

const std::filesystem::path folder = SYNCLINE_SOURCE_DIR "/tests/transcripts";
constexpr std::uint64_t seed = 20260101;

class FaultReplay : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void expect_promises_kept(const std::string& what, world::World::FaultChooser chooser) {
    const Replay result = replay(transcript_, seed, std::move(chooser));
    for (const std::string& violation : result.violations)
      ADD_FAILURE() << what << ": " << violation;
  }

  const Transcript transcript_ = read_transcript(GetParam());
};

TEST_P(FaultReplay, HoldsWithoutFaults) { expect_promises_kept("no fault", nullptr); }

TEST_P(FaultReplay, HoldsWhateverStepFails) {
  const std::vector<world::StoreStep> steps = replay(transcript_, seed).steps;
  ASSERT_FALSE(steps.empty());
  for (std::size_t failing = 0; failing < steps.size(); ++failing) {
    for (const StoreFault fault : world::faults_of(steps[failing])) {
      const std::string what = std::string(world::name(fault)) + " at step " +
                               std::to_string(failing) + ", " +
                               std::string(world::name(steps[failing]));
      expect_promises_kept(what, [=](const StoreRequest&, std::uint64_t step) {
        return step == failing ? fault : StoreFault::none;
      });
      if (HasFailure()) return;
    }
  }
}

TEST_P(FaultReplay, HoldsWhenEverythingFailsForAWhile) {
  const std::size_t steps = replay(transcript_, seed).steps.size();
  for (std::size_t begin = 0; begin < steps; begin += 3) {
    const auto chooser = [=](const StoreRequest& request, std::uint64_t step) {
      if (step < begin || step >= begin + 12) return StoreFault::none;
      const auto faults = world::faults_of(request.step);
      return faults[(step - begin) % faults.size()];
    };
    expect_promises_kept("all from step " + std::to_string(begin), chooser);
    if (HasFailure()) return;
  }
}

// What a script damages for good cannot be healed: those are played on the stage only.
std::vector<std::filesystem::path> healable_transcripts() {
  std::vector<std::filesystem::path> files = find_transcripts(folder);
  std::erase_if(files, [](const std::filesystem::path& file) {
    for (const Block& block : read_transcript(file).blocks) {
      for (const Command& command : block.commands()) {
        if (command.word(0).starts_with("damage-")) return true;
      }
    }
    return false;
  });
  return files;
}

INSTANTIATE_TEST_SUITE_P(Transcripts, FaultReplay, testing::ValuesIn(healable_transcripts()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace syncline::transcripts
