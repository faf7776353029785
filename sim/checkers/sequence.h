#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// The log of a document counts 1, 2, 3, ... without gaps, and a sequence number, once given, never
// names another update, whoever is given it. In the buffer, lineage and offset together never name
// another, and within a lineage offsets count without gaps.
class SequenceNumbers final : public CheckerOf<SequenceNumbers> {
 public:
  static constexpr std::string_view checker_name = "sequence";

  explicit SequenceNumbers(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::LogAppended& event);
  void on(const history::LogRead& event);
  void on(const history::BufferAppended& event);

 private:
  struct Lineage {
    std::uint64_t first = 0;
    std::uint64_t next = 0;
  };

  // Digests of the entries 1, 2, ...
  std::map<history::DocumentNumber, std::vector<std::uint64_t>> logs_;
  std::map<std::pair<history::DocumentNumber, std::uint64_t>, Lineage> lineages_;
};

}  // namespace syncline::checkers
