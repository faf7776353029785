#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "sim/checkers/checker_of.h"
#include "sim/checkers/id_set.h"

namespace syncline::reference {
class Document;
}

namespace syncline::checkers {

// In the end the store holds what a naive engine, which shares no code with the real one, makes of
// what the authors wrote: the same elements, deletions and reading. The naive engine is given each
// edit as its author's own replica told it, if the log has it; not what the log says of it.
//
// Its cost grows with the square of a document: documents of more than `elements_max` elements are
// not compared. It tidies no formats away: more of them may be deleted in the log.
class Reference final : public CheckerOf<Reference> {
 public:
  static constexpr std::string_view checker_name = "reference";

  Reference(ViolationSink& sink, std::size_t elements_max)
      : CheckerOf(sink), elements_max_(elements_max) {}

  void on(const history::ClientEdited& event);
  void on(const history::ColdRead& event);

  // How many documents were compared.
  std::size_t compared() const { return compared_; }

 private:
  struct Edit {
    client::UpdateIds ids;
    Bytes update;
  };

  bool apply_logged_edits(history::DocumentNumber document, const history::ReplicaState& state,
                          reference::Document& twin);
  void compare(history::DocumentNumber document, const history::ReplicaState& state,
               const reference::Document& twin);

  const std::size_t elements_max_;
  std::size_t compared_ = 0;
  std::map<history::DocumentNumber, std::vector<Edit>> edits_;
  client::UpdateScan scan_;
};

}  // namespace syncline::checkers
