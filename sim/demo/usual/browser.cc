#include "sim/demo/usual/browser.h"

#include <algorithm>
#include <utility>

#include "sim/demo/usual/load_balancer.h"
#include "sim/demo/usual/server.h"
#include "sim/history/text.h"

namespace syncline::demo {
namespace {

constexpr Duration reconnect_after = seconds(1);
constexpr std::uint32_t hello_bytes = 300;
constexpr std::uint32_t paragraph_bytes = 400;

}  // namespace

Browser::Browser(std::uint32_t number, std::uint32_t document, sim::Scheduler& scheduler,
                 sim::Network& network, LoadBalancer& balancer, const sim::MachineClock& clock,
                 Journal& journal, std::uint64_t seed)
    : number_(number),
      self_{history::PartyKind::client, number},
      document_(document),
      scheduler_(scheduler),
      network_(network),
      balancer_(balancer),
      clock_(clock),
      journal_(journal),
      random_(seed, history::to_text(self_), "cursor") {}

// The connection.

void Browser::connect() {
  const auto choice = balancer_.choose(number_, document_);
  server_ = choice.server;
  node_ = choice.node;
  link_ = network_.connect(self_, {history::PartyKind::node, node_}, *this);
}

void Browser::on_link_open(sim::LinkId link) {
  network_.send(link, sim::Side::opener, hello_bytes, session_ == 0 ? "open" : "resume",
                [server = server_, link, this, session = session_, document = document_] {
                  server->on_hello(link, *this, session, document);
                });
}

void Browser::on_link_end(sim::LinkId link, sim::LinkEnd /*end*/) {
  if (link != link_) return;
  if (connected_) {
    journal_.left(number_);
    journal_.tell(history::ClientDisconnected{self_, 1006});
  }
  connected_ = false;
  connect_later();
}

void Browser::connect_later() {
  const Duration jitter = random_.between(Duration::zero(), milliseconds(300));
  scheduler_.after(reconnect_after + jitter, [this] { connect(); });
}

void Browser::on_welcome(std::uint64_t session, const UsualDocument& state) {
  session_ = session;
  connected_ = true;
  loaded_ = true;
  journal_.arrived(number_, document_, node_);
  for (std::uint32_t place = 0; place < state.size(); ++place) on_paragraph(place, state[place]);
  for (const Unsaved& unsaved : unsaved_) send(unsaved);
  for (const PressNumber waited : std::exchange(waiting_, {})) type(waited);
}

// What is on the page and was not saved is gone with it.
void Browser::on_session_unknown() {
  std::vector<PressNumber> gone;
  for (const Unsaved& unsaved : std::exchange(unsaved_, {})) gone.push_back(unsaved.press);
  journal_.reloaded(number_, gone);
  session_ = 0;
  loaded_ = false;
  page_ = empty_document();
  on_link_open(link_);
}

// The page.

void Browser::press(PressNumber press) {
  if (loaded_) {
    type(press);
  } else {
    waiting_.push_back(press);
  }
}

void Browser::type(PressNumber press) {
  move_cursor();
  Paragraph& paragraph = page_[place_];
  paragraph.presses.push_back(press);
  paragraph.stamp = clock_.wall_now();
  journal_.typed(press);
  unsaved_.push_back({press, place_});
  if (connected_) send(unsaved_.back());
}

void Browser::send(const Unsaved& unsaved) {
  network_.send(link_, sim::Side::opener, paragraph_bytes, "PUT paragraph",
                [server = server_, link = link_, unsaved, paragraph = page_[unsaved.place]] {
                  server->on_put(link, unsaved.place, paragraph, unsaved.press);
                });
}

void Browser::on_paragraph(std::uint32_t place, const Paragraph& paragraph) {
  if (!wins(paragraph, page_[place])) return;
  journal_.seen(number_, paragraph.presses);
  page_[place] = paragraph;
}

void Browser::on_saved(PressNumber press) {
  std::erase_if(unsaved_, [&](const Unsaved& unsaved) { return unsaved.press == press; });
  journal_.acknowledged(press);
}

void Browser::move_cursor() {
  if (stays_for_ == 0) {
    place_ = static_cast<std::uint32_t>(random_.below(paragraphs_per_document));
    stays_for_ = 10 + random_.below(30);
  }
  --stays_for_;
}

}  // namespace syncline::demo
