#include "server/adapters/store/append_and_wait.h"

#include <future>
#include <utility>
#include <variant>

namespace syncline::adapters::store {
namespace {

// One append whose caller waits for it.
class WaitingRequester final : public Requester {
 public:
  void deliver(std::vector<Answer> answers) override {
    // The caller may be gone, and this with it, before set_value() has returned.
    std::promise<ports::AppendResult> promise = std::move(promise_);
    promise.set_value(std::get<AppendAnswer>(answers.front()).result);
  }

  ports::AppendResult wait() { return result_.get(); }

 private:
  std::promise<ports::AppendResult> promise_;
  std::future<ports::AppendResult> result_ = promise_.get_future();
};

}  // namespace

Result<Sequence> append_and_wait(StoreThreads& threads, const DocumentName& document,
                                 SharedBytes update, std::uint64_t checksum) {
  WaitingRequester requester;
  threads.append({&requester, RequestToken{}, document, std::move(update), checksum});
  const ports::AppendResult result = requester.wait();
  switch (result.outcome) {
    case ports::Outcome::committed:
      return result.sequence;
    case ports::Outcome::refused:
      return Error{result.error, "nothing was written"};
    case ports::Outcome::unknown:
      return Error{result.error, "it may have been written"};
  }
  return ErrorCode::unavailable;
}

}  // namespace syncline::adapters::store
