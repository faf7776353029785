#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"

namespace syncline::loadgen {

// The root text that everybody types into.
inline constexpr std::string_view root_name = "text";

// The letter that a client writes at a clock. Every letter of a run follows from who wrote it when,
// so whoever receives one knows whether it is right, without keeping anything.
char letter_of(std::uint64_t client, std::uint64_t clock);

// One keystroke, which is one transaction and one update.
struct Edit {
  bool deletes = false;
  bool measured = false;    // Made after the warm-up, before the end.
  std::uint32_t clock = 0;  // Of the first letter written, or of the one deleted.
  std::uint32_t length = 0;
  Instant scheduled = {};

  std::uint32_t end() const { return clock + length; }
};

// Somebody who types at the end of a paragraph of his own, and sometimes takes the last letter
// back. The updates are what yjs makes of these keystrokes in an empty document, without a
// document: a letter names the one written before it, deleted or not, and nothing of others. That
// is what lets one core type as thousands of people.
class Typist {
 public:
  // REQUIRES: letters_per_edit > 0.
  Typist(std::uint64_t client, std::uint32_t letters_per_edit)
      : client_(client), letters_per_edit_(letters_per_edit) {}

  // Appends an insertion. Returns its index.
  std::size_t insert(Instant scheduled, bool measured);
  // Appends a deletion of the last letter. REQUIRES: can_delete().
  std::size_t remove(Instant scheduled, bool measured);
  bool can_delete() const { return !visible_.empty(); }

  std::uint64_t client() const { return client_; }
  // Letters ever written: the next one's clock.
  std::uint32_t clock() const { return clock_; }
  const std::vector<Edit>& edits() const { return edits_; }

  // The index of the insertion that wrote a letter. REQUIRES: clock < clock().
  std::size_t insertion_of(std::uint64_t clock) const {
    return insertions_[static_cast<std::size_t>(clock) / letters_per_edit_];
  }
  // The index of the deletion of a letter, if there is one.
  std::optional<std::size_t> deletion_of(std::uint64_t clock) const;

  // One update of the edits [from, to).
  Bytes update(std::size_t from, std::size_t to) const;
  // One update of all edits, as for somebody who has the letters before `clock`: his missing
  // letters and every deletion, as yjs sends them.
  Bytes update_beyond(std::uint64_t clock) const;

 private:
  template <class Wanted>
  Bytes encode(std::size_t from, std::size_t to, const Wanted& wanted) const;

  const std::uint64_t client_;
  const std::uint32_t letters_per_edit_;
  std::uint32_t clock_ = 0;
  std::vector<Edit> edits_;
  std::vector<std::uint32_t> insertions_;                       // Indexes into edits_.
  std::unordered_map<std::uint32_t, std::uint32_t> deletions_;  // By clock: index into edits_.

  // The letters that are not deleted, as runs [begin, end) of clocks.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> visible_;
};

}  // namespace syncline::loadgen
