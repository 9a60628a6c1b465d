#include "cli/terminal/screen.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace seamtrace::cli {

namespace {

constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l\x1b[2J";  // other screen, no cursor, empty
constexpr char kLeave[] = "\x1b[?25h\x1b[?1049l";

sigset_t signals_to_take() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT})
    sigaddset(&set, signal);
  return set;
}

}  // namespace

Screen::Screen() {
  const sigset_t set = signals_to_take();
  ::sigprocmask(SIG_BLOCK, &set, &old_mask_);
  signals_ = collector::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  has_keys_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
  enter();
}

Screen::~Screen() {
  leave();
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

void Screen::enter() {
  if (has_keys_) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  }
  entered_ = true;
  write(kEnter);
}

void Screen::leave() {
  if (!entered_) return;
  entered_ = false;
  write(kLeave);
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void Screen::write(const std::string& text) {
  for (size_t sent = 0; sent < text.size() && !gone_;) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data() + sent, text.size() - sent);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      if (::poll(&ready, 1, 1000) <= 0) return;
    } else if (errno != EINTR) {
      gone_ = true;
    }
  }
}

void Screen::show(const std::vector<std::string>& lines, size_t height) {
  std::string out = "\x1b[H";
  for (size_t i = 0; i < lines.size() && i < height; ++i) {
    if (i != 0) out += "\r\n";
    out += lines[i] + "\x1b[K";
  }
  write(out + "\x1b[J");
}

Screen::Input Screen::take_signal() {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return {};
  switch (info.ssi_signo) {
    case SIGWINCH:
    case SIGCONT:
      return {Event::kResize};
    case SIGTSTP:
      leave();
      ::raise(SIGSTOP);
      enter();
      return {Event::kResize};
    default:
      return {Event::kEnd};
  }
}

Screen::Input Screen::wait(std::chrono::milliseconds timeout) {
  if (gone_) return {Event::kEnd};
  pollfd ready[] = {{signals_.get(), POLLIN, 0}, {has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (::poll(ready, 2, static_cast<int>(timeout.count())) <= 0) return {};
  if (ready[0].revents != 0) return take_signal();
  char key = 0;
  const ssize_t count = ::read(STDIN_FILENO, &key, 1);
  if (count == 1) return {Event::kKey, key};
  return {count < 0 && errno == EINTR ? Event::kTime : Event::kEnd};
}

}  // namespace seamtrace::cli
