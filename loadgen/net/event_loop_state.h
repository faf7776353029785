#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "loadgen/net/event_loop.h"

namespace syncline::loadgen {

class EventLoop::State {
 public:
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      boost::asio::make_work_guard(context)};
};

}  // namespace syncline::loadgen
