// Resource: the traced process in OpenTelemetry's terms.
// Path:    ring_reader (facts about the process) -> [process] -> export
// Owner:   shared by all spans of the process; pointer identity is resource identity.
// Threads: immutable once made.
// Source:  semantic conventions 1.44, resource.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

class Resource {
 public:
  Resource() = default;
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;

  /// Keys are unique; the order is stable. Strings live as long as the Resource.
  std::span<const Attribute> attributes() const { return attributes_; }
  std::string_view service_name() const { return text("service.name"); }

  /// The string value of `key`; empty when there is none.
  std::string_view text(std::string_view key) const;

  /// Adds, or replaces the value of, `key`. Copies; malformed UTF-8 becomes U+FFFD. For the
  /// maker only: a Resource is const once it is shared.
  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, int64_t value);
  void set(std::string_view key, std::span<const std::string_view> values);
  /// Any of them, or a truth value or a real number. Not called `set`: a literal would be a bool.
  void set_value(std::string_view key, const Value& value);

 private:
  void put(std::string_view key, Value value);
  std::string_view keep(std::string_view text);

  std::pmr::monotonic_buffer_resource arena_{1024};
  std::vector<Attribute> attributes_;
};

}  // namespace seamtrace::collector
