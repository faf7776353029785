#include "sim/checkers/forgetting.h"

#include <algorithm>
#include <string>

#include "sim/checkers/digest.h"

namespace syncline::checkers {

using history::to_text;

void Forgetting::on(const history::SnapshotWritten& event) {
  documents_[event.document].written[event.sequence.value] = digest_of(event.state);
}

void Forgetting::on(const history::SnapshotKept& event) {
  Document& document = documents_[event.document];
  const auto written = document.written.find(event.sequence.value);
  document.kept[event.sequence.value] =
      written != document.written.end() && written->second == digest_of(event.state);
}

void Forgetting::on(const history::LogForgotten& event) {
  Document& document = documents_[event.document];
  const auto holds = std::ranges::count_if(document.kept, [&](const auto& snapshot) {
    return snapshot.first >= event.through.value && snapshot.second;
  });
  document.kept.clear();
  if (holds >= 2) return;
  violate("the log of " + to_text(event.document) + " forgets all through " +
          std::to_string(event.through.value) + ", and of the snapshots that are left " +
          std::to_string(holds) + " are intact and hold it");
}

}  // namespace syncline::checkers
