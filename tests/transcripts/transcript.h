#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/core/config.h"

// A behaviour as a text that can be read aloud: inputs, a rule, and everything the core asked for,
// in order. README.md in this folder has the words.

namespace syncline::transcripts {

// One input, cut at its spaces; "quoted words" and {objects} are one word.
struct Command {
  std::vector<std::string> words;

  const std::string& word(std::size_t index) const;
  bool has(std::string_view word) const;
  // The value of name=value.
  std::optional<std::string> option(std::string_view name) const;
};

struct Block {
  std::vector<std::string> comments;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;

  std::vector<Command> commands() const;
};

struct Transcript {
  std::string name;  // The file's, without its extension.
  std::vector<Block> blocks;
};

Transcript read_transcript(const std::filesystem::path& file);
// The transcript as text, as it should stand in its file.
std::string to_text(const Transcript& transcript);
// All transcripts below the folder, by path.
std::vector<std::filesystem::path> find_transcripts(const std::filesystem::path& folder);

// `config name=value ...`.
void configure(core::Config& config, const Command& command);
// "30s", "150ms".
Duration parse_duration(std::string_view text);
Bytes parse_hex(std::string_view text);
std::string unquote(std::string_view text);

}  // namespace syncline::transcripts
