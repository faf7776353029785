#include "sim/services/document_numbers.h"

namespace syncline::sim {

DocumentNumber DocumentNumbers::number_of(const DocumentName& name) {
  const auto [entry, is_new] = numbers_.try_emplace(name, DocumentNumber{names_.size()});
  if (is_new) names_.push_back(&entry->first);
  return entry->second;
}

}  // namespace syncline::sim
