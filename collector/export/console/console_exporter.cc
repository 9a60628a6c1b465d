#include "collector/export/console/console_exporter.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <thread>

#include "collector/export/batch_queue.h"
#include "collector/export/console/span_json.h"

namespace seamtrace::collector {

namespace {

using Clock = TraceBuffer::Clock;

class ConsoleExporter final : public Exporter {
 public:
  explicit ConsoleExporter(ConsoleOptions options)
      : options_(options),
        buffer_(options.traces),
        queue_(options.queue_spans),
        thread_([this] { run(); }) {}

  ~ConsoleExporter() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  std::string_view name() const override { return "console"; }

  bool offer(BatchPtr batch) override {
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.push(std::move(batch))) return false;
    }
    changed_.notify_all();
    return true;
  }

  uint64_t done_sequence() const override {
    const std::lock_guard lock(mutex_);
    return queue_.done_sequence();
  }

  bool flush(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    const uint64_t wanted = ++flush_wanted_;
    changed_.notify_all();
    return changed_.wait_for(lock, timeout, [&] { return flush_done_ >= wanted; });
  }

  ExporterStatistics statistics() const override {
    const std::lock_guard lock(mutex_);
    ExporterStatistics statistics = statistics_;
    statistics.queued = queue_.spans() + held_;
    statistics.capacity = queue_.capacity() + options_.traces.capacity;
    statistics.destination = options_.fd == STDOUT_FILENO   ? "standard output"
                             : options_.fd == STDERR_FILENO ? "standard error"
                                                            : "a file";
    return statistics;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wait_for_work(lock);
      const bool stopping = stop_;
      const uint64_t flush_wanted = flush_wanted_;
      const auto spans = queue_.front(std::numeric_limits<size_t>::max());
      lock.unlock();
      if (options_.json)
        print_json(spans);
      else
        print_trees(spans, stopping || flush_wanted > flush_done_);
      lock.lock();
      queue_.finish(spans.size());
      held_ = buffer_.spans();
      flush_done_ = flush_wanted;
      changed_.notify_all();
      if (stopping && queue_.empty()) return;
    }
  }

  void wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto has_work = [&] {
      return stop_ || queue_.spans() != 0 || flush_wanted_ > flush_done_;
    };
    if (const auto ready = buffer_.next_ready())
      changed_.wait_until(lock, *ready, has_work);
    else
      changed_.wait(lock, has_work);
  }

  void print_json(const std::vector<const Span*>& spans) {
    std::string text;
    for (const Span* span : spans) append_span_json(text, *span);
    print(text, spans.size());
  }

  void print_trees(const std::vector<const Span*>& spans, bool all) {
    const auto now = Clock::now();
    for (const Span* span : spans) buffer_.add(tree_span(*span), now);
    for (auto& trace : all ? buffer_.take_all() : buffer_.take_ready(now)) {
      const size_t count = trace.size();
      print(render_trace(std::move(trace), options_.colour), count);
    }
  }

  void print(std::string_view text, size_t spans) {
    const int error = write_all(text);
    const std::lock_guard lock(mutex_);
    if (error == 0) {
      statistics_.exported += spans;
      return;
    }
    statistics_.dropped["write_failed"] += spans;
    statistics_.last_error = std::strerror(error);
  }

  /// 0, or an errno. A reader that has stopped reading holds us up here, and through the full
  /// queue the spans stay in shared memory; it does not hold up the end of the collector.
  int write_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(options_.fd, text.data(), text.size());
      if (written >= 0) {
        text.remove_prefix(static_cast<size_t>(written));
      } else if (errno == EAGAIN) {
        if (stop_) return EAGAIN;
        pollfd ready{options_.fd, POLLOUT, 0};
        ::poll(&ready, 1, 100);
      } else if (errno != EINTR) {
        return errno;
      }
    }
    return 0;
  }

  const ConsoleOptions options_;
  TraceBuffer buffer_;  ///< the exporter's thread only

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stop_ = false;  ///< written under the lock
  BatchQueue queue_;
  size_t held_ = 0;
  uint64_t flush_wanted_ = 0;
  uint64_t flush_done_ = 0;
  ExporterStatistics statistics_;

  std::thread thread_;  ///< last: everything above exists before it starts
};

}  // namespace

std::unique_ptr<Exporter> make_console_exporter(ConsoleOptions options) {
  return std::make_unique<ConsoleExporter>(options);
}

bool wants_colour(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (terminal != nullptr && std::strcmp(terminal, "dumb") == 0) return false;
  return ::isatty(fd) == 1;
}

}  // namespace seamtrace::collector
