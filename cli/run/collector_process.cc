#include "cli/run/collector_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "cli/complaint.h"
#include "cli/serving.h"
#include "collector/pipeline.h"
#include "collector/support/log.h"

namespace seamtrace::cli {

namespace {

using collector::Error;
using collector::ErrorCode;
using collector::FileDescriptor;
using collector::Result;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// What the child says of its start: one of these and a sentence.
constexpr char kReady = 'R';
constexpr char kStandsByAnswer = 'B';
constexpr char kFailedAnswer = 'F';

void say(int fd, char answer, const std::string& sentence) {
  const std::string text = answer + sentence;
  if (::write(fd, text.data(), text.size()) < 0) {
  }  // nobody listens any more
}

/// Keeps of the run's files only standard error, and the two pipes as 3 and 4.
void keep_only(FileDescriptor& lifeline, FileDescriptor& report) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  const int high_lifeline = ::fcntl(lifeline.get(), F_DUPFD_CLOEXEC, 5);
  const int high_report = ::fcntl(report.get(), F_DUPFD_CLOEXEC, 5);
  lifeline.reset();
  report.reset();
  ::dup3(high_lifeline, 3, O_CLOEXEC);
  ::dup3(high_report, 4, O_CLOEXEC);
  ::close_range(5, ~0U, 0);
  lifeline = FileDescriptor(3);
  report = FileDescriptor(4);
}

void settle_signals() {
  // Its own group: what the terminal sends is for the program. The terminal may belong to
  // somebody else when we print.
  ::setpgid(0, 0);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTTOU, SIGTTIN, SIGTSTP})
    ::signal(signal, SIG_IGN);
  for (const int signal : {SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool serves_anybody(const collector::Collector& collector) {
  const auto statistics = collector.statistics();
  return std::ranges::any_of(statistics.processes, [](const auto& each) { return each.alive; });
}

/// Waits until the run is over and then until nobody is left to serve. `end` becomes readable
/// when the collector has ended for another reason.
void watch(int lifeline, int end, collector::Collector& collector, milliseconds flush_timeout) {
  pollfd fds[] = {{end, POLLIN, 0}, {lifeline, POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  // The run says how much of its patience is left; when it died it says nothing.
  uint32_t patience = 0;
  if (::read(lifeline, &patience, sizeof patience) == sizeof patience)
    flush_timeout = milliseconds(patience);
  while (fds[0].revents == 0 && serves_anybody(collector)) ::poll(fds, 1, 100);
  if (fds[0].revents == 0) collector.drain_and_stop(flush_timeout);
}

/// Sleeps until no collector serves this user. False: the run is over.
bool wait_for_turn(const std::string& base, int lifeline) {
  // A service that is being restarted is to find its place free.
  constexpr int kGraceMs = 250;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  std::thread([base, writer = ends[1]] {
    collector::Collector::wait_until_nobody_serves(base);
    ::close(writer);
  }).detach();  // ends with the process, if not before
  const FileDescriptor reader(ends[0]);
  pollfd fds[] = {{lifeline, POLLIN, 0}, {reader.get(), POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  return fds[0].revents == 0 && ::poll(fds, 1, kGraceMs) == 0;
}

struct Turn {
  std::unique_ptr<collector::Collector> collector;
  std::unique_ptr<collector::Front> front;  ///< goes first
};

/// A collector, in its turn. None: the run was over before, or it said to `report` why not.
Turn take_turn(const CollectorProcess::Options& options, int lifeline, FileDescriptor report) {
  const std::string base(options.configuration.text("SEAMTRACE_DIR"));
  for (;;) {
    std::vector<std::string> warnings;
    collector::CollectorOptions collector_options;
    collector_options.configuration = options.configuration;
    collector_options.exporters = make_exporters(options.configuration, options.plan,
                                                 options.console, /*log=*/false, warnings);
    auto created = collector::Collector::create(std::move(collector_options));
    if (created) {
      auto serving = open_serving(options.configuration, options.plan, **created, warnings);
      // Whoever runs a program wants it to run: with what can be served.
      if (serving)
        std::ranges::move(serving->faults, std::back_inserter(warnings));
      else
        warnings.push_back(serving.error().message);
      // What is wrong with its variables the run has told already.
      if (!options.quiet)
        for (const std::string& warning : warnings) warn(warning);
      Turn turn{std::move(*created), serving ? std::move(serving->front) : nullptr};
      const std::string url = turn.front ? turn.front->viewer_url() : "";
      if (report)
        say(report.get(), kReady, url);
      else if (!options.quiet)
        announce_viewer(url);  // the run named another one's
      return turn;
    }
    const bool busy = created.error().code == ErrorCode::kBusy;
    if (report) say(report.get(), busy ? kStandsByAnswer : kFailedAnswer, created.error().message);
    report.reset();
    if (!busy || !wait_for_turn(base, lifeline)) return {};
  }
}

int collect(const CollectorProcess::Options& options, FileDescriptor lifeline,
            FileDescriptor report) {
  settle_signals();
  keep_only(lifeline, report);
  ::prctl(PR_SET_NAME, "seamtrace-run");
  if (options.quiet) collector::set_log_level(collector::LogLevel::kError);

  const Turn turn = take_turn(options, lifeline.get(), std::move(report));
  if (turn.collector == nullptr) return 1;
  collector::Collector& collector = *turn.collector;
  const milliseconds flush_timeout(
      options.configuration.number("SEAMTRACE_FLUSH_TIMEOUT").value_or(5000));
  int ended[2];
  if (::pipe2(ended, O_CLOEXEC) != 0) return 1;
  std::thread watcher([&] { watch(lifeline.get(), ended[0], collector, flush_timeout); });
  collector.run();
  ::close(ended[1]);
  watcher.join();
  return 0;  // its end prints what the console still holds
}

}  // namespace

void announce_viewer(const std::string& url) {
  if (!url.empty()) std::fprintf(stderr, "seamtrace: look at the traces at %s\n", url.c_str());
}

Result<CollectorProcess> CollectorProcess::start(const Options& options) {
  int lifeline[2], report[2];
  if (::pipe2(lifeline, O_CLOEXEC) != 0) return Error{"no file descriptors are left"};
  FileDescriptor lifeline_reader(lifeline[0]), lifeline_writer(lifeline[1]);
  if (::pipe2(report, O_CLOEXEC) != 0) return Error{"no file descriptors are left"};
  FileDescriptor report_reader(report[0]), report_writer(report[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Error{"no process can be started"};
  if (pid == 0) {
    lifeline_writer.reset();
    report_reader.reset();
    ::_exit(collect(options, std::move(lifeline_reader), std::move(report_writer)));
  }
  report_writer.reset();
  std::string answer;
  char buffer[512];
  for (ssize_t got; (got = ::read(report_reader.get(), buffer, sizeof buffer)) != 0;) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  }
  CollectorProcess process(pid, std::move(lifeline_writer));
  if (!answer.empty() && answer[0] != kFailedAnswer) {
    process.stands_by_ = answer[0] == kStandsByAnswer;
    if (answer[0] == kReady) process.viewer_url_ = answer.substr(1);
    return process;
  }
  process.release(std::chrono::seconds(1));
  return Error{answer.empty() ? "the collector died at its start" : answer.substr(1)};
}

bool CollectorProcess::release(milliseconds limit) {
  const auto patience = static_cast<uint32_t>(limit.count() / 2);
  if (::write(lifeline_.get(), &patience, sizeof patience) < 0) {
  }  // it has ended already
  lifeline_.reset();
  const auto deadline = Clock::now() + limit;
  for (milliseconds pause{1};; pause = std::min(pause * 2, milliseconds(20))) {
    int status;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_ || (ended < 0 && errno == ECHILD)) return true;
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, static_cast<int>(pause.count()));
  }
}

}  // namespace seamtrace::cli
