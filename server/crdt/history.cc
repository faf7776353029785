#include "server/crdt/history.h"

#include <algorithm>
#include <string>

#include "server/crdt/update_v1.h"

namespace syncline::crdt {
namespace {

Result<void> apply_all(Doc& doc, std::span<const BytesView> updates) {
  for (const BytesView update : updates) {
    SYNCLINE_TRY(doc.apply_update(update, UpdateLimits::none()));
  }
  return {};
}

// Keeps the first `length` elements, as yjs does when it splits a struct. A collected range cannot
// be split.
void keep_front(DecodedStruct& value, Clock length, BytesArena& owned) {
  if (length >= value.length || !is_item(value.kind)) return;
  bool cuts_pair = false;
  const std::size_t end =
      content_offset(value.kind, value.content, value.length, length, cuts_pair);
  value.content = value.content.first(end);
  value.length = length;
  if (cuts_pair) {
    Bytes text = to_bytes(value.content);
    const BytesView half = as_bytes(replacement_character);
    text.insert(text.end(), half.begin(), half.end());
    value.content = owned.keep(BytesView(text));
  }
}

// The structs of a run that begin before `clock`. Fails unless they reach that far without a hole.
Result<std::size_t> count_before(std::span<const DecodedStruct> run, Clock clock) {
  Clock end = 0;
  std::size_t count = 0;
  while (count < run.size() && end < clock && run[count].id.clock == end &&
         run[count].kind != StructKind::skip) {
    end = run[count++].end();
  }
  if (end < clock) {
    return Error{ErrorCode::invalid_argument, "the version knows more than the document"};
  }
  return count;
}

}  // namespace

Result<Doc> document_as_of(std::span<const BytesView> log, std::size_t sequence,
                           const DocOptions& options) {
  if (sequence > log.size()) return ErrorCode::invalid_argument;
  Doc doc(options);
  SYNCLINE_TRY(apply_all(doc, log.first(sequence)));
  return doc;
}

Result<LoggedVersions> versions_as_of(std::span<const BytesView> log, std::size_t before,
                                      std::size_t after, DocOptions options) {
  if (before > after || after > log.size()) return ErrorCode::invalid_argument;
  options.gc = false;
  SYNCLINE_ASSIGN(Doc doc, document_as_of(log, before, options));
  Version earlier = doc.version();
  SYNCLINE_TRY(apply_all(doc, log.subspan(before, after - before)));
  Version later = doc.version();
  return LoggedVersions{std::move(doc), std::move(earlier), std::move(later)};
}

Result<Bytes> update_as_of(BytesView state, const Version& version) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(state, UpdateLimits::none(), decoded));
  std::size_t clients = 0;
  lib0::Encoder structs;
  for (const ClientRun& run : decoded.runs) {
    const auto known = version.states.find(run.client);
    if (known == version.states.end() || known->second == 0) continue;
    const Clock clock = known->second;
    const std::span<DecodedStruct> of_client(decoded.structs.data() + run.begin,
                                             run.end - run.begin);
    SYNCLINE_ASSIGN(const std::size_t count, count_before(of_client, clock));
    DecodedStruct& last = of_client[count - 1];
    keep_front(last, clock - last.id.clock, decoded.rewritten);
    structs.write_var_uint(count);
    structs.write_var_uint(run.client);
    structs.write_var_uint(0);
    for (const DecodedStruct& value : of_client.first(count)) write_struct(structs, value, 0);
    ++clients;
  }
  const auto wanted =
      std::count_if(version.states.begin(), version.states.end(),
                    [](const StateVector::value_type& state_of) { return state_of.second > 0; });
  if (clients < static_cast<std::size_t>(wanted)) {
    return Error{ErrorCode::invalid_argument, "the version knows more than the document"};
  }
  lib0::Encoder out(structs.size() + 16);
  out.write_var_uint(clients);
  out.write_bytes(structs.view());
  write_delete_set(out, version.deletes);
  return out.take();
}

}  // namespace syncline::crdt
