#include "cli/view_command.h"

#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "cli/complaint.h"
#include "cli/exporters.h"
#include "cli/serving.h"
#include "cli/store_location.h"
#include "collector/store/store.h"
#include "collector/support/clock.h"

namespace seamtrace::cli {

namespace {

using collector::Configuration;

/// The threads of the server inherit the mask, so that only sigtimedwait() sees them.
sigset_t hold_ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

void wait(const sigset_t& signals, const collector::Front& front, uint64_t idle_minutes) {
  constexpr timespec kSecond{1, 0};
  constexpr uint64_t kMinute = 60'000'000'000;
  for (;;) {
    if (::sigtimedwait(&signals, nullptr, &kSecond) > 0) return;
    const uint64_t idle = collector::monotonic_ns() - front.last_request_ns();
    if (idle_minutes != 0 && idle >= idle_minutes * kMinute) return;
  }
}

}  // namespace

int view_command(const ViewOptions& options) {
  auto environment = read_environment("", "");
  apply_serving(ServingOptions{options.store, options.listen, false}, environment);
  const Configuration configuration = Configuration::from(std::move(environment));
  const auto path = default_store_path(configuration);
  if (!path) return fail(path.error().message);
  if (const auto reader = collector::StoreReader::open(*path); !reader)
    return fail(reader.error().message);

  std::vector<std::string> faults;
  collector::FrontOptions wishes = front_options(configuration, /*has_store=*/true, faults);
  if (!faults.empty()) return fail(faults.front());
  wishes.store_path = *path;
  if (!wishes.viewer)
    return fail("the viewer is off (SEAMTRACE_VIEWER); name an address with --listen");
  const sigset_t signals = hold_ending_signals();
  const auto front = collector::Front::start(wishes, nullptr, nullptr, faults);
  if (!faults.empty()) return fail(faults.front());
  std::fprintf(stderr, "seamtrace: look at the traces of %s at %s\n", path->c_str(),
               front->viewer_url().c_str());
  wait(signals, *front, options.idle_minutes);
  return 0;
}

}  // namespace seamtrace::cli
