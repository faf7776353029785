#include "sim/tripwire.h"

#include <chrono>
#include <ctime>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

namespace syncline::sim {
namespace {

TEST(Tripwire, LetsEverythingThroughOutsideOfARun) {
  EXPECT_GT(std::time(nullptr), 0);
  EXPECT_GT(std::chrono::steady_clock::now().time_since_epoch().count(), 0);
  std::thread([] {}).join();
  std::random_device()();
  char byte = 0;
  EXPECT_EQ(getrandom(&byte, 1, 0), 1);
}

// Each ends the process and says what it was.
TEST(TripwireDeathTest, EndsWhatReachesOutOfARun) {
  const auto inside = [](const auto& call) {
    const Tripwire tripwire;
    call();
  };
  EXPECT_DEATH(inside([] { std::time(nullptr); }), "time was called from inside a run");
  EXPECT_DEATH(inside([] { std::chrono::steady_clock::now(); }), "clock_gettime was called");
  EXPECT_DEATH(inside([] { std::chrono::system_clock::now(); }), "clock_gettime was called");
  EXPECT_DEATH(inside([] { std::thread([] {}).join(); }), "pthread_create was called");
  EXPECT_DEATH(inside([] { std::random_device()(); }), "random_device was called");
  EXPECT_DEATH(inside([] { socket(AF_INET, SOCK_STREAM, 0); }), "socket was called");
  EXPECT_DEATH(inside([] {
                 char byte = 0;
                 getrandom(&byte, 1, 0);
               }),
               "getrandom was called");
}

}  // namespace
}  // namespace syncline::sim
