#pragma once

#include <cstddef>
#include <cstdint>

// Everything that can grow has a maximum with a name. What an operator may want to change is a
// field of core::Config with one of these as its default; what no one should change is used
// directly.

namespace syncline::limits {

inline constexpr std::size_t kibibyte = 1024;
inline constexpr std::size_t mebibyte = 1024 * kibibyte;

// JavaScript's Number.MAX_SAFE_INTEGER: lib0 throws on anything above it.
inline constexpr std::uint64_t safe_integer_max = (std::uint64_t{1} << 53) - 1;

// One WebSocket message on the way in (--max-message-bytes).
inline constexpr std::size_t message_bytes_max = 16 * mebibyte;

// A document name, in UTF-8 bytes, after percent-decoding.
inline constexpr std::size_t document_name_bytes_max = 512;

// How deep shared types, lib0 `any` values and JSON texts may nest. yjs recurses over types, so a
// deeper document would overflow a stock client's stack.
inline constexpr std::size_t nesting_depth_max = 128;

// The longest reason a WebSocket close frame can carry (RFC 6455: 125 bytes less the code).
inline constexpr std::size_t close_reason_bytes_max = 123;

// The memory of structs and delete ranges that wait for missing predecessors, per document: their
// bytes, and about 130 for each. A letter typed takes some 18 bytes, so that is room for about as
// many as the largest message can bring.
inline constexpr std::size_t pending_bytes_max = 128 * mebibyte;

static_assert(pending_bytes_max >= 8 * message_bytes_max, "a message of letters may have to wait");

// An encoded state vector; one entry has at least two bytes.
inline constexpr std::size_t state_vector_bytes_max = 2 * mebibyte;

// One client's awareness state (JSON text), and how many client ids one connection may bring.
inline constexpr std::size_t awareness_state_bytes_max = 64 * kibibyte;
inline constexpr std::size_t awareness_entries_max = 100'000;  // In one message.
inline constexpr std::size_t awareness_clients_per_connection_max = 64;

}  // namespace syncline::limits
