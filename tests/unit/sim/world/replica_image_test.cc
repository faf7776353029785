#include "sim/replica_image.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "server/crdt/text.h"
#include "server/crdt/update.h"

namespace syncline::sim {
namespace {

TEST(ReplicaImage, HoldsWhatIsThere) {
  crdt::Doc doc({.client_id = 1});
  doc.transact([](crdt::Doc& in) {
    ASSERT_TRUE(in.text("t").insert(0, "abc").ok());
    ASSERT_TRUE(in.text("t").remove(1, 1).ok());
  });
  const ReplicaImage image(doc);
  const history::ReplicaState state = image.state();
  EXPECT_EQ(state.reading, R"({"t":"ac"})");
  EXPECT_FALSE(state.pending);
  // One client, one range, of length 1 at clock 1.
  const std::byte wanted[] = {std::byte{1}, std::byte{1}, std::byte{1}, std::byte{1}, std::byte{1}};
  EXPECT_TRUE(std::ranges::equal(state.delete_set, wanted));

  crdt::Doc other;
  ASSERT_TRUE(other.apply_update(state.encoded).ok());
  EXPECT_TRUE(std::ranges::equal(ReplicaImage(other).state().state_vector, state.state_vector));
}

TEST(ReplicaImage, AnEmptyReplica) {
  const ReplicaImage image{crdt::Doc()};
  EXPECT_EQ(image.state().delete_set.size(), 1u);
  EXPECT_EQ(image.state().encoded.size(), 2u);
}

}  // namespace
}  // namespace syncline::sim
