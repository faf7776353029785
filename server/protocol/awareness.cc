#include "server/protocol/awareness.h"

#include <algorithm>
#include <utility>

#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"
#include "server/lib0/json.h"

namespace syncline::protocol {
namespace {

// The shortest entry: one byte each for client, clock and length, and a state of one byte, like 0.
constexpr std::size_t entry_bytes_min = 4;

std::string_view without_json_space(std::string_view text) {
  constexpr std::string_view space = " \t\n\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

Result<std::string> decode_state(lib0::Decoder& decoder, const AwarenessLimits& limits) {
  SYNCLINE_ASSIGN(const std::string_view state, decoder.read_var_string());
  if (state.size() > limits.state_bytes_max) {
    return Error{ErrorCode::too_large,
                 "an awareness state of " + std::to_string(state.size()) + " bytes"};
  }
  SYNCLINE_TRY(lib0::check_json(state));
  // " null" means gone to every client, so it must look gone here, too.
  return std::string(without_json_space(state));
}

Result<AwarenessEntry> decode_entry(lib0::Decoder& decoder, const AwarenessLimits& limits) {
  AwarenessEntry entry;
  SYNCLINE_ASSIGN(entry.client, decoder.read_var_uint());
  SYNCLINE_ASSIGN(entry.clock, decoder.read_var_uint());
  if (entry.clock > awareness_clock_max) {
    return Error{ErrorCode::number_too_large,
                 "an awareness clock of " + std::to_string(entry.clock)};
  }
  SYNCLINE_ASSIGN(entry.state, decode_state(decoder, limits));
  return entry;
}

}  // namespace

Result<std::vector<AwarenessEntry>> decode_awareness(BytesView update,
                                                     const AwarenessLimits& limits) {
  lib0::Decoder decoder(update);
  SYNCLINE_ASSIGN(const std::uint64_t count, decoder.read_var_uint());
  if (count > limits.entries_max) {
    return Error{ErrorCode::too_large, std::to_string(count) + " awareness entries"};
  }
  std::vector<AwarenessEntry> entries;
  entries.reserve(std::min<std::size_t>(count, update.size() / entry_bytes_min));
  for (std::uint64_t i = 0; i < count; ++i) {
    SYNCLINE_ASSIGN(AwarenessEntry entry, decode_entry(decoder, limits));
    entries.push_back(std::move(entry));
  }
  SYNCLINE_TRY(decoder.expect_end());
  return entries;
}

Bytes encode_awareness(std::span<const AwarenessEntry> entries) {
  lib0::Encoder encoder;
  encoder.write_var_uint(entries.size());
  for (const AwarenessEntry& entry : entries) {
    encoder.write_var_uint(entry.client);
    encoder.write_var_uint(entry.clock);
    encoder.write_var_string(entry.state);
  }
  return encoder.take();
}

}  // namespace syncline::protocol
