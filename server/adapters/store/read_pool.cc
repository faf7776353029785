#include "server/adapters/store/read_pool.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::adapters::store {
namespace {

struct Read {
  ports::StoreReader& reader;

  void operator()(const LogPageRequest& request) const {
    request.requester->deliver({LogPageAnswer{
        request.token, reader.read_log(request.document, request.after, request.bytes_max)}});
  }
  void operator()(const LogHeadsRequest& request) const {
    request.requester->deliver(
        {LogHeadsAnswer{request.token, reader.read_heads(request.documents)}});
  }
  void operator()(const SnapshotReadRequest& request) const {
    request.requester->deliver({SnapshotReadAnswer{
        request.token, reader.read_snapshot(request.document, request.before)}});
  }
  void operator()(const OldLogsRequest& request) const {
    request.requester->deliver({OldLogsAnswer{
        request.token, reader.find_old_logs(request.after, request.count_max, request.age)}});
  }
};

struct Refuse {
  void operator()(const LogPageRequest& request) const {
    request.requester->deliver({LogPageAnswer{request.token, ErrorCode::unavailable}});
  }
  void operator()(const LogHeadsRequest& request) const {
    request.requester->deliver({LogHeadsAnswer{request.token, ErrorCode::unavailable}});
  }
  void operator()(const SnapshotReadRequest& request) const {
    request.requester->deliver({SnapshotReadAnswer{request.token, ErrorCode::unavailable}});
  }
  void operator()(const OldLogsRequest& request) const {
    request.requester->deliver({OldLogsAnswer{request.token, ErrorCode::unavailable}});
  }
};

}  // namespace

ReadPool::ReadPool(std::vector<std::unique_ptr<ports::StoreReader>> readers)
    : readers_(std::move(readers)) {
  SYNCLINE_ASSERT(!readers_.empty());
  for (const auto& reader : readers_) threads_.emplace_back([this, &reader] { run(*reader); });
}

ReadPool::~ReadPool() { stop(); }

void ReadPool::read(ReadRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      requests_.push_back(std::move(request));
      arrived_.notify_one();
      return;
    }
  }
  std::visit(Refuse{}, request);
}

void ReadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_all();
  }
  const std::lock_guard lock(stop_mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ReadPool::stop_at_once() {
  for (const auto& reader : readers_) reader->end();
  stop();
}

void ReadPool::run(ports::StoreReader& reader) {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (requests_.empty()) return;
    const ReadRequest request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    std::visit(Read{reader}, request);
    lock.lock();
  }
}

}  // namespace syncline::adapters::store
