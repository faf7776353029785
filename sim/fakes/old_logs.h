#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "server/ports/history_store.h"
#include "sim/services/document_numbers.h"
#include "sim/services/store_requests.h"

// What both history stores do: services know documents by number, and the catalogue is in the order
// of their names.

namespace syncline::sim {

// The documents to look at.
inline std::vector<DocumentNumber> catalogue_page(const DocumentNumbers& numbers,
                                                  const std::optional<DocumentName>& after,
                                                  std::size_t count_max) {
  std::vector<DocumentNumber> page;
  for (std::uint64_t number = 0; number < numbers.count(); ++number) {
    if (!after || numbers.name_of({number}) > *after) page.push_back({number});
  }
  std::ranges::sort(page, {}, [&](DocumentNumber number) -> const DocumentName& {
    return numbers.name_of(number);
  });
  if (page.size() > count_max) page.resize(count_max);
  return page;
}

inline ports::OldLogPage old_log_page(const DocumentNumbers& numbers, const OldLogRows& rows,
                                      std::optional<DocumentNumber> last) {
  ports::OldLogPage page;
  for (const OldLogRow& row : rows) {
    page.logs.push_back({.document = numbers.name_of(row.document),
                         .first = row.first,
                         .due = row.due,
                         .head = row.head});
  }
  if (last) page.last = numbers.name_of(*last);
  return page;
}

}  // namespace syncline::sim
