// JsonWriter: appends JSON to a string, without building a tree first.
// Path:    a support type of export/otlp, export/console and the command line
// Memory:  grows the caller's string; nothing else.
// Failure: none; text that is not UTF-8 gets U+FFFD, NaN and infinities become
//          the strings of the protobuf JSON mapping.
// Source:  RFC 8259; protobuf JSON mapping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seamtrace::collector {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// Names the next value of an object.
  void key(std::string_view name);

  void string(std::string_view text);
  void number(int64_t value);
  void number(uint64_t value);
  void number(double value);
  void boolean(bool value);
  void null();
  /// 64-bit integers are strings in OTLP's JSON.
  void integer_string(int64_t value);
  void integer_string(uint64_t value);
  /// `text` as it is. REQUIRES: it is one JSON value.
  void raw(std::string_view text);

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void quoted(std::string_view text);

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace seamtrace::collector
