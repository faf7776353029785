#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/protocol/awareness.h"
#include "server/protocol/request_target.h"
#include "server/protocol/y_websocket.h"

namespace syncline::protocol {
namespace {

Bytes any_bytes(std::size_t length_max = 64) {
  const auto length = *rc::gen::inRange<std::size_t>(0, length_max + 1);
  const auto raw =
      *rc::gen::container<std::vector<std::uint8_t>>(length, rc::gen::arbitrary<std::uint8_t>());
  return to_bytes(std::as_bytes(std::span(raw)));
}

std::string any_json() {
  return *rc::gen::element<std::string>("null", "{}", "[]", "0", "-1.5e3", "\"\"", "\"ü😀\"",
                                        R"({"user":{"name":"A","color":"#fff"}})", "[[1],null]");
}

AwarenessEntry any_entry() {
  return {.client = *rc::gen::inRange<std::uint64_t>(0, limits::safe_integer_max + 1),
          .clock = *rc::gen::inRange<std::uint64_t>(0, awareness_clock_max + 1),
          .state = any_json()};
}

std::vector<AwarenessEntry> any_entries() {
  std::vector<AwarenessEntry> entries;
  const auto count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) entries.push_back(any_entry());
  return entries;
}

// Percent-encodes like encodeURIComponent, which browsers and careful clients use.
std::string percent_encode(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

RC_GTEST_PROP(YWebsocketProperty, EveryPayloadComesBack, ()) {
  const Bytes payload = any_bytes(300);
  const Bytes step1 = y_websocket::sync_step1(payload);
  const Bytes step2 = y_websocket::sync_step2(payload);
  const Bytes update = y_websocket::update(payload);
  const Bytes awareness = y_websocket::awareness(payload);
  const auto same = [&](BytesView view) { return to_bytes(view) == payload; };
  RC_ASSERT(same(std::get<y_websocket::SyncStep1>(*y_websocket::parse(step1)).state_vector));
  RC_ASSERT(same(std::get<y_websocket::SyncStep2>(*y_websocket::parse(step2)).update));
  RC_ASSERT(same(std::get<y_websocket::Update>(*y_websocket::parse(update)).update));
  RC_ASSERT(
      same(std::get<y_websocket::Awareness>(*y_websocket::parse(awareness)).awareness_update));
}

RC_GTEST_PROP(YWebsocketProperty, NoPrefixOfAFrameIsAFrame, ()) {
  const Bytes frame = y_websocket::update(any_bytes());
  const auto length = *rc::gen::inRange<std::size_t>(0, frame.size());
  const auto parsed = y_websocket::parse(BytesView(frame).first(length));
  RC_ASSERT(!parsed.ok());
  RC_ASSERT(parsed.error().code == ErrorCode::truncated);
}

RC_GTEST_PROP(YWebsocketProperty, NothingMayFollowAFrame, ()) {
  Bytes frame = y_websocket::awareness(any_bytes());
  frame.push_back(static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>()));
  const auto parsed = y_websocket::parse(frame);
  RC_ASSERT(!parsed.ok());
  RC_ASSERT(parsed.error().code == ErrorCode::trailing_bytes);
}

RC_GTEST_PROP(YWebsocketProperty, ViewsStayInsideTheFrame, ()) {
  const Bytes frame = any_bytes();
  const auto parsed = y_websocket::parse(frame);
  if (!parsed.ok()) return;
  const auto inside = [&](BytesView view) {
    return view.empty() || (view.data() >= frame.data() &&
                            view.data() + view.size() <= frame.data() + frame.size());
  };
  if (const auto* m = std::get_if<y_websocket::SyncStep1>(&*parsed))
    RC_ASSERT(inside(m->state_vector));
  if (const auto* m = std::get_if<y_websocket::SyncStep2>(&*parsed)) RC_ASSERT(inside(m->update));
  if (const auto* m = std::get_if<y_websocket::Update>(&*parsed)) RC_ASSERT(inside(m->update));
  if (const auto* m = std::get_if<y_websocket::Awareness>(&*parsed)) {
    RC_ASSERT(inside(m->awareness_update));
  }
}

RC_GTEST_PROP(AwarenessProperty, EveryEntryComesBack, ()) {
  const std::vector<AwarenessEntry> entries = any_entries();
  RC_ASSERT(decode_awareness(encode_awareness(entries), {}).value() == entries);
}

RC_GTEST_PROP(AwarenessProperty, ACutUpdateIsTruncated, ()) {
  std::vector<AwarenessEntry> entries = any_entries();
  entries.push_back(any_entry());
  const Bytes update = encode_awareness(entries);
  const auto length = *rc::gen::inRange<std::size_t>(0, update.size());
  const auto decoded = decode_awareness(BytesView(update).first(length), {});
  RC_ASSERT(!decoded.ok());
  RC_ASSERT(decoded.error().code == ErrorCode::truncated);
}

// What the server accepted and passes on must be acceptable again, to a second node or a client.
RC_GTEST_PROP(AwarenessProperty, WhatIsAcceptedSurvivesBeingWrittenAgain, ()) {
  Bytes update = encode_awareness(any_entries());
  const auto at = *rc::gen::inRange<std::size_t>(0, update.size());
  update[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  const auto decoded = decode_awareness(update, {});
  if (!decoded.ok()) return;
  RC_ASSERT(decode_awareness(encode_awareness(*decoded), {}).value() == *decoded);
}

RC_GTEST_PROP(AwarenessProperty, RandomBytesAreReadOrRefused, ()) {
  const auto decoded = decode_awareness(any_bytes(), {});
  if (decoded.ok()) RC_ASSERT(decoded->size() <= AwarenessLimits{}.entries_max);
}

RC_GTEST_PROP(RequestTargetProperty, EncodedNamesComeBack, ()) {
  const std::string document = *rc::gen::arbitrary<std::string>();
  const auto acks = *rc::gen::arbitrary<bool>();
  const std::string target = "/ws/" + percent_encode(document) + (acks ? "?x=%20&acks=1" : "");
  const RequestTarget parsed = parse_request_target(target).value();
  RC_ASSERT(parsed.document == document);
  RC_ASSERT(parsed.acks == acks);
}

RC_GTEST_PROP(RequestTargetProperty, RandomTargetsAreReadOrRefused, ()) {
  const std::string target = "/ws/" + *rc::gen::container<std::string>(
                                          rc::gen::elementOf(std::string("%4aF/?&=acks1#\xff ")));
  const auto parsed = parse_request_target(target);
  if (parsed.ok()) RC_ASSERT(parsed->document.size() <= target.size());
}

}  // namespace
}  // namespace syncline::protocol
