#include "server/adapters/beast/websocket_handshake.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace syncline::adapters {
namespace {

constexpr std::string_view accept_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t key_characters = 24;  // 16 bytes in base64.

bool is_key(std::string_view key) {
  return key.size() == key_characters && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2,
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
}

std::string accept_for(std::string_view key) {
  std::string text(key);
  text += accept_suffix;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), SHA_DIGEST_LENGTH);
  return std::string(reinterpret_cast<const char*>(encoded.data()),
                     static_cast<std::size_t>(length));
}

std::string_view first_of_list(std::string_view list) {
  list = list.substr(0, list.find(','));
  while (list.starts_with(' ') || list.starts_with('\t')) list.remove_prefix(1);
  while (list.ends_with(' ') || list.ends_with('\t')) list.remove_suffix(1);
  return list;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

Result<Bytes> handshake_response(const HandshakeRequest& request) {
  if (request.version != "13") {
    return Error{ErrorCode::unsupported_version, "Sec-WebSocket-Version must be 13"};
  }
  if (!is_key(request.key)) {
    return Error{ErrorCode::malformed, "Sec-WebSocket-Key must be 16 bytes in base64"};
  }
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "upgrade: websocket\r\n"
      "connection: upgrade\r\n"
      "server: syncline\r\n"
      "sec-websocket-accept: ";
  text += accept_for(request.key);
  const std::string_view protocol = first_of_list(request.protocols);
  if (!protocol.empty()) text.append("\r\nsec-websocket-protocol: ").append(protocol);
  text += "\r\n\r\n";
  return to_bytes(as_bytes(text));
}

bool origin_allowed(std::string_view origin, std::string_view host,
                    std::span<const std::string> allowed) {
  if (allowed.empty() || origin.empty()) return true;
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    if (entry != "same") return entry == "*" || equal_ignoring_case(entry, origin);
    const auto scheme_end = origin.find("://");
    return scheme_end != std::string_view::npos &&
           equal_ignoring_case(origin.substr(scheme_end + 3), host);
  });
}

}  // namespace syncline::adapters
