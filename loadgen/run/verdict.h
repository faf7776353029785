#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/run/participant.h"
#include "server/crdt/doc.h"

namespace syncline::loadgen {

// What is wrong with a run's documents, summed over all of them.
struct Verdict {
  std::uint64_t documents = 0;
  std::uint64_t documents_differing = 0;  // At least two clients or copies are not equal.
  // Edits that at least one client or copy does not have.
  std::uint64_t acknowledged_missing = 0;
  std::uint64_t unacknowledged_missing = 0;
  std::uint64_t unacknowledged = 0;  // Edits, where acknowledgements were asked for.
  std::uint64_t clients_not_synced = 0;
  std::uint64_t clients_confused = 0;  // Received what they could not understand.
  std::uint64_t copies_read = 0;       // By fresh clients, at the end.
  std::uint64_t copies_missing = 0;    // Could not be read.
  std::uint64_t copies_differing = 0;  // Are not what was typed.

  // The first findings in words, one line each.
  static constexpr std::size_t findings_max = 20;
  std::vector<std::string> findings = {};

  bool converged() const {
    return documents_differing == 0 && unacknowledged_missing == 0 && unacknowledged == 0 &&
           clients_not_synced == 0 && clients_confused == 0 && copies_missing == 0 &&
           copies_differing == 0;
  }
  bool passed() const { return converged() && acknowledged_missing == 0; }

  void add(const Verdict& other);
  void note(std::string finding);
};

// Compares what the clients of a document have received, with each other and with what was typed.
Verdict judge_clients(const LoadDocument& document);

// What a document is if everything that was typed is in it and nothing else.
// REQUIRES: !document.has_strangers().
crdt::Doc expected_copy(const LoadDocument& document);

// Whether a fresh client's copy holds everything that was typed.
bool is_complete(const LoadDocument& document, const crdt::Doc& copy);

// Compares a fresh client's whole copy with what was typed: letters, their order, deletions. With
// strangers in the document only that nothing is missing.
Verdict judge_copy(const LoadDocument& document, const std::string& where, const crdt::Doc& copy);

}  // namespace syncline::loadgen
