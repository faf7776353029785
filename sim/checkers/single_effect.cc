#include "sim/checkers/single_effect.h"

#include "sim/checkers/content_digest.h"

namespace syncline::checkers {

using client::ScannedRun;
using history::to_text;

namespace {

std::string range_text(std::uint64_t client, ClockRange range) {
  client::IdRanges ids;
  ids.add(client, range.begin, range.end - range.begin);
  return ids.to_string({});
}

}  // namespace

SingleEffect::Document& SingleEffect::document(history::DocumentNumber number) {
  if (number.value >= documents_.size()) documents_.resize(number.value + 1);
  return documents_[number.value];
}

void SingleEffect::on(const history::ClientEdited& event) {
  Document& document = this->document(event.document);
  const std::string edit = to_text(event.client) + " in edit " + std::to_string(event.edit) +
                           " of " + to_text(event.document);
  if (!client::scan_update(event.update, scan_).ok()) return violate(edit + " is unreadable");
  for (const ScannedRun& run : scan_.runs) write(document, run, edit);
}

void SingleEffect::write(Document& document, const ScannedRun& run, const std::string& author) {
  const std::uint64_t known = document.written.prefix(run.client);
  if (run.clock < known) {
    return violate(author + " writes " + range_text(run.client, {run.clock, run.end()}) +
                   ", which was written before");
  }
  document.written.add(run.client, {run.clock, run.end()});
  Contents& contents = document.contents[run.client];
  contents.resize(run.end(), 0);
  if (!run.has_content()) return;
  digest_elements(run, elements_);
  std::copy(elements_.begin(), elements_.end(),
            contents.begin() + static_cast<std::ptrdiff_t>(run.clock));
}

std::uint64_t SingleEffect::first_other(Document& document, const ScannedRun& run) {
  if (!run.has_content()) return run.end();
  const Contents* contents = document.contents.find(run.client);
  digest_elements(run, elements_);
  for (std::uint64_t i = 0; i < run.length; ++i) {
    const std::uint64_t written = (*contents)[run.clock + i];
    if (written != 0 && written != elements_[i]) return run.clock + i;
  }
  return run.end();
}

template <class Where>
void SingleEffect::judge(Document& document, BytesView update, const Where& where) {
  if (!client::scan_update(update, scan_).ok()) return violate(where() + " cannot be read");
  const ScannedRun* before = nullptr;
  for (const ScannedRun& run : scan_.runs) {
    const ClockRange range{run.clock, run.end()};
    if (before != nullptr && before->client == run.client && run.clock < before->end()) {
      violate(where() + " holds " + range_text(run.client, range) + " twice");
    }
    before = &run;
    if (!document.written.contains(run.client, range)) {
      violate(where() + " holds " + range_text(run.client, range) + ", which nobody wrote");
      continue;
    }
    const std::uint64_t other = first_other(document, run);
    if (other == run.end()) continue;
    violate(where() + " holds at " + range_text(run.client, {other, other + 1}) +
            " something else than its author wrote");
  }
}

void SingleEffect::on(const history::ClientApplied& event) {
  const IdSet& written = document(event.document).written;
  if (written.contains(event.ids.inserted)) return;
  violate(to_text(event.client) + " gets " +
          missing_in(event.ids.inserted, {&written}).to_string({}) + " of " +
          to_text(event.document) + ", which nobody wrote");
}

void SingleEffect::on(const history::ReplicaSeen& event) {
  if (!vector_.read(event.state.state_vector)) {
    return violate("the state vector of " + to_text(event.party) + " cannot be read");
  }
  const IdSet& written = document(event.document).written;
  for (const Known& known : vector_.entries()) {
    if (known.clock <= written.prefix(known.client)) continue;
    violate(to_text(event.party) + " has of " + to_text(event.document) + " " +
            range_text(known.client, {written.prefix(known.client), known.clock}) +
            ", which nobody wrote");
  }
}

void SingleEffect::on(const history::LogAppended& event) {
  judge(document(event.document), event.update, [&] {
    return "entry " + std::to_string(event.sequence.value) + " of the log of " +
           to_text(event.document);
  });
}

void SingleEffect::on(const history::BufferAppended& event) {
  judge(document(event.document), event.update, [&] {
    return "entry " + std::to_string(event.offset) + " of the buffer of " + to_text(event.document);
  });
}

void SingleEffect::on(const history::SnapshotWritten& event) {
  judge(document(event.document), event.state, [&] {
    return "the snapshot at " + std::to_string(event.sequence.value) + " of " +
           to_text(event.document);
  });
}

void SingleEffect::on(const history::ColdRead& event) {
  Document& document = this->document(event.document);
  judge(document, event.from_log.encoded, [&] { return "the log of " + to_text(event.document); });
  judge(document, event.from_snapshot.encoded,
        [&] { return "the snapshot of " + to_text(event.document) + " and what follows it"; });
}

}  // namespace syncline::checkers
