#include "sim/typist.h"

#include <string>

#include <gtest/gtest.h>

#include "server/crdt/text.h"

namespace syncline::sim {
namespace {

std::string typed(const TypingStyle& style, std::uint64_t seed, int strokes) {
  Typist typist(style, "CANARY", RandomStream(seed, "client-1", "typing"));
  crdt::Doc doc({.client_id = 1});
  for (int stroke = 0; stroke < strokes; ++stroke) {
    EXPECT_GT(typist.next_pause(), Duration::zero());
    doc.transact([&](crdt::Doc& in) { typist.type(in); });
    EXPECT_TRUE(doc.check().ok());
  }
  return doc.to_json();
}

TEST(Typist, TypesTheSameFromTheSameSeed) {
  EXPECT_EQ(typed({}, 1, 200), typed({}, 1, 200));
  EXPECT_NE(typed({}, 1, 200), typed({}, 2, 200));
}

TEST(Typist, BeginsWithTheCanary) { EXPECT_NE(typed({}, 1, 1).find("CANARY"), std::string::npos); }

TEST(Typist, NeverBreaksAPairOfSurrogates) {
  const TypingStyle style{.deletes = true, .formats = true, .surrogates = true};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(typed(style, seed, 300).find("\xEF\xBF\xBD"), std::string::npos) << seed;
  }
}

TEST(Typist, DoesNotLetTextsGrowForEver) {
  EXPECT_LT(typed({.big_pastes = true}, 3, 3'000).size(), 200'000u);
}

}  // namespace
}  // namespace syncline::sim
