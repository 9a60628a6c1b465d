// Configuration: the options of wire/configuration.def with the values of one environment.
// Path:    environment of the collector or of a traced process -> everyone in the collector
// Owner:   a value; copies are independent.
// Threads: immutable once made.
// Failure: a bad value counts as unset and leaves a warning; nothing throws.
// Source:  OpenTelemetry specification, configuration/sdk-environment-variables.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seamtrace::collector {

class Configuration {
 public:
  using Environment = std::map<std::string, std::string>;
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  /// `environ` as the C library has it: `NAME=value` texts ended by a null pointer.
  static Configuration from_environment(const char* const* environment);
  static Configuration from(Environment environment);

  /// All getters: REQUIRES: `name` stands in wire/configuration.def.
  /// True when the environment has a valid value that is not empty.
  bool is_set(std::string_view name) const;
  /// The value, else the default; empty when there is neither.
  std::string_view text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// Integers, and durations in milliseconds. None: unset and without a default.
  std::optional<uint64_t> number(std::string_view name) const;
  double ratio(std::string_view name) const;
  /// Items of a names or choices option: trimmed, without empty items and repetitions;
  /// choices in lower case.
  std::vector<std::string> list(std::string_view name) const;
  /// Percent-decoded pairs in the order given. Empty when any of them is malformed.
  Pairs pairs(std::string_view name) const;

  /// The first of `names` that is set, else the last: for per-signal overrides, as in
  /// `text(first_set({"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"}))`.
  std::string_view first_set(std::initializer_list<std::string_view> names) const;

  /// Any variable of the environment, whether an option or not; empty when unset.
  std::string_view raw(std::string_view name) const;
  const Environment& environment() const { return environment_; }

  /// One sentence for each bad value: `OTEL_X: "value" is not ...; ignored, using DEFAULT`.
  /// Values that may hold secrets are not repeated.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Environment environment_;
  Environment valid_;  ///< options that are set and well formed
  std::vector<std::string> warnings_;
};

/// `k=v,k=v` with percent-encoded values; none when any part is malformed: no `=`, an empty
/// key, a bad escape, a control character, or bytes that are not UTF-8.
std::optional<Configuration::Pairs> parse_pairs(std::string_view text);

}  // namespace seamtrace::collector
