// ExchangeHead: the parts of a record's slices that make attributes.
// Memory:  borrows from the slices.
// Failure: what is missing is empty; of a field that comes twice, the first counts.
#pragma once

#include <span>
#include <string_view>

#include "collector/interpret/http_head.h"
#include "collector/ring_reader/record.h"

namespace seamtrace::collector {

struct ExchangeHead {
  RequestLine request;
  std::string_view response_version;
  std::string_view host;
  std::string_view user_agent;
  std::string_view forwarded;
  std::string_view x_forwarded_host;
  std::string_view x_forwarded_proto;
  std::string_view x_forwarded_for;
  std::string_view trace_state;
  std::string_view unix_path;
};

ExchangeHead take_apart(std::span<const Slice> slices);

}  // namespace seamtrace::collector
