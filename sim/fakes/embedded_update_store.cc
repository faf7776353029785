#include "sim/fakes/embedded_update_store.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {

void EmbeddedUpdateStore::append(RequestToken token, const DocumentName& document,
                                 SharedBytes update, std::uint64_t checksum) {
  SYNCLINE_ASSERT(!update.empty());
  store_.write(AppendRow{.document = numbers_.number_of(document),
                         .checksum = checksum,
                         .update = std::move(update)},
               *this, token.value);
}

void EmbeddedUpdateStore::read_log(RequestToken token, const DocumentName& document, Sequence after,
                                   std::size_t bytes_max) {
  store_.read(
      ReadLog{.document = numbers_.number_of(document), .after = after, .bytes_max = bytes_max},
      *this, token.value);
}

void EmbeddedUpdateStore::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  ReadHeads request;
  request.documents.reserve(documents.size());
  for (const DocumentName& document : documents) {
    request.documents.push_back(numbers_.number_of(document));
  }
  store_.read(std::move(request), *this, token.value);
}

void EmbeddedUpdateStore::on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) {
  const RequestToken token{ticket};
  if (const auto* appended = std::get_if<ports::AppendResult>(&answer)) {
    return sink_->on_append_done(token, *appended);
  }
  if (auto* const heads = std::get_if<std::vector<Sequence>>(&answer)) {
    return sink_->on_log_heads(token, std::move(*heads));
  }
  sink_->on_log_page(token, std::get<ports::LogPage>(std::move(answer)));
}

}  // namespace syncline::sim
