#include "collector/export/otlp/otlp_exporter.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "collector/export/batch_queue.h"
#include "collector/export/otlp/gzip.h"
#include "collector/export/otlp/otlp_encoder.h"
#include "collector/export/text.h"
#include "collector/support/version.h"
#include "wire/configuration.h"

namespace seamtrace::collector {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Far enough for "no limit", near enough that adding to it does not overflow.
constexpr auto kForever = std::chrono::hours(24 * 365);

Clock::time_point deadline_after(milliseconds timeout) {
  return Clock::now() +
         (timeout.count() == 0 ? kForever : std::min<Clock::duration>(timeout, kForever));
}

HttpClientOptions http_options(const OtlpOptions& options) {
  HttpClientOptions http{options.url, {}, options.tls};
  bool own_agent = false;
  for (const auto& [name, value] : options.headers) {
    if (wire::equals_ignoring_case(name, "Content-Type") ||
        wire::equals_ignoring_case(name, "Content-Encoding"))
      continue;
    own_agent = own_agent || wire::equals_ignoring_case(name, "User-Agent");
    http.headers.emplace_back(name, value);
  }
  if (!own_agent) http.headers.emplace_back("User-Agent", "seamtrace/" + std::string(kVersion));
  http.headers.emplace_back("Content-Type", options.encoding == OtlpEncoding::kJson
                                                ? "application/json"
                                                : "application/x-protobuf");
  if (options.compress) http.headers.emplace_back("Content-Encoding", "gzip");
  return http;
}

/// What the receiver said about itself, made fit for one line.
std::string excerpt(const PostResponse& response) {
  if (!response.content_type.starts_with("text/") &&
      !response.content_type.starts_with("application/json"))
    return {};
  std::string text;
  append_printable(text, std::string_view(response.body).substr(0, 160));
  return text.empty() ? text : ": " + text;
}

class OtlpExporter final : public Exporter {
 public:
  OtlpExporter(OtlpOptions options, ExportReport report)
      : options_(std::move(options)),
        report_(std::move(report)),
        client_(http_options(options_)),
        queue_(options_.queue_spans),
        thread_([this] { run(); }) {}

  ~OtlpExporter() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  std::string_view name() const override { return "otlp"; }

  bool offer(BatchPtr batch) override {
    {
      const std::lock_guard lock(mutex_);
      const bool was_empty = queue_.empty();
      if (!queue_.push(std::move(batch))) return false;
      if (was_empty) next_export_ = Clock::now() + options_.schedule_delay;
    }
    changed_.notify_all();
    return true;
  }

  uint64_t done_sequence() const override {
    const std::lock_guard lock(mutex_);
    return queue_.done_sequence();
  }

  bool flush(milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    // What arrives after this call is not waited for: under load that would never end.
    const uint64_t target = queue_.last_sequence();
    flush_target_ = target;
    ++flush_count_;
    changed_.notify_all();
    return changed_.wait_for(lock, timeout, [&] { return queue_.done_sequence() >= target; });
  }

  ExporterStatistics statistics() const override {
    const std::lock_guard lock(mutex_);
    ExporterStatistics statistics = statistics_;
    statistics.queued = queue_.spans();
    statistics.capacity = queue_.capacity();
    statistics.destination = options_.display_url;
    return statistics;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      while (!stop_ && !is_due()) {
        if (queue_.empty())
          changed_.wait(lock);
        else
          changed_.wait_until(lock, next_export_);
      }
      if (stop_) break;
      std::vector<BatchPtr> finished;  // freed without the lock: the collector must not wait
      const std::vector<const Span*> spans = queue_.front(options_.batch_spans);
      lock.unlock();
      export_spans(spans);
      lock.lock();
      finished = queue_.finish(spans.size());
      next_export_ = Clock::now() + options_.schedule_delay;
      changed_.notify_all();
      lock.unlock();
      finished.clear();
      lock.lock();
    }
    if (queue_.spans() != 0) statistics_.dropped["shutdown"] += queue_.spans();
    queue_.finish(queue_.spans());
    changed_.notify_all();
  }

  /// REQUIRES: the lock.
  bool is_due() const {
    return !queue_.empty() &&
           (queue_.done_sequence() < flush_target_ || queue_.spans() >= options_.batch_spans ||
            Clock::now() >= next_export_);
  }

  void export_spans(const std::vector<const Span*>& spans) {
    std::string_view body;
    if (options_.encoding == OtlpEncoding::kJson)
      body = buffer_ = encode_otlp_json(spans);
    else
      body = encode_otlp_protobuf(spans, buffer_);
    std::optional<std::string> compressed;
    if (options_.compress) {
      compressed = gzip(body);
      if (!compressed) return drop("unsendable", spans.size(), "no memory for compression");
      body = *compressed;
    }
    const auto deadline = deadline_after(options_.export_timeout);
    for (unsigned attempt = 1;; ++attempt) {
      if (!wait_until_allowed(deadline)) return;  // stopping: counted in run()
      if (Clock::now() >= deadline) return drop("timeout", spans.size(), last_problem_);
      const PostResponse response = client_.post({body, request_timeout(deadline), &stop_});
      if (response.stopped) return;
      if (response.status >= 200 && response.status < 300) return accept(response, spans.size());
      const bool retryable = response.connection_failed || is_retryable_status(response.status);
      last_problem_ = response.status == 0
                          ? response.error
                          : "HTTP status " + std::to_string(response.status) + excerpt(response);
      if (!retryable)
        return drop(response.status == 0 ? "unsendable" : "rejected", spans.size(), last_problem_);
      schedule_retry(response, attempt);
    }
  }

  milliseconds request_timeout(Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const bool unlimited = options_.request_timeout.count() == 0;
    if (unlimited && options_.export_timeout.count() == 0) return milliseconds(0);
    return std::max(unlimited ? left : std::min(left, options_.request_timeout), milliseconds(1));
  }

  void schedule_retry(const PostResponse& response, unsigned attempt) {
    const auto asked = response.retry_after
                           ? parse_retry_after(*response.retry_after, ::time(nullptr))
                           : std::nullopt;
    const double random = std::uniform_real_distribution<>(0, 1)(random_);
    not_before_ = Clock::now() + asked.value_or(backoff(options_.retry, attempt, random));
    not_before_is_asked_ = asked.has_value();
    const std::lock_guard lock(mutex_);
    flush_count_at_failure_ = flush_count_;
    ++statistics_.retries;
    statistics_.last_error = last_problem_ + "; trying again";
  }

  /// Sleeps until the next try is allowed, or until `deadline` if that comes first. A flush cuts
  /// our own back-off short, never a pause that the receiver asked for. False: stopping.
  bool wait_until_allowed(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, std::min(not_before_, deadline), [&] {
      return stop_ || (flush_count_ != flush_count_at_failure_ && !not_before_is_asked_);
    });
    return !stop_;
  }

  void accept(const PostResponse& response, size_t count) {
    const PartialSuccess partial = options_.encoding == OtlpEncoding::kJson
                                       ? parse_partial_success_json(response.body)
                                       : parse_partial_success_protobuf(response.body);
    const auto claimed = static_cast<uint64_t>(std::max<int64_t>(partial.rejected_spans, 0));
    const uint64_t rejected = std::min<uint64_t>(claimed, count);
    std::string message;
    append_printable(message, partial.message);
    {
      const std::lock_guard lock(mutex_);
      statistics_.exported += count - rejected;
      statistics_.last_error.clear();
    }
    if (rejected != 0) {
      drop("partial_success", rejected, "the receiver rejected some: " + message);
    } else if (!message.empty()) {
      report("the receiver warns: " + message);
    }
  }

  void drop(const char* reason, size_t count, const std::string& problem) {
    {
      const std::lock_guard lock(mutex_);
      statistics_.dropped[reason] += count;
      statistics_.last_error = problem;
    }
    report(std::to_string(count) + " spans dropped (" + reason + "): " + problem);
  }

  /// Exporter's thread only.
  void report(const std::string& sentence) {
    constexpr auto kQuiet = std::chrono::seconds(10);
    const auto now = Clock::now();
    if (!report_ || (reported_before_ && now - last_report_ < kQuiet)) {
      ++unreported_;
      return;
    }
    std::string line = options_.display_url + ": " + sentence;
    if (unreported_ != 0) line += " (and " + std::to_string(unreported_) + " more since)";
    reported_before_ = true;
    last_report_ = now;
    unreported_ = 0;
    report_(line);
  }

  const OtlpOptions options_;
  const ExportReport report_;

  // Exporter's thread only.
  HttpClient client_;
  std::string buffer_;  ///< of the encoder
  std::minstd_rand random_{std::random_device{}()};
  Clock::time_point not_before_{};
  bool not_before_is_asked_ = false;
  std::string last_problem_ = "the receiver asked for a longer pause than an export may take";
  bool reported_before_ = false;
  Clock::time_point last_report_{};
  uint64_t unreported_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stop_ = false;  ///< written under the lock; curl's callback reads it without
  BatchQueue queue_;
  Clock::time_point next_export_{};
  uint64_t flush_target_ = 0;  ///< batches up to this one are wanted out at once
  uint64_t flush_count_ = 0;
  uint64_t flush_count_at_failure_ = 0;
  ExporterStatistics statistics_;

  std::thread thread_;  ///< last: everything above exists before it starts
};

}  // namespace

std::unique_ptr<Exporter> make_otlp_exporter(OtlpOptions options, ExportReport report) {
  return std::make_unique<OtlpExporter>(std::move(options), std::move(report));
}

}  // namespace seamtrace::collector
