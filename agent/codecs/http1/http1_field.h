// A field line: what its parts mean.
// Path:    inside [codecs/http1]
// Source:  RFC 9112, section 5.
#pragma once

#include "agent/codecs/http1/http1_characters.h"
#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {

/// True for the headers that decide how long the message is.
inline bool frames_message(Http1Header header) {
  return header == Http1Header::kContentLength || header == Http1Header::kTransferEncoding;
}

/// Sets name and value of the field in `event.line`. REQUIRES: a colon at line[name_size].
inline void describe_field(uint32_t name_size, Http1Event& event) {
  const char* const line = event.line;
  uint32_t end = event.line_size;
  uint32_t value = name_size + 1;
  if (value < end && line[value] == ' ') ++value;
  if (value < end && !(is_visible(line[value]) && is_visible(line[end - 1]))) {
    while (value < end && is_blank(line[value])) ++value;
    while (end > value && is_blank(line[end - 1])) --end;
  }
  event.name_size = name_size;
  event.value_offset = value;
  event.value_size = end - value;
  event.header = find_http1_header(line, name_size);
}

}  // namespace seamtrace::agent::codecs
