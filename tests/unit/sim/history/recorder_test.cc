// A recorded history is told again as it was, after all that it referred to is gone.

#include "sim/history/recorder.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/history/text.h"

namespace syncline::history {
namespace {

constexpr Party client_3{PartyKind::client, 3};
constexpr Party node_1{PartyKind::node, 1};
constexpr DocumentNumber document{0};

// Tells one event of each kind, whose views and references die with it.
class Teller {
 public:
  explicit Teller(EventSink& sink) : sink_(sink) { ids_->inserted.add(9, 0, 5); }

  void tell_all() {
    const BytesView bytes = as_bytes(*text_);
    const ReplicaState state{.state_vector = as_bytes(*vector_),
                             .delete_set = bytes,
                             .encoded = bytes,
                             .reading = *text_};
    tell(ClientConnected{.client = client_3, .document = document, .session = 7, .node = node_1});
    tell(ClientEdited{.client = client_3,
                      .document = document,
                      .edit = 1,
                      .ids = *ids_,
                      .update = bytes,
                      .depends_on = as_bytes(*vector_)});
    tell(ClientAcknowledged{.client = client_3, .document = document, .ids = *ids_});
    tell(ClientApplied{.client = client_3, .document = document, .ids = *ids_, .readable = true});
    tell(ClientSynced{
        .client = client_3, .document = document, .offered_state_vector = as_bytes(*vector_)});
    tell(ClientDisconnected{.client = client_3, .code = 1006});
    tell(ReplicaSeen{.party = node_1, .document = document, .state = state});
    tell(FrameSent{.node = node_1, .client = client_3, .document = document, .frame = bytes});
    tell(LogAppended{.document = document, .sequence = {1}, .update = bytes});
    tell(LogRead{.reader = node_1, .document = document, .sequence = {1}, .update = bytes});
    tell(SnapshotWritten{.writer = node_1, .document = document, .sequence = {1}, .state = bytes});
    tell(SnapshotKept{.document = document, .sequence = {1}, .state = bytes});
    tell(LogForgotten{.document = document, .through = {1}});
    tell(BufferAppended{.document = document, .lineage = 4, .offset = 2, .update = bytes});
    tell(BufferTrimmed{.document = document, .lineage = 4, .offset = 2});
    tell(BufferForgot{.document = document, .entries = 2});
    tell(ProcessStarted{node_1});
    tell(ProcessEnded{.party = node_1, .crashed = true});
    tell(FaultChanged{.fault = 2, .kind = *text_, .text = *text_, .stage = FaultStage::fired});
    tell(MessageSent{.message = 5, .from = node_1, .to = client_3, .what = *text_});
    tell(MessageReceived{5});
    tell(MessageLost{5});
    tell(Remarked{.party = node_1, .what = *text_});
    tell(MemorySeen{.party = node_1,
                    .ring_bytes = 1,
                    .unlogged_bytes = 2,
                    .pending_bytes = 3,
                    .send_queue_bytes_max = 4,
                    .document_bytes = 5});
    tell(Healed{});
    tell(TimeIsUp{});
    tell(PresenceSeen{.client = client_3, .document = document, .presence = *presence_});
    tell(ClientFinal{.client = client_3,
                     .document = document,
                     .connected = true,
                     .synced = false,
                     .unsaved_edits = 2,
                     .client_id = 9,
                     .own_state = *text_});
    tell(ColdRead{.document = document, .from_log = state, .from_snapshot = state, .at_end = true});
    tell(LeftBehind{.party = node_1, .rooms = 1, .connections = 2, .subscriptions = 3, .bytes = 4});
    tell(Ended{});
  }

 private:
  void tell(const EventContent& content) {
    now_ += milliseconds(1);
    sink_.on_event({.at = now_, .content = content});
  }

  EventSink& sink_;
  Duration now_{0};
  std::unique_ptr<std::string> text_ = std::make_unique<std::string>("some text");
  std::unique_ptr<std::string> vector_ = std::make_unique<std::string>("\x01\x09\x05");
  std::unique_ptr<std::string> presence_ = std::make_unique<std::string>("9 {}\n8 {}");
  std::unique_ptr<client::UpdateIds> ids_ = std::make_unique<client::UpdateIds>();
};

// Everything as text, and which alternatives came.
class Listener final : public EventSink {
 public:
  void on_event(const Event& event) override {
    text += to_text(event) + '\n';
    ++alternatives[event.content.index()];
  }

  std::string text;
  std::array<int, std::variant_size_v<EventContent>> alternatives{};
};

TEST(Recorder, tells_everything_again) {
  Listener live;
  Teller(live).tell_all();
  EXPECT_THAT(live.alternatives, testing::Each(1));
  Recorder recorder;
  Teller(recorder).tell_all();
  Listener again;
  recorder.replay(again);
  EXPECT_EQ(again.text, live.text);
  EXPECT_EQ(again.alternatives, live.alternatives);
  EXPECT_EQ(recorder.text(), live.text);
  EXPECT_EQ(recorder.size(), std::variant_size_v<EventContent>);
}

TEST(Recorder, keeps_what_is_larger_than_its_blocks) {
  Recorder recorder;
  const std::string large(1'000'000, 'x');
  for (const std::string& what : {large, std::string("small"), large}) {
    const EventContent content = Remarked{.party = node_1, .what = what};
    recorder.on_event({.at = seconds(1), .content = content});
  }
  EXPECT_EQ(recorder.text(), "1.000 s  node-1: " + large + "\n1.000 s  node-1: small\n" +
                                 "1.000 s  node-1: " + large + "\n");
}

TEST(Text, says_an_event_in_a_line) {
  Listener live;
  Teller(live).tell_all();
  EXPECT_THAT(live.text, testing::StartsWith(
                             "0.001 s  client-3 opens document-0 on node-1, session 7\n"
                             "0.002 s  client-3 wrote document-0: edit 1, 9:0-4, knowing {9:5}\n"
                             "0.003 s  client-3 is told that document-0 has saved: 9:0-4\n"
                             "0.004 s  client-3 gets of document-0: 9:0-4\n"));
  EXPECT_EQ(std::ranges::count(live.text, '\n'),
            static_cast<std::ptrdiff_t>(std::variant_size_v<EventContent>));
}

}  // namespace
}  // namespace syncline::history
