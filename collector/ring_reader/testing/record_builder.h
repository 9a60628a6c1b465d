// RecordBuilder: exchange records as the agent writes them, for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "wire/records.h"

namespace seamtrace::collector::testing {

class RecordBuilder {
 public:
  /// A complete server exchange `GET /`, 200, from 192.0.2.1:5000 to 127.0.0.1:8080, whose ids
  /// hold `number`.
  explicit RecordBuilder(uint64_t number = 1);

  /// Adds a slice; its length field holds the true length unless `claimed_length` is given.
  RecordBuilder& slice(wire::SliceKind kind, std::string_view bytes, bool truncated = false);
  RecordBuilder& lying_slice(wire::SliceKind kind, std::string_view bytes, uint16_t claimed_length);
  RecordBuilder& request(std::string_view line) {
    return slice(wire::SliceKind::kRequestLine, line);
  }
  RecordBuilder& request_header(std::string_view line) {
    return slice(wire::SliceKind::kRequestHeader, line);
  }
  RecordBuilder& response_header(std::string_view line) {
    return slice(wire::SliceKind::kResponseHeader, line);
  }
  RecordBuilder& client();
  /// A call to a data store, seen in its client on 10.0.0.2: no HTTP status, the server at
  /// 10.0.0.9 on `port`.
  static RecordBuilder database(wire::Protocol protocol, uint16_t port, uint64_t number = 1);
  RecordBuilder& statement(std::string_view text, bool truncated = false) {
    return slice(wire::SliceKind::kStatement, text, truncated);
  }
  RecordBuilder& arguments(std::initializer_list<std::string_view> words);
  RecordBuilder& facts(const wire::DatabaseFacts& facts);

  /// The finished bytes: sizes and padding filled in.
  std::string bytes() const;

  wire::ExchangeRecord exchange{};

 private:
  std::string slices_;
};

/// An IPv4 endpoint.
wire::Endpoint v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

}  // namespace seamtrace::collector::testing
