// HTTP heads: the raw first line and field lines of a message, taken apart.
// Memory:  borrows from the input.
// Failure: any bytes are accepted; what is missing is empty.
// Source:  RFC 9112, sections 3 and 5.
#pragma once

#include <string_view>

namespace seamtrace::collector {

struct RequestLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;  ///< `1.1`; empty when it is not there
};
/// `truncated`: the line was cut, so that its end is not the version.
RequestLine split_request_line(std::string_view line, bool truncated);

/// `1.1` of `HTTP/1.1 200 OK`; empty when it is not there.
std::string_view response_version(std::string_view line);

struct HeaderField {
  std::string_view name;
  std::string_view value;  ///< without white space around it
};
HeaderField split_header(std::string_view line);

/// The part before the first comma, trimmed.
std::string_view first_element(std::string_view list);

}  // namespace seamtrace::collector
