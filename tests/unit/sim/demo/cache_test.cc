#include "sim/demo/cache.h"

#include "server/protocol/cache_control.h"

namespace syncline::demo {
namespace {

TEST(Cache, KeepsWhatSaysNothingAsLongAsItIsConfiguredTo) {
  Cache cache;
  EXPECT_EQ(cache.get("/a", seconds(10), ""), seconds(10));
  EXPECT_EQ(cache.get("/a", seconds(309), ""), seconds(10));
  EXPECT_EQ(cache.get("/b", seconds(309), ""), seconds(309));
  EXPECT_EQ(cache.get("/a", seconds(310), ""), seconds(310));
}

TEST(Cache, KeepsNothingOfWhatTheServerSaysOfDocuments) {
  Cache cache;
  EXPECT_EQ(cache.get("/a", seconds(10), protocol::never_cached), seconds(10));
  EXPECT_EQ(cache.get("/a", seconds(11), protocol::never_cached), seconds(11));
}

TEST(Cache, ReadsDirectives) {
  const Duration unsaid = seconds(7);
  EXPECT_EQ(lifetime_of("", unsaid), unsaid);
  EXPECT_EQ(lifetime_of("public", unsaid), unsaid);
  EXPECT_EQ(lifetime_of("public, max-age=60", unsaid), seconds(60));
  EXPECT_EQ(lifetime_of("max-age=60,s-maxage=5", unsaid), seconds(5));
  EXPECT_EQ(lifetime_of("max-age=60, no-store", unsaid), seconds(0));
  EXPECT_EQ(lifetime_of("private, max-age=60", unsaid), seconds(0));
  EXPECT_EQ(lifetime_of("max-age=sixty", unsaid), unsaid);
  EXPECT_EQ(lifetime_of(protocol::cached_for_ever, unsaid), seconds(31'536'000));
}

}  // namespace
}  // namespace syncline::demo
