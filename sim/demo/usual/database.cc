#include "sim/demo/usual/database.h"

#include <utility>

namespace syncline::demo {
namespace {

constexpr history::Party postgres{history::PartyKind::postgres};
constexpr std::uint32_t answer_bytes = 200;

}  // namespace

UsualDatabase::UsualDatabase(sim::Scheduler& scheduler, sim::Network& network, Journal& journal,
                             std::uint64_t seed, std::uint32_t documents)
    : scheduler_(scheduler),
      network_(network),
      journal_(journal),
      random_(seed, "postgres", "commit"),
      documents_(documents, empty_document()),
      changes_(documents, std::vector<std::uint64_t>(paragraphs_per_document, 0)) {
  network_.listen(postgres, this);
}

void UsualDatabase::write_row(sim::LinkId link, std::uint32_t document, std::uint32_t place,
                              Paragraph paragraph, sim::Action done) {
  scheduler_.after(commit_time(), [this, link, document, place, paragraph = std::move(paragraph),
                                   done = std::move(done)]() mutable {
    commit_row(document, place, std::move(paragraph));
    answer(link, "UPDATE done", std::move(done));
  });
}

void UsualDatabase::commit_row(std::uint32_t document, std::uint32_t place, Paragraph paragraph) {
  journal_.wrote_transaction();
  Paragraph& current = documents_[document][place];
  if (!wins(paragraph, current)) {
    journal_.lost(postgres, document, overwritten(paragraph, current),
                  "discarded; their clock says that they are older");
    return;
  }
  journal_.lost(postgres, document, overwritten(current, paragraph),
                "overwritten; by a later write that did not know of them");
  journal_.stored(paragraph.presses);
  current = std::move(paragraph);
  changes_[document][place] = ++last_change_;
}

void UsualDatabase::write_snapshot(sim::LinkId link, std::uint32_t document, UsualDocument state,
                                   sim::Action done) {
  scheduler_.after(commit_time(), [this, link, document, state = std::move(state),
                                   done = std::move(done)]() mutable {
    journal_.wrote_transaction();
    journal_.snapshot(document);
    for (const Paragraph& paragraph : state) journal_.stored(paragraph.presses);
    documents_[document] = std::move(state);
    answer(link, "snapshot written", std::move(done));
  });
}

void UsualDatabase::read_changes(sim::LinkId link, std::uint64_t after,
                                 std::function<void(std::vector<ParagraphRow>)> done) {
  std::vector<ParagraphRow> rows;
  for (std::uint32_t document = 0; document < documents_.size(); ++document) {
    for (std::uint32_t place = 0; place < paragraphs_per_document; ++place) {
      const std::uint64_t change = changes_[document][place];
      if (change > after) rows.push_back({document, place, documents_[document][place], change});
    }
  }
  answer(link, std::to_string(rows.size()) + " rows",
         [rows = std::move(rows), done = std::move(done)]() mutable { done(std::move(rows)); });
}

void UsualDatabase::read_document(sim::LinkId link, std::uint32_t document,
                                  std::function<void(UsualDocument)> done) {
  answer(link, "the document", [state = documents_[document], done = std::move(done)]() mutable {
    done(std::move(state));
  });
}

void UsualDatabase::answer(sim::LinkId link, std::string_view what, sim::Action done) {
  network_.send(link, sim::Side::accepter, answer_bytes, what, std::move(done));
}

}  // namespace syncline::demo
