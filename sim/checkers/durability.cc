#include "sim/checkers/durability.h"

namespace syncline::checkers {

using history::to_text;

void Durability::on(const history::ClientEdited& event) {
  if (event.ids.deleted.empty()) return;
  documents_[event.document].deleted_by[event.client].add(event.ids.deleted);
}

void Durability::on(const history::ClientAcknowledged& event) {
  Document& document = documents_[event.document];
  if (!document.log.inserted.contains(event.ids.inserted)) {
    const auto missing =
        missing_in(event.ids.inserted, {&document.log.inserted, &document.buffered.inserted});
    if (!missing.empty()) {
      violate(to_text(event.client) + " is told that " + missing.to_string({}) + " of " +
              to_text(event.document) + " is saved, and it is not");
    }
  }
  document.acknowledged.inserted.add(event.ids.inserted);
  if (event.ids.deleted.empty()) return;
  std::vector<const IdSet*> others;
  for (const auto& [client, deleted] : document.deleted_by) {
    if (client != event.client) others.push_back(&deleted);
  }
  const client::IdRanges own = missing_in(event.ids.deleted, others);
  auto missing = missing_in(own, {&document.log.deleted, &document.buffered.deleted});
  if (!missing.empty()) {
    find_implied_deletions(document);
    missing = missing_in(missing, {&document.implied});
  }
  if (!missing.empty()) {
    violate(to_text(event.client) + " is told that the deletion of " + missing.to_string({}) +
            " in " + to_text(event.document) + " is saved, and it is not");
  }
  document.acknowledged.deleted.add(own);
}

void Durability::on(const history::LogAppended& event) {
  if (!client::scan_update(event.update, scan_).ok()) {
    return violate("entry " + std::to_string(event.sequence.value) + " of the log of " +
                   to_text(event.document) + " cannot be read");
  }
  Document& document = documents_[event.document];
  document.log.add(scan_);
  document.new_updates.push_back(to_bytes(event.update));
}

void Durability::on(const history::BufferAppended& event) {
  if (!client::scan_update(event.update, scan_).ok()) {
    return violate("entry " + std::to_string(event.offset) + " of the buffer of " +
                   to_text(event.document) + " cannot be read");
  }
  Document& document = documents_[event.document];
  document.buffer.append(event.offset, scan_);
  document.buffered.add(scan_);
  document.new_updates.push_back(to_bytes(event.update));
  const bool keeps = event.writer.number == 0 || !ended_.contains(event.writer);
  if (keeps) document.kept[event.writer].add(scan_);
}

void Durability::on(const history::BufferTrimmed& event) {
  Document& document = documents_[event.document];
  const auto& entries = document.buffer.entries();
  while (!entries.empty() && entries.front().offset <= event.offset) {
    const auto missing = entries.front().edits.without({&document.log});
    if (!missing.empty()) {
      violate("the buffer of " + to_text(event.document) + " drops " + missing.to_string({}) +
              " at offset " + std::to_string(entries.front().offset) +
              ", which the log does not have");
    }
    document.buffer.drop_oldest();
  }
}

void Durability::on(const history::BufferForgot& event) {
  Document& document = documents_[event.document];
  const EditSet lost = document.buffer.forget(event.entries);
  document.forgotten.add(lost);
  excuse(document, lost);
}

void Durability::find_implied_deletions(Document& document) {
  if (document.new_updates.empty()) return;
  if (!document.replica) document.replica = std::make_unique<reference::Document>();
  for (const Bytes& update : document.new_updates) {
    if (!document.replica->apply_update(update).ok()) break;
  }
  document.new_updates.clear();
  for (const reference::Range& range : document.replica->delete_set()) {
    document.implied.add(range.client, {range.clock, range.end()});
  }
}

// What of `lost` is nowhere any more.
void Durability::excuse(Document& document, const EditSet& lost) {
  const EditSet buffer = document.buffer.all();
  std::vector<const EditSet*> places = {&document.log, &buffer};
  for (const auto& [party, edits] : document.kept) places.push_back(&edits);
  document.excused.add(lost.without(places));
}

void Durability::on(const history::ProcessStarted& event) { ended_.erase(event.party); }

void Durability::on(const history::ProcessEnded& event) {
  ended_.insert(event.party);
  for (auto& [number, document] : documents_) {
    document.kept.erase(event.party);
    // A source that does not say who appended what excuses nothing.
    if (!document.forgotten.inserted.empty() || !document.forgotten.deleted.empty()) {
      excuse(document, document.forgotten);
    }
  }
}

void Durability::on(const history::ColdRead& event) {
  Document& document = documents_[event.document];
  if (!client::scan_update(event.from_log.encoded, scan_).ok()) {
    return violate("the log of " + to_text(event.document) + " cannot be read");
  }
  EditSet cold;
  cold.add(scan_);
  const EditSet buffer = event.at_end ? EditSet() : document.buffer.all();
  std::vector<const EditSet*> places = {&cold, &buffer, &document.excused};
  if (!event.at_end) places.push_back(&document.forgotten);
  const auto lost = document.acknowledged.without(places);
  if (lost.empty()) return;
  violate(to_text(event.document) + " has lost " + lost.to_string({}) +
          ", which had been acknowledged" +
          (event.at_end ? ": in the end the log does not have it" : ""));
}

}  // namespace syncline::checkers
