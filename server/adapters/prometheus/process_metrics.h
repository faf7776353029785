#pragma once

#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace syncline::adapters {

// The process as the operating system sees it, under the names that every Prometheus client library
// uses: CPU time, memory, descriptors, start. What cannot be read is left out.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace syncline::adapters
