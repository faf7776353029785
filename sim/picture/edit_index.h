#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "loadgen/client/update_ids.h"
#include "server/base/bytes.h"

namespace syncline::picture {

// Which edits an update, an acknowledgement or an entry of the log is about: by the ids that each
// edit wrote and deleted. What two edits deleted belongs to the one that was told of first.
class EditIndex {
 public:
  void add(std::uint64_t edit, const client::UpdateIds& ids);

  // Sorted, each once. An update that cannot be read is about nothing.
  std::vector<std::uint64_t> edits_in(const client::UpdateIds& ids) const;
  std::vector<std::uint64_t> edits_in(BytesView update) const;

 private:
  // From the first clock of a range: where it ends (one after its last), and who wrote it.
  struct Written {
    std::uint64_t end;
    std::uint64_t edit;
  };
  using WrittenByClient = std::map<std::uint64_t, std::map<std::uint64_t, Written>>;

  static void add(WrittenByClient& written, const client::IdRanges& ids, std::uint64_t edit);
  static void collect(const WrittenByClient& written, const client::IdRanges& ids,
                      std::vector<std::uint64_t>& edits);

  WrittenByClient inserted_;
  WrittenByClient deleted_;
};

}  // namespace syncline::picture
