#include "sim/checkers/content_digest.h"

#include <algorithm>

#include "server/lib0/any.h"
#include "server/lib0/decoder.h"
#include "sim/checkers/digest.h"

namespace syncline::checkers {
namespace {

using client::ContentTag;
using client::ScannedId;
using client::ScannedRange;
using client::ScannedRun;

constexpr std::uint64_t per_origin_clock = 0x9E3779B97F4A7C15;
constexpr std::uint64_t per_clock = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t per_content = 0x165667B19E3779F9;
constexpr std::uint64_t no_origin = 0x27D4EB2F165667C5;
constexpr std::uint64_t half_a_pair = 0xFFFD;

std::uint64_t finish(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xD6E8FEB86659FD93;
  return value ^ value >> 29;
}

std::uint64_t of_origin(const ScannedId& id) {
  return mix(id.client) * 3 + id.clock * per_origin_clock;
}

void add_text(std::string_view text, std::vector<std::uint64_t>& out) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) {
      out.push_back(lead);
      ++at;
      continue;
    }
    const std::size_t bytes = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint64_t unit = half_a_pair;
    if (bytes < 4) {
      unit = lead & (bytes == 2 ? 0x1FU : 0x0FU);
      for (std::size_t i = 1; i < bytes; ++i) {
        unit = unit << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
      }
    }
    out.insert(out.end(), bytes < 4 ? 1 : 2, unit);
    at += bytes;
  }
}

void add_list(const ScannedRun& run, std::vector<std::uint64_t>& out) {
  lib0::Decoder in(run.content);
  for (std::uint64_t i = 0; i < run.length; ++i) {
    const std::size_t from = in.position();
    std::string_view text;
    bool canonical = false;
    if (run.tag == ContentTag::json) {
      in.take_var_string(text);
    } else {
      lib0::skip_any(in, limits::nesting_depth_max, canonical);
    }
    out.push_back(digest_of(in.since(from)));
  }
}

void add_contents(const ScannedRun& run, std::vector<std::uint64_t>& out) {
  if (run.tag == ContentTag::text) return add_text(as_text(run.content), out);
  if (run.tag == ContentTag::json || run.tag == ContentTag::any) return add_list(run, out);
  out.push_back(digest_of(run.content));
}

}  // namespace

void digest_elements(const ScannedRun& run, std::vector<std::uint64_t>& out) {
  out.clear();
  add_contents(run, out);
  const std::uint64_t who = mix(run.client);
  std::uint64_t same = static_cast<std::uint64_t>(run.tag) + who;
  if (run.right_origin) same += of_origin(*run.right_origin) * 5;
  std::uint64_t origin = run.origin ? of_origin(*run.origin) : no_origin + digest_of(run.place);
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const std::uint64_t clock = run.clock + i;
    out[i] = finish(out[i] * per_content + same + origin + clock * per_clock);
    origin = who * 3 + clock * per_origin_clock;
  }
}

StateDigests StateDigester::operator()(const client::UpdateScan& state) {
  deleted_.clear();
  for (std::size_t i = 0; i < state.deleted.size(); ++i) {
    Deleted& of_client = deleted_[state.deleted[i].client];
    if (of_client.end == 0) of_client.begin = i;
    of_client.end = i + 1;
  }
  StateDigests sums;
  for (const ScannedRun& run : state.runs) {
    if (!run.has_content()) continue;
    const std::uint64_t digest = this->digest(run, state);
    sums.all += digest;
    if (run.tag != ContentTag::format) sums.without_formats += digest;
  }
  return sums;
}

std::uint64_t StateDigester::digest(const ScannedRun& run, const client::UpdateScan& state) {
  digest_elements(run, elements_);
  std::uint64_t sum = 0;
  for (const std::uint64_t element : elements_) sum += element;
  const Deleted* deleted = deleted_.find(run.client);
  if (deleted == nullptr) return sum;
  const auto end = state.deleted.begin() + static_cast<std::ptrdiff_t>(deleted->end);
  auto range =
      std::partition_point(state.deleted.begin() + static_cast<std::ptrdiff_t>(deleted->begin), end,
                           [&](const ScannedRange& before) { return before.end() <= run.clock; });
  for (; range != end && range->clock < run.end(); ++range) {
    const std::uint64_t to = std::min(range->end(), run.end());
    for (std::uint64_t clock = std::max(range->clock, run.clock); clock < to; ++clock) {
      sum -= elements_[clock - run.clock];
    }
  }
  return sum;
}

}  // namespace syncline::checkers
