#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

// A core::Shard that does what its clients tell it to, linked in place of the real one: what is
// tested is the event loop that drives it. Its clients send words:
//
//   echo X      it sends X back at once              later X   it sends X back in flush()
//   pause       it stops reading                     flood     it sends 64 frames of 64 KiB
//   close       it closes with 4422 "told to"        timer     its deadline is 20 ms away
//   large       it sends one frame of 1 MiB
//
// A client of the document "slow" is not read until resume() is posted; one of "refused" is closed
// with 1013.

namespace syncline::adapters::testing {

// What the shard was told, in order, for the test's thread.
class Journal {
 public:
  void add(std::string event);
  // True as soon as the event has come; false after ten seconds without it.
  bool wait_for(const std::string& event);
  std::vector<std::string> events();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

// The journal of the shard that exists now; a test has one at a time.
Journal& journal();
void clear_journal();

// On the shard's thread: reads from everybody again.
void resume();

}  // namespace syncline::adapters::testing
