// Plays every transcript of this folder and compares what the core asked for with what the file
// says. `transcript_test --rewrite` writes the files anew; the diff is the review.

#include "tests/transcripts/transcript.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/transcripts/stage.h"

namespace syncline::transcripts {
namespace {

const std::filesystem::path folder = SYNCLINE_SOURCE_DIR "/tests/transcripts";
bool rewrite = false;

class TranscriptTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(TranscriptTest, SaysWhatTheCoreDoes) {
  Transcript transcript = read_transcript(GetParam());
  ASSERT_FALSE(transcript.blocks.empty());
  Stage stage;
  for (Block& block : transcript.blocks) {
    if (!block.inputs.empty()) block.outputs = stage.play(block);
  }
  const std::string played = to_text(transcript);
  if (rewrite) {
    std::ofstream(GetParam()) << played;
    return;
  }
  std::ostringstream written;
  written << std::ifstream(GetParam()).rdbuf();
  EXPECT_EQ(played, written.str());
}

INSTANTIATE_TEST_SUITE_P(Transcripts, TranscriptTest, testing::ValuesIn(find_transcripts(folder)),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace

void set_rewrite() { rewrite = true; }

}  // namespace syncline::transcripts

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rewrite") == 0) syncline::transcripts::set_rewrite();
  }
  return RUN_ALL_TESTS();
}
