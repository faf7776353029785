#include "sim/fakes/embedded_history_store.h"

#include <utility>

#include "sim/fakes/old_logs.h"

namespace syncline::sim {

void EmbeddedHistoryStore::find_old_logs(RequestToken token,
                                         const std::optional<DocumentName>& after,
                                         std::size_t count_max, ports::HistoryAge age) {
  FindOldLogs request{.documents = catalogue_page(numbers_, after, count_max), .age = age};
  const bool more = request.documents.size() == count_max;
  pages_.emplace(token, more ? std::optional(request.documents.back()) : std::nullopt);
  store_.read(std::move(request), *this, token.value);
}

void EmbeddedHistoryStore::forget(RequestToken token, const DocumentName& document,
                                  const ports::Forgetting& forgetting) {
  store_.write(ForgetRows{.document = numbers_.number_of(document), .forgetting = forgetting},
               *this, token.value);
}

void EmbeddedHistoryStore::on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) {
  const RequestToken token{ticket};
  if (const auto page = pages_.extract(token); !page.empty()) {
    return sink_->on_old_logs(token,
                              old_log_page(numbers_, std::get<OldLogRows>(answer), page.mapped()));
  }
  sink_->on_forgotten(token, std::get<ports::ForgetResult>(answer));
}

}  // namespace syncline::sim
