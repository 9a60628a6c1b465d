// Result: a value, or a sentence that says why there is none.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace seamtrace::collector {

enum class ErrorCode {
  kFailed,  ///< see the message
  kBusy,    ///< somebody else holds it; not a fault
  kTimeout,
};

struct Error {
  std::string message;  ///< a sentence without a full stop, fit for the user
  ErrorCode code = ErrorCode::kFailed;
};

template <typename T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  /// REQUIRES: there is a value.
  T& operator*() { return *std::get_if<T>(&state_); }
  const T& operator*() const { return *std::get_if<T>(&state_); }
  T* operator->() { return std::get_if<T>(&state_); }
  const T* operator->() const { return std::get_if<T>(&state_); }
  /// REQUIRES: there is no value.
  const Error& error() const { return *std::get_if<Error>(&state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace seamtrace::collector
