#include "cli/top_command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/command_line.h"
#include "cli/exporters.h"
#include "cli/json_answer.h"
#include "cli/query_source.h"
#include "cli/terminal/operation_table.h"
#include "cli/terminal/screen.h"
#include "cli/terminal/top_view.h"

namespace seamtrace::cli {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPeriod{1000};

class Top {
 public:
  Top(const TopOptions& options, QuerySource& source) : options_(options), source_(source) {}

  int print_tables() {
    const Style style = style_of(STDOUT_FILENO);
    for (uint64_t i = 0; i < options_.count && std::ferror(stdout) == 0; ++i) {
      if (i != 0) std::this_thread::sleep_for(kPeriod);
      const auto answer = ask(options_.sort);
      if (!answered(answer)) return kExitFailed;
      std::string out;
      if (options_.json) {
        out = json_line(answer->body, style.terminal);
      } else {
        if (i != 0) out = "\n";
        out += operation_table(list(answer->body, "operations"), {}, style).render(style);
      }
      std::fwrite(out.data(), 1, out.size(), stdout);
      std::fflush(stdout);
    }
    return 0;
  }

  int watch() {
    const auto first = ask(options_.sort);
    if (!answered(first)) return kExitFailed;  // before the terminal is taken
    TopView view(options_.sort, source_.name(), options_.window);
    json operations = list(first->body, "operations");
    std::string fault;
    Screen screen;
    Clock::time_point next = Clock::now() + kPeriod;
    for (;;) {
      const Style style = style_of(STDOUT_FILENO);
      screen.show(view.lines(operations, fault, style), style.height);
      const auto left = std::chrono::ceil<milliseconds>(next - Clock::now());
      const Screen::Input input = screen.wait(std::max(left, milliseconds(0)));
      bool again = Clock::now() >= next;
      if (input.event == Screen::Event::kEnd) return 0;
      if (input.event == Screen::Event::kKey) {
        const TopView::Effect effect = view.press(input.key);
        if (effect == TopView::Effect::kQuit) return 0;
        again = again || effect == TopView::Effect::kAskAgain;
      }
      if (!again) continue;
      next = Clock::now() + kPeriod;
      const auto answer = ask(view.sort());
      fault = !answer ? answer.error().message : raw_text(answer->body, "error");
      if (fault.empty()) operations = list(answer->body, "operations");
    }
  }

 private:
  collector::Result<collector::QueryAnswer> ask(const std::string& sort) {
    return source_.get("operations", {{"since", options_.window}, {"sort", sort}});
  }

  const TopOptions& options_;
  QuerySource& source_;
};

}  // namespace

int top_command(const TopOptions& options) {
  const auto source = open_query_source(read_configuration("", ""), options.store);
  if (!source) {
    std::fprintf(stderr, "seamtrace: %s\n", printable(source.error().message).c_str());
    return kExitFailed;
  }
  Top top(options, **source);
  return ::isatty(STDOUT_FILENO) == 1 && !options.json ? top.watch() : top.print_tables();
}

}  // namespace seamtrace::cli
