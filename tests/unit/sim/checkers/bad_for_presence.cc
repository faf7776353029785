#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void final(Story& story, std::uint32_t number, bool connected, std::string_view state) {
  story.tell(history::ClientFinal{.client = client_party(number),
                                  .document = minutes,
                                  .connected = connected,
                                  .synced = connected,
                                  .unsaved_edits = 0,
                                  .client_id = number,
                                  .own_state = state});
}

void sees(Story& story, std::uint32_t number, std::string_view presence) {
  story.tell(history::PresenceSeen{
      .client = client_party(number), .document = minutes, .presence = presence});
}

void one_is_not_seen(Story& story) {
  story.time_is_up();
  final(story, 1, true, "{}");
  sees(story, 1, "1 {}");
  final(story, 2, true, "{}");
  sees(story, 2, "1 {}\n2 {}");
  story.tell(history::Ended{});
}

void one_who_left_is_seen(Story& story) {
  story.time_is_up();
  final(story, 1, true, "{}");
  sees(story, 1, "1 {}\n2 {}");
  final(story, 2, true, "null");
  sees(story, 2, "1 {}");
  story.tell(history::Ended{});
}

void one_who_is_cut_off_is_seen(Story& story) {
  story.time_is_up();
  final(story, 1, true, "{}");
  sees(story, 1, "1 {}\n2 {}");
  final(story, 2, false, "{}");
  sees(story, 2, "2 {}");
  story.tell(history::Ended{});
}

void an_old_state_is_seen(Story& story) {
  story.time_is_up();
  final(story, 1, true, R"({"at":1})");
  sees(story, 1, "1 {\"at\":1}\n2 {}");
  final(story, 2, true, "{}");
  sees(story, 2, "1 {\"at\":0}\n2 {}");
  story.tell(history::Ended{});
}

void somebody_of_another_document_is_seen(Story& story) {
  story.begin();
  story.time_is_up();
  final(story, 1, true, "{}");
  sees(story, 1, "1 {}\n3 {}");
  story.tell(history::ClientFinal{.client = client_party(3),
                                  .document = budget,
                                  .connected = true,
                                  .synced = true,
                                  .unsaved_edits = 0,
                                  .client_id = 3,
                                  .own_state = "{}"});
  story.tell(
      history::PresenceSeen{.client = client_party(3), .document = budget, .presence = "3 {}"});
  story.tell(history::Ended{});
}

void somebody_was_not_asked(Story& story) {
  story.time_is_up();
  final(story, 1, true, "{}");
  story.tell(history::Ended{});
}

}  // namespace

std::vector<BadHistory> bad_for_presence() {
  return {
      {"presence", "client-1 does not see 2", "one_is_not_seen", one_is_not_seen},
      {"presence", "client-1 sees 2 in document-0, who is not there", "one_who_left_is_seen",
       one_who_left_is_seen},
      {"presence", "client-1 sees 2 in document-0, who is not there", "one_who_is_cut_off_is_seen",
       one_who_is_cut_off_is_seen},
      {"presence", R"(client-2 sees 1 in document-0 as {"at":0} instead of {"at":1})",
       "an_old_state_is_seen", an_old_state_is_seen},
      {"presence", "client-1 sees 3 in document-0, who is not there",
       "somebody_of_another_document_is_seen", somebody_of_another_document_is_seen},
      {"presence", "not every connected client was asked", "somebody_was_not_asked",
       somebody_was_not_asked},
  };
}

}  // namespace syncline::checkers
