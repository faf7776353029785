// lib0's `any`: reading, moving over and writing agree.

#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/lib0/any.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const BytesView input = std::as_bytes(std::span(data, size));
  lib0::Decoder decoder(input);
  const auto value = lib0::read_any(decoder);
  lib0::Decoder skipping(input);
  bool canonical = false;
  const bool skipped = lib0::skip_any(skipping, limits::nesting_depth_max, canonical);
  SYNCLINE_ASSERT(value.ok() == skipped);
  if (!value.ok()) return 0;
  SYNCLINE_ASSERT(decoder.position() == skipping.position());
  lib0::Encoder encoder;
  lib0::write_any(encoder, *value);
  if (canonical) SYNCLINE_ASSERT(as_text(encoder.view()) == as_text(decoder.since(0)));
  const Bytes written = encoder.take();
  lib0::Decoder again(written);
  const auto read = lib0::read_any(again);
  SYNCLINE_ASSERT(read.ok() && again.done());
  lib0::Encoder second;
  lib0::write_any(second, *read);
  SYNCLINE_ASSERT(as_text(second.view()) == as_text(written));
  (void)lib0::to_json(*value);
  return 0;
}
