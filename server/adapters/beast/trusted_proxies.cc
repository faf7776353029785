#include "server/adapters/beast/trusted_proxies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <ranges>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace syncline::adapters {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

// An IPv4 address may reach a socket that speaks both as ::ffff:10.0.0.5, and is the same.
ip::address plain(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<ip::address> parse_address(std::string_view text) {
  error_code error;
  const auto address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return plain(address);
}

// An entry of X-Forwarded-For, which some proxies write with a port.
std::optional<ip::address> parse_entry(std::string_view entry) {
  entry = trimmed(entry);
  if (entry.starts_with('[')) {
    entry.remove_prefix(1);
    return parse_address(entry.substr(0, entry.find(']')));
  }
  if (std::ranges::count(entry, ':') == 1) entry = entry.substr(0, entry.find(':'));
  return parse_address(entry);
}

// The first `bits` bits are equal.
template <std::size_t size>
bool same_prefix(const std::array<unsigned char, size>& a, const std::array<unsigned char, size>& b,
                 unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

struct Network {
  ip::address address;
  unsigned bits = 0;

  bool contains(const ip::address& other) const {
    if (address.is_v4() != other.is_v4()) return false;
    return address.is_v4()
               ? same_prefix(address.to_v4().to_bytes(), other.to_v4().to_bytes(), bits)
               : same_prefix(address.to_v6().to_bytes(), other.to_v6().to_bytes(), bits);
  }
};

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  const unsigned bits_max = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Network{*address, bits_max};
  const std::string_view length = text.substr(slash + 1);
  Network network{*address, 0};
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), network.bits);
  const bool whole =
      !length.empty() && error == std::errc() && end == length.data() + length.size();
  if (!whole || network.bits > bits_max) return std::nullopt;
  return network;
}

}  // namespace

class TrustedProxies::Networks {
 public:
  void add(Network network) { all_.push_back(std::move(network)); }
  bool contain(const ip::address& address) const {
    return std::ranges::any_of(all_, [&](const Network& one) { return one.contains(address); });
  }

 private:
  std::vector<Network> all_;
};

TrustedProxies::TrustedProxies() : networks_(std::make_unique<Networks>()) {}
TrustedProxies::~TrustedProxies() = default;
TrustedProxies::TrustedProxies(TrustedProxies&&) noexcept = default;
TrustedProxies& TrustedProxies::operator=(TrustedProxies&&) noexcept = default;

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    auto network = parse_network(text);
    if (!network.has_value()) {
      return Error{ErrorCode::invalid_argument,
                   "expected an address or a network such as 10.0.0.0/8, not '" + text + "'"};
    }
    proxies.networks_->add(std::move(*network));
  }
  return proxies;
}

std::string TrustedProxies::client(std::string_view peer,
                                   std::span<const std::string_view> forwarded_for) const {
  auto nearest = parse_address(peer);
  if (!nearest.has_value()) return std::string(peer);
  for (std::string_view list : std::views::reverse(forwarded_for)) {
    while (!list.empty()) {
      if (!networks_->contain(*nearest)) return nearest->to_string();
      const auto comma = list.rfind(',');
      const auto said =
          parse_entry(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (!said.has_value()) return nearest->to_string();
      nearest = said;
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    }
  }
  return nearest->to_string();
}

}  // namespace syncline::adapters
