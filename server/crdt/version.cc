#include "server/crdt/version.h"

#include <algorithm>

#include "server/base/limits.h"
#include "server/crdt/update_ops.h"
#include "server/crdt/update_v1.h"
#include "server/crdt/update_v2.h"
#include "server/crdt/update_writer.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

namespace syncline::crdt {
namespace {

using lib0::Decoder;
using lib0::Encoder;

// How a range is read, in v1 and in v2 (yjs' DSDecoderV1 and V2). `end` is where the range
// before it ended, 0 for a client's first.
struct PlainRanges {
  static bool read(Decoder& decoder, IdRange& range, Clock end) {
    if (!decoder.take_var_uint(range.clock) || !decoder.take_var_uint(range.length)) return false;
    if (range.clock < end || range.length == 0) return decoder.fail(ErrorCode::malformed);
    return true;
  }
};
struct DistanceRanges {
  static bool read(Decoder& decoder, IdRange& range, Clock end) {
    if (!decoder.take_var_uint(range.clock) || !decoder.take_var_uint(range.length)) return false;
    range.clock += end;  // Both are at most 2^53.
    range.length += 1;
    return true;
  }
};

// `Writer` is that of an update format; of its fields the delete set takes only the rest.
template <class Writer>
Bytes encode(const Version& version) {
  Encoder encoder;
  Writer writer(encoder);
  write_delete_set(writer, version.deletes);
  encoder.write_bytes(encode_state_vector(version.states));
  return encoder.take();
}

template <class Form>
bool read_ranges(Decoder& decoder, ClientId client, std::vector<IdRange>& out) {
  std::uint64_t count = 0;
  if (!decoder.take_var_uint(count)) return false;
  Clock end = 0;
  for (; count > 0; --count) {  // Ends with the input, whatever it claims.
    IdRange range{client, 0, 0};
    if (!Form::read(decoder, range, end)) return false;
    if (range.clock > limits::safe_integer_max ||
        range.length > limits::safe_integer_max - range.clock) {
      return decoder.fail(ErrorCode::number_too_large);
    }
    end = range.end();
    out.push_back(range);
  }
  return true;
}

template <class Form>
bool read_deletes(Decoder& decoder, std::vector<IdRange>& out) {
  std::uint64_t clients = 0;
  if (!decoder.take_var_uint(clients)) return false;
  std::vector<ClientId> seen;
  for (; clients > 0; --clients) {
    ClientId client = 0;
    if (!decoder.take_var_uint(client) || !read_ranges<Form>(decoder, client, out)) return false;
    seen.push_back(client);
  }
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) {
    return decoder.fail(ErrorCode::malformed);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const IdRange& a, const IdRange& b) { return a.client < b.client; });
  return true;
}

template <class Form>
Result<Version> decode(BytesView bytes) {
  Decoder decoder(bytes);
  Version version;
  if (!read_deletes<Form>(decoder, version.deletes)) return decoder.failure();
  SYNCLINE_ASSIGN(version.states, decode_state_vector(decoder.rest()));
  return version;
}

}  // namespace

Bytes encode_version(const Version& version) { return encode<WriterV1>(version); }
Bytes encode_version_v2(const Version& version) { return encode<WriterV2>(version); }
Result<Version> decode_version(BytesView bytes) { return decode<PlainRanges>(bytes); }
Result<Version> decode_version_v2(BytesView bytes) { return decode<DistanceRanges>(bytes); }

Result<bool> contains_update(const Version& version, BytesView update, UpdateFormat format) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, UpdateLimits::none(), decoded, format));
  for (const DecodedStruct& value : decoded.structs) {
    const auto known = version.states.find(value.id.client);
    if (known == version.states.end() || known->second < value.end()) return false;
  }
  // As yjs does it: a version whose ranges touch without being joined contains no update.
  std::vector<IdRange> all = version.deletes;
  all.insert(all.end(), decoded.deletes.begin(), decoded.deletes.end());
  sort_and_merge(all);
  return all == version.deletes;
}

}  // namespace syncline::crdt
