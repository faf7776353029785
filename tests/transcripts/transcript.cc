#include "tests/transcripts/transcript.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <map>

#include "server/base/assert.h"

namespace syncline::transcripts {
namespace {

constexpr std::string_view rule = "----";

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      word.push_back(c);
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

std::uint64_t parse_number(std::string_view text, std::string_view* rest = nullptr) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  SYNCLINE_ASSERT(error == std::errc(), text);
  const std::string_view left = text.substr(static_cast<std::size_t>(end - text.data()));
  SYNCLINE_ASSERT(rest != nullptr || left.empty(), text);
  if (rest != nullptr) *rest = left;
  return value;
}

}  // namespace

const std::string& Command::word(std::size_t index) const {
  SYNCLINE_ASSERT(index < words.size(), words.front(), index);
  return words[index];
}

bool Command::has(std::string_view word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::string> Command::option(std::string_view name) const {
  for (const std::string& word : words) {
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
      return word.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::vector<Command> Block::commands() const {
  std::vector<Command> commands;
  for (const std::string& input : inputs) commands.push_back({split_words(input)});
  return commands;
}

Transcript read_transcript(const std::filesystem::path& file) {
  std::ifstream in(file);
  SYNCLINE_ASSERT(in.good(), file);
  Transcript transcript{.name = file.stem().string(), .blocks = {}};
  Block block;
  bool below_rule = false;
  const auto end_block = [&] {
    if (!block.comments.empty() || !block.inputs.empty()) transcript.blocks.push_back(block);
    block = {};
    below_rule = false;
  };
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) {
      end_block();
    } else if (line == rule) {
      below_rule = true;
    } else if (below_rule) {
      block.outputs.push_back(line);
    } else if (line.starts_with('#')) {
      block.comments.push_back(line);
    } else {
      block.inputs.push_back(line);
    }
  }
  end_block();
  return transcript;
}

std::string to_text(const Transcript& transcript) {
  std::string text;
  for (const Block& block : transcript.blocks) {
    if (!text.empty()) text += '\n';
    for (const std::string& line : block.comments) text += line + '\n';
    for (const std::string& line : block.inputs) text += line + '\n';
    if (block.inputs.empty()) continue;
    text += std::string(rule) + '\n';
    for (const std::string& line : block.outputs) text += line + '\n';
  }
  return text;
}

std::vector<std::filesystem::path> find_transcripts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Duration parse_duration(std::string_view text) {
  std::string_view unit;
  const auto value = static_cast<std::int64_t>(parse_number(text, &unit));
  if (unit == "ms") return milliseconds(value);
  SYNCLINE_ASSERT(unit == "s", text);
  return seconds(value);
}

Bytes parse_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

std::string unquote(std::string_view text) {
  SYNCLINE_ASSERT(text.size() >= 2 && text.front() == '"' && text.back() == '"', text);
  return std::string(text.substr(1, text.size() - 2));
}

void configure(core::Config& config, const Command& command) {
  const std::map<std::string_view, std::size_t*> counts = {
      {"connections_max", &config.connections_max},
      {"connections_per_document_max", &config.connections_per_document_max},
      {"documents_max", &config.documents_max},
      {"message_bytes_max", &config.message_bytes_max},
      {"pending_bytes_max", &config.pending_bytes_max},
      {"unlogged_bytes_max", &config.unlogged_bytes_max},
      {"undrained_bytes_max", &config.undrained_bytes_max},
      {"unlogged_total_bytes_max", &config.unlogged_total_bytes_max},
      {"undrained_total_bytes_max", &config.undrained_total_bytes_max},
      {"send_window_bytes", &config.send_window_bytes},
      {"ring_bytes_max", &config.ring_bytes_max},
      {"ring_frames_max", &config.ring_frames_max},
      {"first_sync_chunk_bytes", &config.first_sync_chunk_bytes},
      {"catch_up_bytes_max", &config.catch_up_bytes_max},
      {"sync_bytes_per_second_min", &config.sync_bytes_per_second_min},
      {"snapshot_updates_min", &config.snapshot_updates_min},
      {"log_page_bytes", &config.log_page_bytes},
      {"awareness_state_bytes_max", &config.awareness_state_bytes_max},
      {"awareness_clients_per_connection_max", &config.awareness_clients_per_connection_max},
  };
  const std::map<std::string_view, Duration*> durations = {
      {"write_stall_max", &config.write_stall_max},
      {"keepalive_interval", &config.keepalive_interval},
      {"evict_after", &config.evict_after},
      {"fold_after", &config.fold_after},
      {"snapshot_interval", &config.snapshot_interval},
      {"retry_delay_min", &config.retry_delay_min},
      {"retry_delay_max", &config.retry_delay_max},
      {"load_timeout", &config.load_timeout},
      {"gap_repair_delay", &config.gap_repair_delay},
      {"anti_entropy_interval", &config.anti_entropy_interval},
      {"handoff_spread", &config.handoff_spread},
      {"held_back_max", &config.held_back_max},
      {"undrained_check_interval", &config.undrained_check_interval},
      {"log_check_interval", &config.log_check_interval},
      {"doubt_delay", &config.doubt_delay},
      {"awareness_remote_timeout", &config.awareness_remote_timeout},
  };
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string_view setting = command.words[i];
    const std::size_t equals = setting.find('=');
    SYNCLINE_ASSERT(equals != std::string_view::npos, setting);
    const std::string_view name = setting.substr(0, equals);
    const std::string_view value = setting.substr(equals + 1);
    if (const auto count = counts.find(name); count != counts.end()) {
      *count->second = parse_number(value);
    } else if (name == "commit_without_buffer") {
      config.commit_without_buffer = parse_number(value) != 0;
    } else {
      const auto duration = durations.find(name);
      SYNCLINE_ASSERT(duration != durations.end(), name);
      *duration->second = parse_duration(value);
    }
  }
}

}  // namespace syncline::transcripts
