// Options of the commands that ask questions about traces, and of `set`.
// Path:    argv -> command_line -> [options] -> the commands
// Owner:   values.
#pragma once

#include <cstdint>
#include <string>

#include "cli/control_wish.h"

namespace seamtrace::cli {

struct TracesOptions {
  std::string query;
  std::string since;
  std::string until;
  uint64_t limit = 20;
  bool follow = false;
  bool json = false;
  std::string store;  ///< here and below: empty for the default
};

struct TraceOptions {
  std::string id;  ///< or its beginning
  bool json = false;
  bool otlp = false;
  bool attributes = false;
  std::string store;
};

struct ServicesOptions {
  std::string service;  ///< empty: all of them
  std::string since;
  std::string sort = "total";
  bool json = false;
  std::string store;
};

struct TopOptions {
  std::string window = "60s";
  std::string sort = "total";
  uint64_t count = 1;  ///< tables to print where there is no terminal
  bool json = false;
  std::string store;
};

struct SetOptions {
  std::string process;  ///< a pid, a service or an executable
  ControlWish wish;
  bool json = false;
};

}  // namespace seamtrace::cli
