// The agent's own look-up against the loader's.
#include "agent/runtime/symbol_lookup.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

// Defined by this program and by no library.
extern "C" __attribute__((visibility("default"))) int seamtrace_only_here() { return 1; }

namespace seamtrace::agent {
namespace {

const void* object_of(const void* address) {
  Dl_info info{};
  return dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

TEST(SymbolLookupTest, FindsWhatTheLoaderFinds) {
  for (const char* name :
       {"read",        "write",        "send",          "recv",        "sendmsg",   "recvmsg",
        "sendmmsg",    "readv",        "writev",        "close",       "socket",    "connect",
        "accept",      "accept4",      "dup2",          "fcntl",       "fcntl64",   "epoll_wait",
        "epoll_pwait", "epoll_pwait2", "poll",          "__poll_chk",  "ppoll",     "select",
        "pselect",     "sendfile",     "sendfile64",    "splice",      "sem_wait",  "execve",
        "fclose",      "posix_spawn",  "__read_chk",    "close_range", "closefrom", "prctl",
        "abort",       "fork",         "pthread_create"}) {
    void* expected = dlsym(RTLD_NEXT, name);
    EXPECT_NE(expected, nullptr) << name;
    EXPECT_EQ(find_next_symbol(name, nullptr), expected) << name;
  }
}

TEST(SymbolLookupTest, FindsIndirectFunctionsAsTheyWereResolved) {
  for (const char* name : {"memcpy", "strlen", "memchr"})
    EXPECT_EQ(find_next_symbol(name, nullptr), dlsym(RTLD_NEXT, name)) << name;
}

#if defined(__x86_64__)
TEST(SymbolLookupTest, FindsEachVersionOfASymbol) {
  struct Versioned {
    const char* name;
    const char* version;
  };
  for (const auto& [name, version] :
       {Versioned{"pthread_cond_wait", "GLIBC_2.3.2"},
        Versioned{"pthread_cond_wait", "GLIBC_2.2.5"}, Versioned{"memcpy", "GLIBC_2.2.5"},
        Versioned{"memcpy", "GLIBC_2.14"}, Versioned{"fclose", "GLIBC_2.2.5"}}) {
    void* expected = dlvsym(RTLD_NEXT, name, version);
    ASSERT_NE(expected, nullptr) << name;
    if (object_of(expected) != object_of(dlsym(RTLD_NEXT, name)))
      GTEST_SKIP() << "NOT TESTED: something before libc (a sanitizer) defines " << name;
    EXPECT_EQ(find_next_symbol(name, version), expected) << name << "@" << version;
  }
}
#endif

TEST(SymbolLookupTest, AMissingVersionGivesTheDefaultOne) {
  EXPECT_EQ(find_next_symbol("read", "GLIBC_9.99"), dlsym(RTLD_NEXT, "read"));
}

TEST(SymbolLookupTest, WhatNobodyElseDefinesIsNull) {
  EXPECT_EQ(find_next_symbol("seamtrace_only_here", nullptr), nullptr);
  EXPECT_EQ(find_next_symbol("seamtrace_nowhere", nullptr), nullptr);
  EXPECT_EQ(find_next_symbol("", nullptr), nullptr);
}

TEST(SymbolLookupTest, TheFirstObjectThatDefinesANameIsKnown) {
  EXPECT_TRUE(is_first_to_define("seamtrace_nowhere"));
  EXPECT_FALSE(is_first_to_define("getpid")) << "libc does";
}

}  // namespace
}  // namespace seamtrace::agent
