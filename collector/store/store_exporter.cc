#include "collector/store/store_exporter.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "collector/export/batch_queue.h"
#include "collector/support/log.h"

namespace seamtrace::collector {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Exporting final : public StoreExporter {
 public:
  Exporting(std::unique_ptr<Store> store, const StoreExporterOptions& options)
      : options_(options), store_(std::move(store)), queue_(options.queue_spans) {
    known_ = store_->statistics();
    statistics_.capacity = options_.queue_spans;
    statistics_.destination = known_.path;
    thread_ = std::thread([this] { work(); });
  }

  ~Exporting() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  std::string_view name() const override { return "store"; }

  bool offer(BatchPtr batch) override {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) since_ = Clock::now();
      if (!queue_.push(std::move(batch))) return false;
    }
    wake_.notify_all();
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
    wake_.notify_all();
    return done_.wait_for(lock, timeout, [&] { return queue_.done_sequence() >= target; });
  }

  bool wait_done(uint64_t sequence, milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    if (queue_.done_sequence() < sequence) {
      ++waiters_;
      wake_.notify_all();
      done_.wait_for(lock, timeout, [&] { return queue_.done_sequence() >= sequence; });
      --waiters_;
    }
    return queue_.done_sequence() >= sequence && sequence > dropped_sequence_;
  }

  bool is_failing() const override {
    const std::lock_guard lock(mutex_);
    return !statistics_.last_error.empty() && !queue_.empty();
  }

  ExporterStatistics statistics() const override {
    const std::lock_guard lock(mutex_);
    ExporterStatistics result = statistics_;
    result.queued = queue_.spans();
    return result;
  }

  StoreStatistics store_statistics() const override {
    const std::lock_guard lock(mutex_);
    return known_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (queue_.empty()) {
        if (stopping_) return;
        lock.unlock();
        clean(milliseconds(0));
        lock.lock();
        wake_.wait_for(lock, more_to_clean_ ? milliseconds(10) : options_.clean_every,
                       [this] { return stopping_ || !queue_.empty(); });
        continue;
      }
      gather(lock);
      write_some(lock);
    }
  }

  /// Waits for more spans to come, or after a fault for the next attempt.
  void gather(std::unique_lock<std::mutex>& lock) {
    if (statistics_.last_error.empty()) {
      while (!stopping_ && !is_flushing() && queue_.spans() < options_.spans_per_write) {
        const auto until = since_ + (waiters_ > 0 ? options_.gather_awaited : options_.gather);
        if (Clock::now() >= until) return;
        wake_.wait_until(lock, until);
      }
      return;
    }
    wake_.wait_for(lock, backoff_, [this] {
      return stopping_ || (gave_up() && queue_.spans() > queue_.capacity() / 2);
    });
  }

  bool is_flushing() const { return queue_.done_sequence() < flush_target_; }
  bool gave_up() const { return Clock::now() - fault_since_ >= options_.give_up_after; }

  void write_some(std::unique_lock<std::mutex>& lock) {
    const std::vector<BatchPtr> batches = queue_.front_batches(options_.spans_per_write);
    lock.unlock();
    const auto begin = Clock::now();
    const std::optional<Error> error = store_->write(batches);
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    size_t spans = 0;
    for (const BatchPtr& batch : batches) spans += batch->list.spans.size();
    lock.lock();
    const uint64_t dropped_before = known_.spans_dropped;
    known_ = store_->statistics();
    since_ = Clock::now();
    std::vector<BatchPtr> finished;
    if (error) {
      note_fault(*error);
      if (gave_up() || stopping_) {
        statistics_.dropped[stopping_ && !gave_up() ? "shutdown" : "store_fault"] += spans;
        dropped_sequence_ = batches.back()->sequence;
        finished = queue_.finish(spans);
        done_.notify_all();
      } else {
        ++statistics_.retries;
      }
    } else {
      note_success();
      const uint64_t dropped = known_.spans_dropped - dropped_before;
      if (dropped > 0) statistics_.dropped["trace_full"] += dropped;
      statistics_.exported += spans - dropped;
      finished = queue_.finish(spans);
      done_.notify_all();
    }
    lock.unlock();
    finished.clear();
    // Under steady load there is never an idle moment: cleaning may take as long as writing does.
    if (!error) clean(std::max(took, milliseconds(1)));
    lock.lock();
  }

  void note_fault(const Error& error) {
    if (statistics_.last_error.empty()) {
      fault_since_ = Clock::now();
      backoff_ = options_.first_backoff;
    } else {
      backoff_ = std::min(backoff_ * 2, options_.longest_backoff);
    }
    if (statistics_.last_error != error.message) {
      log(LogLevel::kWarning, error.message + "; spans are kept and tried again for a while");
    }
    statistics_.last_error = error.message;
  }

  void note_success() {
    if (!statistics_.last_error.empty()) log(LogLevel::kWarning, "the store is written to again");
    statistics_.last_error.clear();
  }

  /// For at most `budget`, at least one slice; not more often than it was asked for.
  void clean(milliseconds budget) {
    const auto begin = Clock::now();
    if (!more_to_clean_ && begin - cleaned_ < options_.clean_every) return;
    do {
      more_to_clean_ = store_->clean();
    } while (more_to_clean_ && Clock::now() - begin < budget);
    cleaned_ = Clock::now();
    const std::lock_guard lock(mutex_);
    known_ = store_->statistics();
  }

  const StoreExporterOptions options_;
  const std::unique_ptr<Store> store_;  ///< the thread's alone once it runs

  mutable std::mutex mutex_;
  std::condition_variable wake_;  ///< for the thread
  std::condition_variable done_;  ///< for those who wait for it
  BatchQueue queue_;
  ExporterStatistics statistics_;
  StoreStatistics known_;
  Clock::time_point since_, fault_since_;
  milliseconds backoff_{0};
  uint64_t dropped_sequence_ = 0;  ///< the last one that was dropped
  int waiters_ = 0;
  uint64_t flush_target_ = 0;  ///< the batch that somebody waits for
  bool stopping_ = false;

  bool more_to_clean_ = false;  ///< the thread's
  Clock::time_point cleaned_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<StoreExporter> make_store_exporter(std::unique_ptr<Store> store,
                                                   const StoreExporterOptions& options) {
  return std::make_unique<Exporting>(std::move(store), options);
}

}  // namespace seamtrace::collector
