#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/base/document_name.h"
#include "sim/history/event.h"

namespace syncline::sim {

using history::DocumentNumber;

// The documents of a run, by number in the order in which they were first named. Services and
// messages carry numbers: a name would be copied and compared on every step of every edit.
class DocumentNumbers {
 public:
  DocumentNumbers() = default;
  DocumentNumbers(const DocumentNumbers&) = delete;
  DocumentNumbers& operator=(const DocumentNumbers&) = delete;

  // Numbers it if it is new.
  DocumentNumber number_of(const DocumentName& name);
  // REQUIRES: number_of() has returned it. Lives as long as the registry.
  const DocumentName& name_of(DocumentNumber number) const { return *names_[number.value]; }

  std::size_t count() const { return names_.size(); }

 private:
  struct NameHash {
    std::size_t operator()(const DocumentName& name) const {
      return std::hash<std::string>()(name.text());
    }
  };

  // Looked up, never iterated. Its keys do not move.
  std::unordered_map<DocumentName, DocumentNumber, NameHash> numbers_;
  std::vector<const DocumentName*> names_;
};

}  // namespace syncline::sim
