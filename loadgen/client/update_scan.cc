#include "loadgen/client/update_scan.h"

#include "server/base/utf8.h"
#include "server/lib0/any.h"
#include "server/lib0/decoder.h"

namespace syncline::client {
namespace {

constexpr std::uint8_t has_origin = 0x80;
constexpr std::uint8_t has_right_origin = 0x40;
constexpr std::uint8_t has_parent_sub = 0x20;
constexpr std::uint8_t skip_tag = 10;

bool take_id(lib0::Decoder& in, std::optional<ScannedId>& out) {
  ScannedId id;
  if (!in.take_var_uint(id.client) || !in.take_var_uint(id.clock)) return false;
  out = id;
  return true;
}

bool skip_string(lib0::Decoder& in) {
  std::string_view text;
  return in.take_var_string(text);
}

bool skip_any(lib0::Decoder& in) {
  bool canonical = false;
  return lib0::skip_any(in, limits::nesting_depth_max, canonical);
}

// The list's elements; their number is its length.
bool take_list(lib0::Decoder& in, ScannedRun& run) {
  if (!in.take_var_uint(run.length)) return false;
  const std::size_t from = in.position();
  for (std::uint64_t i = 0; i < run.length; ++i) {
    if (run.tag == ContentTag::json ? !skip_string(in) : !skip_any(in)) return false;
  }
  run.content = in.since(from);
  return true;
}

bool take_text(lib0::Decoder& in, ScannedRun& run) {
  std::string_view text;
  if (!in.take_var_string(text)) return false;
  run.length = utf16_length(text);
  run.content = as_bytes(text);
  return true;
}

bool skip_type(lib0::Decoder& in) {
  std::uint64_t type = 0;
  if (!in.take_var_uint(type)) return false;
  return (type != 3 && type != 5) || skip_string(in);
}

// Moves over the content of a single element.
bool skip_single(lib0::Decoder& in, ContentTag tag) {
  BytesView bytes;
  switch (tag) {
    case ContentTag::binary:
      return in.take_var_bytes(bytes);
    case ContentTag::embed:
      return skip_string(in);
    case ContentTag::format:
      return skip_string(in) && skip_string(in);
    case ContentTag::type:
      return skip_type(in);
    case ContentTag::document:
      return skip_string(in) && skip_any(in);
    default:
      return in.fail(ErrorCode::unknown_type);
  }
}

bool take_content(lib0::Decoder& in, ScannedRun& run) {
  switch (run.tag) {
    case ContentTag::collected:
    case ContentTag::deleted:
      return in.take_var_uint(run.length);
    case ContentTag::json:
    case ContentTag::any:
      return take_list(in, run);
    case ContentTag::text:
      return take_text(in, run);
    default: {
      const std::size_t from = in.position();
      if (!skip_single(in, run.tag)) return false;
      run.content = in.since(from);
      run.length = 1;
      return true;
    }
  }
}

bool take_place(lib0::Decoder& in, std::uint8_t info, ScannedRun& run) {
  const std::size_t from = in.position();
  std::uint64_t is_root = 0;
  if (!in.take_var_uint(is_root)) return false;
  if (is_root == 1 ? !skip_string(in) : !take_id(in, run.parent)) return false;
  if ((info & has_parent_sub) && !skip_string(in)) return false;
  run.place = in.since(from);
  return true;
}

bool take_run(lib0::Decoder& in, std::uint8_t info, ScannedRun& run) {
  run.tag = static_cast<ContentTag>(info & 0x1F);
  if (run.tag == ContentTag::collected) return in.take_var_uint(run.length);
  if ((info & has_origin) && !take_id(in, run.origin)) return false;
  if ((info & has_right_origin) && !take_id(in, run.right_origin)) return false;
  if (!(info & (has_origin | has_right_origin)) && !take_place(in, info, run)) return false;
  return take_content(in, run);
}

bool take_client(lib0::Decoder& in, std::vector<ScannedRun>& out) {
  std::uint64_t structs = 0;
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  if (!in.take_var_uint(structs) || !in.take_var_uint(client) || !in.take_var_uint(clock)) {
    return false;
  }
  for (std::uint64_t i = 0; i < structs; ++i) {
    std::uint8_t info = 0;
    if (!in.take_u8(info)) return false;
    if ((info & 0x1F) == skip_tag) {
      std::uint64_t skipped = 0;
      if (!in.take_var_uint(skipped)) return false;
      clock += skipped;
      continue;
    }
    ScannedRun run{.client = client, .clock = clock};
    if (!take_run(in, info, run)) return false;
    clock = run.end();
    out.push_back(run);
  }
  return true;
}

bool take_deletes(lib0::Decoder& in, std::vector<ScannedRange>& out) {
  std::uint64_t clients = 0;
  if (!in.take_var_uint(clients)) return false;
  for (std::uint64_t i = 0; i < clients; ++i) {
    ScannedRange range;
    std::uint64_t ranges = 0;
    if (!in.take_var_uint(range.client) || !in.take_var_uint(ranges)) return false;
    for (std::uint64_t k = 0; k < ranges; ++k) {
      if (!in.take_var_uint(range.clock) || !in.take_var_uint(range.length)) return false;
      out.push_back(range);
    }
  }
  return true;
}

}  // namespace

Result<void> scan_update(BytesView update, UpdateScan& out) {
  out.runs.clear();
  out.deleted.clear();
  lib0::Decoder in(update);
  std::uint64_t clients = 0;
  bool good = in.take_var_uint(clients);
  for (std::uint64_t i = 0; good && i < clients; ++i) good = take_client(in, out.runs);
  out.delete_set = in.rest();
  if (!good || !take_deletes(in, out.deleted)) return in.failure();
  return in.expect_end();
}

}  // namespace syncline::client
