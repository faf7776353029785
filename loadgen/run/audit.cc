#include "loadgen/run/audit.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "loadgen/net/backoff.h"
#include "loadgen/net/web_socket.h"
#include "loadgen/run/random.h"
#include "server/crdt/doc.h"
#include "server/crdt/update.h"
#include "server/protocol/y_websocket.h"

namespace syncline::loadgen {
namespace {

namespace y_websocket = protocol::y_websocket;

constexpr std::size_t copies_at_once_max = 16;

}  // namespace

// One fresh client that reads one document from one target.
class Audit::Copy final : public WebSocketSink {
 public:
  Copy(Audit& audit, const LoadDocument& document, const Target& target, std::uint64_t seed)
      : audit_(audit),
        document_(document),
        target_(target),
        socket_(audit.loop_, *this),
        timer_(audit.loop_, [this] { on_time(); }),
        random_(seed, 0) {}

  void begin() { connect(); }

  void on_open() override {
    doc_ = crdt::Doc();
    synced_ = false;
    socket_.send(y_websocket::sync_step1(doc_.encode_state_vector()));
    timer_.set(audit_.deadline_);
  }

  void on_message(BytesView frame) override {
    const auto message = y_websocket::parse(frame);
    if (!message.ok()) return;
    if (std::holds_alternative<y_websocket::SyncStep1>(*message)) {
      socket_.send(y_websocket::sync_step2(crdt::empty_update()));
    } else if (const auto* step2 = std::get_if<y_websocket::SyncStep2>(&*message)) {
      apply(step2->update);
      synced_ = true;
    } else if (const auto* update = std::get_if<y_websocket::Update>(&*message)) {
      apply(update->update);
    }
    if (synced_ && is_complete(document_, doc_)) finish();
  }

  void on_closed(const SocketEnd& end) override {
    last_end_ = end.reason;
    synced_ = false;
    timer_.set(std::min(audit_.deadline_, EventLoop::now() + backoff_.next(random_.next())));
    connecting_ = true;
  }

  Verdict verdict() const {
    const std::string where = target_.text;
    if (synced_ && problem_.empty()) return judge_copy(document_, where, doc_);
    Verdict verdict{.copies_missing = 1};
    verdict.note(document_.name() + ": could not be read from " + where + ": " +
                 (problem_.empty() ? last_end_ : problem_));
    return verdict;
  }

 private:
  void connect() {
    connecting_ = false;
    socket_.connect(target_, target_.document_path(document_.name(), false));
    timer_.set(audit_.deadline_);
  }

  void on_time() {
    if (connecting_ && EventLoop::now() < audit_.deadline_) return connect();
    finish();
  }

  void apply(BytesView update) {
    const auto applied = doc_.apply_update(update, crdt::UpdateLimits::none());
    if (!applied.ok() && problem_.empty()) problem_ = applied.error().message();
  }

  void finish() {
    socket_.close();
    timer_.cancel();
    // Not from within its own callback: this goes away.
    audit_.loop_.post([this] { audit_.on_copy_done(*this); });
  }

  Audit& audit_;
  const LoadDocument& document_;
  const Target& target_;
  WebSocket socket_;
  Timer timer_;
  Backoff backoff_;
  Random random_;
  crdt::Doc doc_;
  bool synced_ = false;
  bool connecting_ = false;  // Waits for the next attempt.
  std::string last_end_ = "it did not answer in time";
  std::string problem_;
};

Audit::Audit(EventLoop& loop, const RunOptions& options,
             const std::vector<std::unique_ptr<LoadDocument>>& documents,
             std::function<void()> on_done)
    : loop_(loop), options_(options), documents_(documents), on_done_(std::move(on_done)) {}
Audit::~Audit() = default;

void Audit::begin(Instant deadline) {
  deadline_ = deadline;
  while (copies_.size() < copies_at_once_max &&
         next_ < documents_.size() * options_.targets.size()) {
    begin_next();
  }
  if (copies_.empty()) on_done_();
}

void Audit::begin_next() {
  const std::size_t targets = options_.targets.size();
  const LoadDocument& document = *documents_[next_ / targets];
  const Target& target = options_.targets[next_ % targets];
  copies_.push_back(std::make_unique<Copy>(*this, document, target, options_.seed + next_));
  ++next_;
  copies_.back()->begin();
}

void Audit::on_copy_done(Copy& copy) {
  verdict_.add(copy.verdict());
  std::erase_if(copies_, [&copy](const auto& one) { return one.get() == &copy; });
  if (next_ < documents_.size() * options_.targets.size()) begin_next();
  if (copies_.empty()) on_done_();
}

}  // namespace syncline::loadgen
