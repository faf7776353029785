#include "server/crdt/update_ops.h"

#include <array>

#include "server/crdt/update_v1.h"
#include "server/crdt/update_v2.h"
#include "server/crdt/update_writer.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

namespace syncline::crdt {
namespace {

constexpr std::array<std::byte, 2> empty_update_v1{};
// Nine codecs of size 0, except that of the strings, which has the size of an empty text.
constexpr std::array<std::byte, 13> empty_update_v2{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}};
constexpr std::array<std::byte, 1> empty_state_vector_bytes{};

template <class Writer>
Bytes write_difference(const DecodedUpdate& update, const StateVector& known) {
  RunWriter<Writer> writer;
  for (const ClientRun& run : update.runs) {
    const auto entry = known.find(run.client);
    const Clock clock = entry == known.end() ? 0 : entry->second;
    std::size_t at = run.begin;
    // The first struct that is written must be news, and no Skip.
    while (at < run.end &&
           (update.structs[at].kind == StructKind::skip || update.structs[at].end() <= clock)) {
      ++at;
    }
    for (std::size_t i = at; i < run.end; ++i) {
      const DecodedStruct& value = update.structs[i];
      const bool cut = i == at && clock > value.id.clock;
      writer.write(value, cut ? clock - value.id.clock : 0);
    }
  }
  return writer.finish(update.deletes);
}

template <class Writer>
Bytes write_whole(const DecodedUpdate& update) {
  RunWriter<Writer> writer;
  for (const DecodedStruct& value : update.structs) writer.write(value, 0);
  return writer.finish(update.deletes);
}

// How far the structs of a run go from clock 0 on, without a hole.
Clock known_through(const DecodedUpdate& update, const ClientRun& run) {
  Clock end = 0;
  for (std::size_t i = run.begin; i < run.end; ++i) {
    const DecodedStruct& value = update.structs[i];
    if (value.kind == StructKind::skip || value.id.clock != end) break;
    end = value.end();
  }
  return end;
}

}  // namespace

BytesView empty_update(UpdateFormat format) {
  if (format == UpdateFormat::v1) return empty_update_v1;
  return empty_update_v2;
}

BytesView empty_state_vector() { return empty_state_vector_bytes; }

Result<UpdateSummary> check_update(BytesView update, const UpdateLimits& limits,
                                   UpdateFormat format) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, limits, decoded, format));
  return UpdateSummary{decoded.structs.size(), decoded.deletes.size()};
}

Result<void> check_state_vector(BytesView state_vector) {
  SYNCLINE_TRY(decode_state_vector(state_vector));
  return {};
}

Bytes diff_update(const DecodedUpdate& update, const StateVector& known) {
  return write_difference<WriterV1>(update, known);
}

Result<Bytes> diff_update(BytesView update, BytesView state_vector, UpdateFormat format) {
  SYNCLINE_ASSIGN(const StateVector known, decode_state_vector(state_vector));
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, UpdateLimits::none(), decoded, format));
  return format == UpdateFormat::v1 ? write_difference<WriterV1>(decoded, known)
                                    : write_difference<WriterV2>(decoded, known);
}

Result<Bytes> state_vector_of_update(BytesView update, UpdateFormat format) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, UpdateLimits::none(), decoded, format));
  std::uint64_t clients = 0;
  lib0::Encoder entries;
  for (const ClientRun& run : decoded.runs) {
    const Clock end = known_through(decoded, run);
    if (end == 0) continue;
    ++clients;
    entries.write_var_uint(run.client);
    entries.write_var_uint(end);
  }
  lib0::Encoder vector;
  vector.write_var_uint(clients);
  vector.write_bytes(entries.view());
  return vector.take();
}

Result<UpdateContents> contents_of_update(BytesView update, UpdateFormat format) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, UpdateLimits::none(), decoded, format));
  UpdateContents contents;
  for (const DecodedStruct& value : decoded.structs) {
    if (value.kind == StructKind::skip) continue;
    contents.inserted.push_back({value.id.client, value.id.clock, value.length});
  }
  contents.deleted = std::move(decoded.deletes);
  sort_and_merge(contents.inserted);
  sort_and_merge(contents.deleted);
  return contents;
}

Result<Bytes> convert_update(BytesView update, UpdateFormat from, UpdateFormat to) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, UpdateLimits::none(), decoded, from));
  return to == UpdateFormat::v1 ? write_whole<WriterV1>(decoded) : write_whole<WriterV2>(decoded);
}

Result<StateVector> decode_state_vector(BytesView bytes) {
  lib0::Decoder decoder(bytes);
  std::uint64_t count = 0;
  StateVector vector;
  if (!decoder.take_var_uint(count)) return decoder.failure();
  for (; count > 0; --count) {
    ClientId client = 0;
    Clock clock = 0;
    if (!decoder.take_var_uint(client) || !decoder.take_var_uint(clock)) return decoder.failure();
    vector.insert_or_assign(client, clock);
  }
  SYNCLINE_TRY(decoder.expect_end());
  return vector;
}

Bytes encode_state_vector(const StateVector& vector) {
  lib0::Encoder encoder;
  encoder.write_var_uint(vector.size());
  for (auto entry = vector.rbegin(); entry != vector.rend(); ++entry) {
    encoder.write_var_uint(entry->first);
    encoder.write_var_uint(entry->second);
  }
  return encoder.take();
}

}  // namespace syncline::crdt
