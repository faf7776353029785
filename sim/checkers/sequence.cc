#include "sim/checkers/sequence.h"

#include "sim/checkers/digest.h"

namespace syncline::checkers {

using history::to_text;

void SequenceNumbers::on(const history::LogAppended& event) {
  auto& log = logs_[event.document];
  const std::uint64_t sequence = event.sequence.value;
  if (sequence == log.size() + 1) return log.push_back(digest_of(event.update));
  if (sequence > log.size()) {
    return violate("the log of " + to_text(event.document) + " goes from " +
                   std::to_string(log.size()) + " to " + std::to_string(sequence));
  }
  violate("the log of " + to_text(event.document) + " gives out " + std::to_string(sequence) +
          " again; it has got to " + std::to_string(log.size()));
}

void SequenceNumbers::on(const history::LogRead& event) {
  const auto& log = logs_[event.document];
  const std::uint64_t sequence = event.sequence.value;
  if (sequence == 0 || sequence > log.size()) {
    return violate(to_text(event.reader) + " is given " + std::to_string(sequence) +
                   " of the log of " + to_text(event.document) + ", which nobody appended");
  }
  if (log[sequence - 1] == digest_of(event.update)) return;
  violate(to_text(event.reader) + " is given another " + std::to_string(sequence) +
          " of the log of " + to_text(event.document) + " than was appended");
}

// An offset that is always the next one is never given out twice.
void SequenceNumbers::on(const history::BufferAppended& event) {
  Lineage& lineage = lineages_[{event.document, event.lineage}];
  if (lineage.first == 0) lineage = {.first = event.offset, .next = event.offset};
  if (event.offset == lineage.next && event.offset > 0) {
    ++lineage.next;
    return;
  }
  const bool again = event.offset >= lineage.first && event.offset < lineage.next;
  violate("the buffer of " + to_text(event.document) + (again ? " gives out" : " goes to") +
          " offset " + std::to_string(event.offset) + " of lineage " +
          std::to_string(event.lineage) + (again ? " again" : "") + "; it had got to " +
          std::to_string(lineage.next - 1));
}

}  // namespace syncline::checkers
