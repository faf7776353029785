#pragma once

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "sim/checkers/buffer_model.h"
#include "sim/checkers/checker_of.h"
#include "sim/checkers/id_set.h"
#include "sim/reference/document.h"

namespace syncline::checkers {

// No acknowledged edit is lost (P3). At every moment:
//   - when a client is told that something is saved, the log has it, or the write buffer had it;
//   - the buffer drops only what the log has (BufferTrimmed);
//   - what is read from the store alone after a crash, and what the buffer holds, has everything
//     that was ever acknowledged; but for what the buffer has forgotten and is not told of again
//     yet: nodes keep what they appended and append it again;
//   - in the end the log alone has everything.
//
// Some deletions are in no update: of two values that were set for one key at once, the one that
// loses is deleted by whoever has both. A client that deletes it, too, tells nothing new. So where
// a deletion is missed, a naive replica of what is durable says whether it is implied.
//
// Two exemptions. A deletion that two clients made does not count as acknowledged: each may hear of
// it from the other before it is saved, and an update does not say whose it is.
// And what the buffer forgot when whoever had appended it was no longer running, or before that was
// appended again: that takes two failures at once, and durability=buffer promises to survive one.
class Durability final : public CheckerOf<Durability> {
 public:
  static constexpr std::string_view checker_name = "durability";

  explicit Durability(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ClientEdited& event);
  void on(const history::ClientAcknowledged& event);
  void on(const history::LogAppended& event);
  void on(const history::BufferAppended& event);
  void on(const history::BufferTrimmed& event);
  void on(const history::BufferForgot& event);
  void on(const history::ProcessStarted& event);
  void on(const history::ProcessEnded& event);
  void on(const history::ColdRead& event);

 private:
  struct Document {
    EditSet acknowledged;
    EditSet log;
    EditSet buffered;  // Was in the buffer once.
    std::map<history::Party, IdSet> deleted_by;
    BufferModel buffer;
    EditSet forgotten;                       // By the buffer; at least for a while.
    EditSet excused;                         // See above.
    std::map<history::Party, EditSet> kept;  // By those who appended it and are running.
    // What became durable since somebody last asked for implied deletions, and what it came to.
    std::vector<Bytes> new_updates;
    std::unique_ptr<reference::Document> replica;
    IdSet implied;
  };

  void excuse(Document& document, const EditSet& lost);
  static void find_implied_deletions(Document& document);

  std::map<history::DocumentNumber, Document> documents_;
  std::set<history::Party> ended_;
  client::UpdateScan scan_;
};

}  // namespace syncline::checkers
