#include "collector/pipeline.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collector/query/status_json.h"
#include "collector/query/status_socket.h"
#include "collector/support/clock.h"
#include "collector/support/directory.h"

namespace seamtrace::collector {
namespace {

using std::chrono::milliseconds;

constexpr char kLockName[] = "collector.lock";
constexpr milliseconds kHurriedPause{5};

uint64_t in_nanoseconds(milliseconds time) {
  return static_cast<uint64_t>(time.count() < 0 ? 0 : time.count()) * 1'000'000u;
}

/// Somebody may open a segment in the moment in which we hold a lease on it; the signal for that
/// would end us. A handler, because "ignored" would be inherited by programs that we start.
void survive_broken_leases() {
  struct sigaction action {};
  if (::sigaction(SIGIO, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGIO, &action, nullptr);
}

/// A batch is freed by the thread that exported it, while the next is being made. Memory that goes
/// back to the kernel in between has to be cleared and mapped anew, page by page: a tenth of all
/// our work. The queues bound how much is kept.
void keep_freed_memory() {
  constexpr int kMost = 16 * 1024 * 1024;
  ::mallopt(M_TRIM_THRESHOLD, kMost);
  ::mallopt(M_MMAP_THRESHOLD, kMost);
}

FileDescriptor open_lock(int user_directory) {
  return FileDescriptor(
      ::openat(user_directory, kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

}  // namespace

void Collector::wait_until_nobody_serves(const std::string& base_directory) {
  const auto directory = open_user_directory(base_directory, ::geteuid(), /*create=*/false);
  if (!directory) return;
  const FileDescriptor lock = open_lock(directory->get());
  while (lock && ::flock(lock.get(), LOCK_SH) != 0 && errno == EINTR) {
  }
}

Result<std::unique_ptr<Collector>> Collector::create(CollectorOptions options) {
  const std::string directory(options.configuration.text("SEAMTRACE_DIR"));
  const uid_t uid = ::geteuid();
  auto user_directory = open_user_directory(directory, uid, /*create=*/true);
  if (!user_directory) return user_directory.error();
  FileDescriptor lock = open_lock(user_directory->get());
  if (!lock) return Error{std::string(kLockName) + ": " + std::strerror(errno)};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{"another collector serves this user", ErrorCode::kBusy};
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return Error{std::string("eventfd: ") + std::strerror(errno)};
  auto server = StatusServer::listen(user_directory->get(), uid);
  if (!server) return server.error();
  survive_broken_leases();
  keep_freed_memory();
  return std::unique_ptr<Collector>(new Collector(std::move(options), directory,
                                                  std::move(*user_directory), std::move(lock),
                                                  std::move(wake), std::move(*server)));
}

Collector::Collector(CollectorOptions options, std::string directory, FileDescriptor user_directory,
                     FileDescriptor lock, FileDescriptor wake, StatusServer server)
    : configuration_(std::move(options.configuration)),
      directory_(std::move(directory)),
      started_ns_(monotonic_ns()),
      user_directory_(std::move(user_directory)),
      lock_(std::move(lock)),
      wake_(std::move(wake)),
      dispatch_(std::move(options.exporters)),
      intake_(configuration_, dispatch_),
      reader_({.base_directory = directory_, .uid = ::geteuid()}),
      server_(std::move(server)) {}

Collector::~Collector() { ::unlinkat(user_directory_.get(), kStatusSocketName, 0); }

void Collector::add_exporter(std::unique_ptr<Exporter> exporter) {
  const std::lock_guard lock(mutex_);
  dispatch_.add(std::move(exporter));
}

void Collector::add_to_status(std::function<void(nlohmann::json&)> add) {
  const std::lock_guard lock(mutex_);
  status_parts_.push_back(std::move(add));
}

uint64_t Collector::take(SpanList&& spans) {
  const std::lock_guard lock(mutex_);
  return intake_.take(std::move(spans));
}

void Collector::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      round();
    }
    if (stop_ != Stop::kNo) break;
    wait();
  }
  if (stop_ == Stop::kDrained) finish(drain_deadline_ns_);
  const std::lock_guard lock(mutex_);
  intake_.stop_reading();
  reader_.poll(intake_, dispatch_.done_sequence());  // the last acknowledgements
  for (const Drain& drain : drains_) server_.answer(drain.client, drain_answer(drain.run_id));
  server_.flush();
}

/// Everything that a byte meets, in its order.
void Collector::round() {
  intake_.begin_round(monotonic_ns(), realtime_ns());
  if (!drains_.empty()) reader_.look_now();
  reader_.poll(intake_, dispatch_.done_sequence());
  intake_.end_round(/*hurry=*/!drains_.empty());
  if (!drains_.empty()) dispatch_.hurry();
  server_.serve(
      [this](ClientId client, const nlohmann::json& request) { return answer(client, request); });
  check_drains();
}

void Collector::wait() {
  milliseconds pause = reader_.next_poll();
  if (!drains_.empty()) pause = std::min(pause, kHurriedPause);
  poll_requests_.assign(1, {wake_.get(), POLLIN, 0});
  server_.add_poll_requests(poll_requests_);
  ::poll(poll_requests_.data(), poll_requests_.size(), static_cast<int>(pause.count()));
  uint64_t ignored;
  while (::read(wake_.get(), &ignored, sizeof(ignored)) > 0) {
  }
}

/// Reads what is there, lets the exporters finish, and acknowledges.
void Collector::finish(uint64_t deadline_ns) {
  constexpr uint64_t kLongestReadingNs = 500'000'000;
  const uint64_t begin = monotonic_ns();
  const uint64_t reading_until = std::min(deadline_ns, begin + kLongestReadingNs);
  // Nobody is left to name the signal of a process that died a moment ago, but we may learn it.
  const uint64_t patient_until = begin + (std::max(deadline_ns, begin) - begin) / 2;
  bool reading = true;
  for (;;) {
    const uint64_t now = monotonic_ns();
    const std::lock_guard lock(mutex_);
    intake_.begin_round(now, realtime_ns());
    reader_.look_now();
    const bool busy = reader_.poll(intake_, dispatch_.done_sequence());
    if (now >= patient_until) reader_.await_no_exit_status();
    const bool idle = !busy && dispatch_.ready();
    if (reading && !reader_.awaits_exit_status() && (idle || now >= reading_until)) {
      reading = false;
      intake_.stop_reading();
    }
    intake_.end_round(/*hurry=*/true);
    dispatch_.hurry();
    check_drains();
    const bool done =
        !reading && !intake_.batch_open() && dispatch_.ready() && dispatch_.all_done() && !busy;
    if (done || now >= deadline_ns) return;
    ::poll(nullptr, 0, busy ? 0 : static_cast<int>(kHurriedPause.count()));
  }
}

void Collector::stop() {
  stop_ = Stop::kAtOnce;
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof(one)) < 0) {
  }  // full: it is awake
}

void Collector::drain_and_stop(milliseconds timeout) {
  drain_deadline_ns_ = monotonic_ns() + in_nanoseconds(timeout);
  Stop expected = Stop::kNo;
  stop_.compare_exchange_strong(expected, Stop::kDrained);
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof(one)) < 0) {
  }
}

void Collector::check_drains() {
  const uint64_t now = monotonic_ns();
  std::erase_if(drains_, [&](Drain& drain) {
    const bool done = drain.looked && summary_of(drain.run_id).drained;
    drain.looked = true;
    if (!done && now < drain.deadline_ns) return false;
    server_.answer(drain.client, drain_answer(drain.run_id));
    return true;
  });
}

nlohmann::json Collector::drain_answer(const std::string& run_id) const {
  nlohmann::json answer = to_json(summary_of(run_id), run_id);
  answer["collector"] = {{"pid", ::getpid()}};
  answer["exporters"] = to_json(exporter_statistics());
  return answer;
}

}  // namespace seamtrace::collector
