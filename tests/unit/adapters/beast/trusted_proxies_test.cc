#include "server/adapters/beast/trusted_proxies.h"

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

std::string client(const std::vector<std::string>& trusted, std::string_view peer,
                   const std::vector<std::string_view>& forwarded_for) {
  const auto proxies = TrustedProxies::parse(trusted);
  return proxies.ok() ? proxies->client(peer, forwarded_for) : "refused";
}

const std::vector<std::string> gateways = {"10.0.0.0/8", "192.0.2.7", "fd00::/16"};

TEST(TrustedProxies, NobodyIsBelievedUnlessNamed) {
  EXPECT_EQ(client({}, "10.1.2.3", {"203.0.113.9"}), "10.1.2.3");
  EXPECT_EQ(client(gateways, "203.0.113.1", {"203.0.113.9"}), "203.0.113.1");
  EXPECT_EQ(client(gateways, "192.0.2.8", {"203.0.113.9"}), "192.0.2.8");
  EXPECT_EQ(client(gateways, "fd01::1", {"203.0.113.9"}), "fd01::1");
}

TEST(TrustedProxies, ATrustedPeerSaysWhoTheClientIs) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client(gateways, "192.0.2.7", {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client(gateways, "fd00::1", {"2001:db8::5"}), "2001:db8::5");
  EXPECT_EQ(client(gateways, "::ffff:10.1.2.3", {"203.0.113.9"}), "203.0.113.9");
}

TEST(TrustedProxies, WithoutAWordFromIt_ItIsThePeer) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {}), "10.1.2.3");
  EXPECT_EQ(client(gateways, "10.1.2.3", {""}), "10.1.2.3");
}

// What the client wrote itself stands before what the gateway has seen.
TEST(TrustedProxies, WhatStandsBeforeTheFirstStrangerIsNotBelieved) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {"6.6.6.6, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client(gateways, "10.1.2.3", {"6.6.6.6", "203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client(gateways, "10.1.2.3", {"10.6.6.6, 203.0.113.9,10.9.9.9"}), "203.0.113.9");
}

TEST(TrustedProxies, IfAllAreTrusted_ItIsTheFarthest) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {"10.4.4.4, 10.5.5.5"}), "10.4.4.4");
}

TEST(TrustedProxies, NonsenseEndsTheChain) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {"203.0.113.9, unknown"}), "10.1.2.3");
  EXPECT_EQ(client(gateways, "10.1.2.3", {"203.0.113.9, , 10.5.5.5"}), "10.5.5.5");
  EXPECT_EQ(client(gateways, "10.1.2.3", {"<script>"}), "10.1.2.3");
}

TEST(TrustedProxies, PortsAreLeftOut) {
  EXPECT_EQ(client(gateways, "10.1.2.3", {"203.0.113.9:4711"}), "203.0.113.9");
  EXPECT_EQ(client(gateways, "10.1.2.3", {"[2001:db8::5]:4711"}), "2001:db8::5");
}

TEST(TrustedProxies, NetworksEndBetweenBytes) {
  const std::vector<std::string> narrow = {"172.16.0.0/12"};
  EXPECT_EQ(client(narrow, "172.31.255.255", {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client(narrow, "172.32.0.0", {"203.0.113.9"}), "172.32.0.0");
  EXPECT_EQ(client({"0.0.0.0/0"}, "1.2.3.4", {"203.0.113.9"}), "203.0.113.9");
}

TEST(TrustedProxies, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "gateway", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "fd00::/129",
                           "10.0.0.0/-1", "10.0.0.0/8x"}) {
    const std::vector<std::string> networks = {text};
    const auto parsed = TrustedProxies::parse(networks);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().detail.find("such as 10.0.0.0/8"), std::string::npos);
  }
}

}  // namespace
}  // namespace syncline::adapters
