#include "sim/services/buffer_streams.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {
namespace {

// A lineage is an epoch and 32 random bits below it: it grows, and two that were begun from the
// same state (one of them forgotten since) still differ. It fits a Lua number.
constexpr unsigned epoch_shift = 32;
constexpr std::uint64_t lineage_max = (std::uint64_t{1} << 53) - 1;

}  // namespace

ports::BufferPosition BufferStreams::append(const ScriptCaller& caller, Instant now,
                                            history::Party writer, DocumentNumber document,
                                            std::uint64_t checksum, SharedBytes update,
                                            std::uint64_t known_lineage) {
  SYNCLINE_ASSERT(!update.empty());
  Stream& stream = this->stream(document);
  note(now, document).appended = true;
  Header& header = stream.header;
  const bool whole = stream.whole();
  if (header.run_id != caller.run_id || header.lineage < known_lineage || !whole) {
    begin_lineage(caller, header, known_lineage);
  }
  if (!whole) number_anew(document);
  if (!header.dirty()) header.dirty_since = now;
  ++header.head;
  bytes_ += update.size();
  chronicle_.tell(history::BufferAppended{.document = document,
                                          .lineage = header.lineage,
                                          .offset = header.head,
                                          .update = update.view(),
                                          .writer = writer});
  stream.entries.push_back(
      {.lineage = header.lineage, .checksum = checksum, .update = std::move(update)});
  return {.lineage = header.lineage, .offset = header.head};
}

ports::BufferPage BufferStreams::read(const ScriptCaller& caller, Instant now,
                                      DocumentNumber document, ports::BufferPosition after,
                                      std::size_t bytes_max) {
  const Stream& stream = touch(caller, now, document, after.lineage);
  const Header& header = stream.header;
  ports::BufferPage page{.records = {}, .head = header.as_head()};
  std::uint64_t offset = header.trimmed;
  if (after.lineage == header.lineage) offset = std::max(offset, after.offset);
  std::size_t bytes = 0;
  while (offset < header.head && (page.records.empty() || bytes < bytes_max)) {
    const Entry& entry = stream.entries[offset - header.trimmed];
    ++offset;
    bytes += entry.update.size();
    page.records.push_back({.position = {.lineage = entry.lineage, .offset = offset},
                            .checksum = entry.checksum,
                            .update = entry.update});
  }
  return page;
}

ports::BufferHead BufferStreams::head(const ScriptCaller& caller, Instant now,
                                      DocumentNumber document) {
  return touch(caller, now, document, 0).header.as_head();
}

std::vector<DocumentNumber> BufferStreams::claim(Instant now, WallTime wall, std::size_t count_max,
                                                 Duration lease) {
  // A lease that ends later than one given now was given before the clock was set back: whoever
  // holds it would keep it for as long as the clock was wrong.
  const WallTime latest_end{wall.since_epoch + duration_cast<milliseconds>(lease)};
  std::vector<DocumentNumber> free;
  for (std::size_t at = 0; at < streams_.size(); ++at) {
    const Header& header = streams_[at].header;
    const bool leased = wall < header.lease_ends && header.lease_ends <= latest_end;
    if (header.dirty() && !leased) free.push_back(DocumentNumber{at});
  }
  std::stable_sort(free.begin(), free.end(), [&](DocumentNumber a, DocumentNumber b) {
    return streams_[a.value].header.dirty_since < streams_[b.value].header.dirty_since;
  });
  if (free.size() > count_max) free.resize(count_max);
  for (const DocumentNumber document : free) {
    note(now, document);
    streams_[document.value].header.lease_ends = latest_end;
  }
  return free;
}

ports::BufferHead BufferStreams::trim(const ScriptCaller& caller, Instant now,
                                      DocumentNumber document, ports::BufferPosition through) {
  Stream& stream = touch(caller, now, document, through.lineage);
  Header& header = stream.header;
  if (header.lineage == 0) return {};
  Change& change = note(now, document);
  if ((through.lineage == header.lineage || planted(ServiceBug::trim_ignores_lineage)) &&
      through.offset > header.trimmed) {
    const std::uint64_t last = std::min(through.offset, header.head);
    const auto count = static_cast<std::ptrdiff_t>(last - header.trimmed);
    const auto end = stream.entries.begin() + count;
    for (auto entry = stream.entries.begin(); entry != end; ++entry) {
      bytes_ -= entry->update.size();
    }
    change.trimmed.assign(std::make_move_iterator(stream.entries.begin()),
                          std::make_move_iterator(end));
    stream.entries.erase(stream.entries.begin(), end);
    header.trimmed = last;
    chronicle_.tell(
        history::BufferTrimmed{.document = document, .lineage = header.lineage, .offset = last});
  }
  // Clean: the claim is over, and whoever makes it dirty again need not wait for its end. Else the
  // claimer goes on; for everybody else, who has been served goes to the end of the line.
  if (!header.dirty()) header.lease_ends = {};
  header.dirty_since = now;
  return header.as_head();
}

std::uint64_t BufferStreams::lose_after(Instant kept_until) {
  std::vector<Header> before;
  before.reserve(streams_.size());
  for (const Stream& stream : streams_) before.push_back(stream.header);
  while (!changes_.empty() && changes_.back().at > kept_until) {
    undo(changes_.back());
    changes_.pop_back();
  }
  std::uint64_t forgotten = 0;
  for (std::size_t at = 0; at < streams_.size(); ++at) {
    const std::uint64_t kept = std::max(streams_[at].header.head, before[at].trimmed);
    if (before[at].head <= kept) continue;
    const std::uint64_t entries = before[at].head - kept;
    chronicle_.tell(history::BufferForgot{.document = DocumentNumber{at}, .entries = entries});
    forgotten += entries;
  }
  return forgotten;
}

std::uint64_t BufferStreams::flush() {
  std::uint64_t forgotten = 0;
  for (std::size_t at = 0; at < streams_.size(); ++at) {
    const std::uint64_t entries = streams_[at].entries.size();
    streams_[at] = {};
    if (entries == 0) continue;
    chronicle_.tell(history::BufferForgot{.document = DocumentNumber{at}, .entries = entries});
    forgotten += entries;
  }
  changes_.clear();
  bytes_ = 0;
  return forgotten;
}

std::uint64_t BufferStreams::evict_entries(DocumentNumber document) {
  Stream& stream = this->stream(document);
  const std::uint64_t entries = stream.entries.size();
  for (const Entry& entry : stream.entries) bytes_ -= entry.update.size();
  stream.entries.clear();
  forget_changes(document);
  if (entries > 0) {
    chronicle_.tell(history::BufferForgot{.document = document, .entries = entries});
  }
  return entries;
}

void BufferStreams::evict_header(DocumentNumber document) {
  stream(document).header = {};
  forget_changes(document);
}

std::size_t BufferStreams::dirty_documents() const {
  return static_cast<std::size_t>(
      std::count_if(streams_.begin(), streams_.end(),
                    [](const Stream& stream) { return stream.header.dirty(); }));
}

BufferStreams::Stream& BufferStreams::stream(DocumentNumber document) {
  if (document.value >= streams_.size()) streams_.resize(document.value + 1);
  return streams_[document.value];
}

BufferStreams::Change& BufferStreams::note(Instant now, DocumentNumber document) {
  while (!changes_.empty() && now - changes_.front().at > undo_horizon) changes_.pop_front();
  changes_.push_back({.at = now,
                      .document = document,
                      .before = streams_[document.value].header,
                      .appended = false,
                      .trimmed = {}});
  return changes_.back();
}

void BufferStreams::begin_lineage(const ScriptCaller& caller, Header& header,
                                  std::uint64_t known_lineage) {
  const std::uint64_t epoch = std::max(header.lineage, known_lineage) >> epoch_shift;
  header.lineage = (epoch + 1) << epoch_shift | caller.random;
  header.run_id = caller.run_id;
  SYNCLINE_ASSERT(header.lineage <= lineage_max, header.lineage);
}

BufferStreams::Stream& BufferStreams::touch(const ScriptCaller& caller, Instant now,
                                            DocumentNumber document, std::uint64_t known_lineage) {
  Stream& stream = this->stream(document);
  Header& header = stream.header;
  const bool whole = stream.whole();
  if (header.lineage == 0 && whole) return stream;
  if (header.run_id != caller.run_id || header.lineage < known_lineage || !whole) {
    note(now, document);
    begin_lineage(caller, header, known_lineage);
  }
  if (!whole) number_anew(document);
  return stream;
}

void BufferStreams::number_anew(DocumentNumber document) {
  Stream& stream = streams_[document.value];
  for (Entry& entry : stream.entries) entry.lineage = stream.header.lineage;
  const std::uint64_t count = stream.entries.size();
  stream.header.head = std::max(stream.header.head, count);
  stream.header.trimmed = stream.header.head - count;
  forget_changes(document);
}

void BufferStreams::forget_changes(DocumentNumber document) {
  std::erase_if(changes_, [document](const Change& change) { return change.document == document; });
}

void BufferStreams::undo(Change& change) {
  Stream& stream = streams_[change.document.value];
  if (change.appended) {
    bytes_ -= stream.entries.back().update.size();
    stream.entries.pop_back();
  }
  for (const Entry& entry : change.trimmed) bytes_ += entry.update.size();
  stream.entries.insert(stream.entries.begin(), std::make_move_iterator(change.trimmed.begin()),
                        std::make_move_iterator(change.trimmed.end()));
  stream.header = change.before;
}

}  // namespace syncline::sim
