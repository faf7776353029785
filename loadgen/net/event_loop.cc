#include "loadgen/net/event_loop.h"

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "loadgen/net/event_loop_state.h"

namespace syncline::loadgen {

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

Instant EventLoop::now() { return {std::chrono::steady_clock::now().time_since_epoch()}; }

void EventLoop::run() { state_->context.run(); }
void EventLoop::stop() { state_->context.stop(); }
void EventLoop::post(std::function<void()> task) {
  boost::asio::post(state_->context, std::move(task));
}

class Timer::State : public std::enable_shared_from_this<State> {
 public:
  State(EventLoop& loop, std::function<void()> on_time)
      : timer_(loop.state().context), on_time_(std::move(on_time)) {}

  void set(Instant at) {
    timer_.expires_at(std::chrono::steady_clock::time_point(at.since_start));
    timer_.async_wait([self = shared_from_this(), set = ++sets_](boost::system::error_code error) {
      // A wait that had ended before it was cancelled is still delivered: its number tells.
      if (!error && set == self->sets_) self->on_time_();
    });
  }
  void cancel() {
    ++sets_;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> on_time_;
  std::uint64_t sets_ = 0;
};

Timer::Timer(EventLoop& loop, std::function<void()> on_time)
    : state_(std::make_shared<State>(loop, std::move(on_time))) {}
Timer::~Timer() { state_->cancel(); }
void Timer::set(Instant at) { state_->set(at); }
void Timer::cancel() { state_->cancel(); }

}  // namespace syncline::loadgen
