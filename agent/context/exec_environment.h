// ExecEnvironment: hands the context of the request that is being served to a program that it
// starts, as TRACEPARENT, TRACESTATE and BAGGAGE. Only where SEAMTRACE_EXEC_CONTEXT asks for it.
// Memory:  the caller gives `bytes()` bytes (of its stack: it may be a vfork child).
#pragma once

#include <cstddef>

#include "agent/context/context.h"

namespace seamtrace::agent::context {

class ExecEnvironment {
 public:
  explicit ExecEnvironment(char* const* original);

  /// The environment has to be another than the original.
  bool wanted() const { return wanted_; }
  size_t bytes() const;
  void fill(char** memory);
  /// The original, or the filled one.
  char* const* get() const { return filled_ != nullptr ? filled_ : original_; }

 private:
  char* const* original_;
  char** filled_ = nullptr;
  size_t count_ = 0;
  bool wanted_ = false;
  Parent parent_;
};

}  // namespace seamtrace::agent::context
