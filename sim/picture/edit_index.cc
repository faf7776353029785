#include "sim/picture/edit_index.h"

#include <algorithm>

namespace syncline::picture {

void EditIndex::add(std::uint64_t edit, const client::UpdateIds& ids) {
  add(inserted_, ids.inserted, edit);
  add(deleted_, ids.deleted, edit);
}

std::vector<std::uint64_t> EditIndex::edits_in(const client::UpdateIds& ids) const {
  std::vector<std::uint64_t> edits;
  collect(inserted_, ids.inserted, edits);
  collect(deleted_, ids.deleted, edits);
  std::sort(edits.begin(), edits.end());
  edits.erase(std::unique(edits.begin(), edits.end()), edits.end());
  return edits;
}

std::vector<std::uint64_t> EditIndex::edits_in(BytesView update) const {
  const auto ids = client::read_update_ids(update);
  return ids.ok() ? edits_in(ids.value()) : std::vector<std::uint64_t>();
}

void EditIndex::add(WrittenByClient& written, const client::IdRanges& ids, std::uint64_t edit) {
  for (const auto& [client, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) written[client].try_emplace(begin, Written{end, edit});
  }
}

void EditIndex::collect(const WrittenByClient& written, const client::IdRanges& ids,
                        std::vector<std::uint64_t>& edits) {
  for (const auto& [client, ranges] : ids.by_client()) {
    const auto of_client = written.find(client);
    if (of_client == written.end()) continue;
    for (const auto& [begin, end] : ranges) {
      auto it = of_client->second.upper_bound(begin);
      if (it != of_client->second.begin()) --it;
      for (; it != of_client->second.end() && it->first < end; ++it) {
        if (it->second.end > begin) edits.push_back(it->second.edit);
      }
    }
  }
}

}  // namespace syncline::picture
