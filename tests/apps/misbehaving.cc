// misbehaving: does one rude thing, then serves requests as if nothing had happened.
//   --port N
//   --do WHAT            see kDeeds
//   --when before | after   its first traced byte; after: when the first request is answered
//   --requests N         to serve before it ends
//   --root DIRECTORY     for chroot
// Each request comes on a connection of its own; /call/PORT makes a request to that port.
#include <dirent.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <vector>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {

int listener = -1;
std::string root;

void check(bool done, const char* what) {
  if (!done) apps::fail(what);
}

void close_range_all() {
  if (listener > 3)
    check(close_range(3, static_cast<unsigned>(listener) - 1, 0) == 0, "close_range");
  check(close_range(static_cast<unsigned>(listener) + 1, ~0u, 0) == 0, "close_range");
}

void close_each_open() {
  DIR* directory = opendir("/proc/self/fd");
  std::vector<int> open;
  while (const dirent* entry = readdir(directory)) open.push_back(std::atoi(entry->d_name));
  closedir(directory);
  for (const int fd : open)
    if (fd > 2 && fd != listener) close(fd);
}

void close_up_to_limit() {
  for (int fd = 3; fd < 4096; ++fd)
    if (fd != listener) syscall(SYS_close, fd);
}

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  check(setrlimit(resource, &both) == 0, "setrlimit");
}

void limit_memory() {
  size_t pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  check(std::fscanf(file, "%zu", &pages) == 1, "statm");
  std::fclose(file);
  limit(RLIMIT_AS, pages * 4096 + (1 << 20));
}

void limit_files() { limit(RLIMIT_NOFILE, static_cast<rlim_t>(listener) + 3); }
void limit_file_size() { limit(RLIMIT_FSIZE, 0); }

void change_root() {
  check(chroot(root.c_str()) == 0, "chroot");
  check(chdir("/") == 0, "chdir");
}

void become_nobody() {
  check(setgroups(0, nullptr) == 0, "setgroups");
  check(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
}

// Everything that serving takes is allowed, everything else kills.
void enter_seccomp() {
  static const int allowed[] = {
      SYS_read,    SYS_write,      SYS_close,         SYS_recvfrom,   SYS_sendto,  SYS_accept,
      SYS_accept4, SYS_exit_group, SYS_exit,          SYS_futex,      SYS_brk,     SYS_rt_sigreturn,
      SYS_munmap,  SYS_socket,     SYS_clock_gettime, SYS_setsockopt, SYS_connect, SYS_newfstatat};
  std::vector<sock_filter> filter;
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const int number : allowed) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

void nothing() {}

// `serve_on_*` are deeds of place, not of time: they concern where a request is served.
const std::map<std::string, void (*)()> kDeeds = {
    {"nothing", nothing},
    {"close_range", close_range_all},
    {"close_each_open", close_each_open},
    {"close_up_to_limit", close_up_to_limit},
    {"limit_memory", limit_memory},
    {"limit_files", limit_files},
    {"limit_file_size", limit_file_size},
    {"chroot", change_root},
    {"setuid", become_nobody},
    {"seccomp", enter_seccomp},
    {"coroutine", nothing},
    {"sigaltstack", nothing},
};

// Serves one request with 1.5 KiB of stack and no allocation.
void serve_one(int fd) {
  char request[1024];
  size_t size = 0;
  while (size < sizeof request - 1) {
    const ssize_t n = recv(fd, request + size, sizeof request - 1 - size, 0);
    if (n <= 0) return;
    size += static_cast<size_t>(n);
    request[size] = '\0';
    if (std::strstr(request, "\r\n\r\n") != nullptr) break;
  }
  if (std::strncmp(request, "GET /call/", 10) == 0) {
    const int upstream = apps::connect_to(std::atoi(request + 10));
    static const char call[] = "GET /called HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (send(upstream, call, sizeof call - 1, MSG_NOSIGNAL) < 0) return;
    if (recv(upstream, request, sizeof request, 0) < 0) return;
    close(upstream);
  }
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";
  if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) return;
}

// A stack of `bytes` above an unreadable page: an overflow crashes.
char* guarded_stack(size_t bytes) {
  char* memory = static_cast<char*>(
      mmap(nullptr, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  check(mprotect(memory, 4096, PROT_NONE) == 0, "mprotect");
  return memory + 4096;
}

ucontext_t main_context;
ucontext_t coroutine_context;
int connection = -1;

void coroutine_body() { serve_one(connection); }

void serve_on_coroutine() {
  constexpr size_t kBytes = 16384;
  static char* stack = guarded_stack(kBytes);
  getcontext(&coroutine_context);
  coroutine_context.uc_stack.ss_sp = stack;
  coroutine_context.uc_stack.ss_size = kBytes;
  coroutine_context.uc_link = &main_context;
  makecontext(&coroutine_context, coroutine_body, 0);
  swapcontext(&main_context, &coroutine_context);
}

void serve_on_alternate_stack() {
  constexpr size_t kBytes = 16384;
  static char* stack = guarded_stack(kBytes);
  const stack_t alternate{stack, 0, kBytes};
  check(sigaltstack(&alternate, nullptr) == 0, "sigaltstack");
  struct sigaction action {};
  action.sa_handler = [](int) { serve_one(connection); };
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, nullptr);
  raise(SIGUSR2);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const std::string deed = options.text("do", "nothing");
  const auto found = kDeeds.find(deed);
  if (found == kDeeds.end()) {
    std::fprintf(stderr, "%s: no such deed\n", deed.c_str());
    return 2;
  }
  root = options.text("root");
  int port = options.number("port", 0);
  listener = apps::listen_on(port);
  const bool before = options.text("when", "before") == "before";
  apps::announce(port);
  if (before) found->second();
  const int requests = options.number("requests", 1);
  for (int served = 0; served < requests; ++served) {
    if (served == 1 && !before) found->second();
    connection = accept(listener, nullptr, nullptr);
    if (connection < 0) apps::fail("accept");
    if (deed == "coroutine") {
      serve_on_coroutine();
    } else if (deed == "sigaltstack") {
      serve_on_alternate_stack();
    } else {
      serve_one(connection);
    }
    close(connection);
  }
  static const char done[] = "served all\n";
  return write(1, done, sizeof done - 1) > 0 ? 0 : 1;
}
