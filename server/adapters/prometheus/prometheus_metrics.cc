#include "server/adapters/prometheus/prometheus_metrics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "server/adapters/prometheus/process_metrics.h"

namespace syncline::adapters {
namespace {

using ports::counter_info;
using ports::gauge_info;
using ports::histogram_info;
using ports::rejection_names;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t buckets_max = 24;
// Threads take the rows in turn; two on the same row are slower and count just as well.
constexpr std::size_t rows = 16;

template <class Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

// Plain loads and stores suffice: each number stands alone.
constexpr auto relaxed = std::memory_order_relaxed;

struct HistogramCells {
  std::array<std::atomic<std::uint64_t>, buckets_max + 1> counts = {};  // The last is +Inf.
  std::atomic<double> sum = 0;
};

// On cache lines of its own, which is the point of having rows.
struct alignas(64) Row {
  std::array<std::atomic<std::uint64_t>, counter_info.size()> counters = {};
  std::array<std::atomic<std::int64_t>, gauge_info.size()> gauges = {};
  std::array<std::atomic<std::uint64_t>, rejection_names.size()> rejections = {};
  std::array<HistogramCells, histogram_info.size()> histograms = {};
};

std::size_t row_of_this_thread() {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t row = threads.fetch_add(1, relaxed) % rows;
  return row;
}

using Bounds = std::array<double, buckets_max>;

constexpr std::array<Bounds, histogram_info.size()> make_bounds() {
  std::array<Bounds, histogram_info.size()> all = {};
  for (std::size_t i = 0; i < all.size(); ++i) {
    double bound = histogram_info[i].first_bucket;
    for (std::size_t bucket = 0; bucket < buckets_max;
         ++bucket, bound *= histogram_info[i].factor) {
      const bool used = bucket < static_cast<std::size_t>(histogram_info[i].buckets);
      all[i][bucket] = used ? bound : std::numeric_limits<double>::infinity();
    }
  }
  return all;
}

constexpr auto bounds = make_bounds();
static_assert(std::ranges::all_of(histogram_info, [](const ports::HistogramInfo& info) {
  return info.buckets > 0 && static_cast<std::size_t>(info.buckets) <= buckets_max;
}));

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  return {std::string(name), std::string(help), type, {}};
}

}  // namespace

class PrometheusMetrics::State {
 public:
  explicit State(std::string_view version) : version_(version) {}

  Row& row() { return rows_[row_of_this_thread()]; }

  // The sum of one cell over all rows.
  template <class Cell>
  auto sum(const Cell& cell) const {
    auto total = cell(rows_[0]).load(relaxed);
    for (std::size_t i = 1; i < rows_.size(); ++i) total += cell(rows_[i]).load(relaxed);
    return total;
  }

  std::int64_t level(std::size_t gauge) const {
    return sum([gauge](const Row& row) -> const auto& { return row.gauges[gauge]; });
  }

  std::vector<MetricFamily> collect() const {
    std::vector<MetricFamily> families;
    families.push_back(build_info());
    collect_counters(families);
    families.push_back(collect_rejections());
    collect_gauges(families);
    for (std::size_t i = 0; i < histogram_info.size(); ++i) {
      families.push_back(collect_histogram(i));
    }
    std::ranges::move(process_metrics(), std::back_inserter(families));
    return families;
  }

 private:
  MetricFamily build_info() const {
    MetricFamily info =
        family("syncline_build_info", "The version that runs; always 1", MetricType::Gauge);
    ClientMetric metric;
    metric.label = {{"version", version_}};
    metric.gauge.value = 1;
    info.metric.push_back(std::move(metric));
    return info;
  }

  void collect_counters(std::vector<MetricFamily>& families) const {
    for (std::size_t i = 0; i < counter_info.size(); ++i) {
      families.push_back(family(counter_info[i].name, counter_info[i].help, MetricType::Counter));
      ClientMetric metric;
      metric.counter.value =
          static_cast<double>(sum([i](const Row& row) -> const auto& { return row.counters[i]; }));
      families.back().metric.push_back(std::move(metric));
    }
  }

  MetricFamily collect_rejections() const {
    MetricFamily rejected =
        family(ports::rejected_metric, ports::rejected_help, MetricType::Counter);
    for (std::size_t i = 0; i < rejection_names.size(); ++i) {
      ClientMetric metric;
      metric.label = {{"reason", std::string(rejection_names[i])}};
      metric.counter.value = static_cast<double>(
          sum([i](const Row& row) -> const auto& { return row.rejections[i]; }));
      rejected.metric.push_back(std::move(metric));
    }
    return rejected;
  }

  void collect_gauges(std::vector<MetricFamily>& families) const {
    for (std::size_t i = 0; i < gauge_info.size(); ++i) {
      families.push_back(family(gauge_info[i].name, gauge_info[i].help, MetricType::Gauge));
      ClientMetric metric;
      metric.gauge.value = static_cast<double>(level(i));
      families.back().metric.push_back(std::move(metric));
    }
  }

  MetricFamily collect_histogram(std::size_t i) const {
    const ports::HistogramInfo& info = histogram_info[i];
    MetricFamily collected = family(info.name, info.help, MetricType::Histogram);
    ClientMetric metric;
    std::uint64_t cumulative = 0;
    for (std::size_t bucket = 0; bucket <= buckets_max; ++bucket) {
      cumulative +=
          sum([=](const Row& row) -> const auto& { return row.histograms[i].counts[bucket]; });
      const bool last = bucket == buckets_max;
      if (!last && bucket >= static_cast<std::size_t>(info.buckets)) continue;
      const double bound = last ? std::numeric_limits<double>::infinity() : bounds[i][bucket];
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum =
        sum([i](const Row& row) -> const auto& { return row.histograms[i].sum; });
    collected.metric.push_back(std::move(metric));
    return collected;
  }

  const std::string version_;
  std::array<Row, rows> rows_ = {};
};

PrometheusMetrics::PrometheusMetrics(std::string_view version)
    : state_(std::make_unique<State>(version)) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::add(ports::Counter counter, std::uint64_t amount) {
  state_->row().counters[index_of(counter)].fetch_add(amount, relaxed);
}

void PrometheusMetrics::add(ports::Gauge gauge, std::int64_t amount) {
  state_->row().gauges[index_of(gauge)].fetch_add(amount, relaxed);
}

void PrometheusMetrics::observe(ports::Histogram histogram, double value) {
  const Bounds& upper = bounds[index_of(histogram)];
  const auto used = static_cast<std::ptrdiff_t>(histogram_info[index_of(histogram)].buckets);
  const auto bucket = std::lower_bound(upper.begin(), upper.begin() + used, value);
  HistogramCells& cells = state_->row().histograms[index_of(histogram)];
  const bool beyond = bucket == upper.begin() + used;
  const std::size_t index = beyond ? buckets_max : static_cast<std::size_t>(bucket - upper.begin());
  cells.counts[index].fetch_add(1, relaxed);
  cells.sum.fetch_add(value, relaxed);
}

void PrometheusMetrics::reject(ports::Rejection reason) {
  state_->row().rejections[index_of(reason)].fetch_add(1, relaxed);
}

std::int64_t PrometheusMetrics::level(ports::Gauge gauge) const {
  return state_->level(index_of(gauge));
}

std::string PrometheusMetrics::serialize() const {
  return prometheus::TextSerializer().Serialize(state_->collect());
}

}  // namespace syncline::adapters
