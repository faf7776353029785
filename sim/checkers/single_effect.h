#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/checkers/checker_of.h"
#include "sim/checkers/flat_map.h"
#include "sim/checkers/id_set.h"
#include "sim/checkers/state_vector.h"

namespace syncline::checkers {

// An edit has one effect or, as long as nobody has been told that it is saved, none; never two, and
// never another. That is:
//   - each element is written once, by one edit of one client;
//   - wherever an element turns up (log, buffer, snapshot, cold read), it holds what its author
//     wrote and stands where its author put it, and no state or update holds it twice;
//   - nothing turns up anywhere (there, at a client, in a state vector) that nobody wrote.
// The log may hold an edit twice: an append whose outcome was unknown is repeated.
class SingleEffect final : public CheckerOf<SingleEffect> {
 public:
  static constexpr std::string_view checker_name = "single_effect";

  explicit SingleEffect(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ClientEdited& event);
  void on(const history::ClientApplied& event);
  void on(const history::ReplicaSeen& event);
  void on(const history::LogAppended& event);
  void on(const history::BufferAppended& event);
  void on(const history::SnapshotWritten& event);
  void on(const history::ColdRead& event);

 private:
  // The elements of one client: digests by clock; 0 where its content was never told.
  using Contents = std::vector<std::uint64_t>;
  struct Document {
    IdSet written;
    FlatMap<Contents> contents;
  };

  Document& document(history::DocumentNumber number);
  void write(Document& document, const client::ScannedRun& run, const std::string& author);
  // Judges an update or state; `where` says what it is, and is asked only if something is wrong.
  template <class Where>
  void judge(Document& document, BytesView update, const Where& where);
  // The first clock whose element holds something else than its author wrote, or the run's end.
  std::uint64_t first_other(Document& document, const client::ScannedRun& run);

  std::vector<Document> documents_;  // By number.
  client::UpdateScan scan_;
  StateVector vector_;
  std::vector<std::uint64_t> elements_;
};

}  // namespace syncline::checkers
